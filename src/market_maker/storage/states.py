"""What moved the pools, and when."""

from functools import partial

from sqlalchemy import insert, select

from market_maker.model.records import Page, StateRecord
from market_maker.storage.paging import NUMBER, Sorting, read_page
from market_maker.storage.session import StoreSession, record, values_of
from market_maker.storage.tables import pool_states

_NEWEST = Sorting((pool_states.c.id,), NUMBER, newest_first=True)
_state = partial(record, StateRecord)


class StoredStates:
    """ports.States."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, state: StateRecord) -> None:
        await self._session.run(insert(pool_states), values_of(state))

    async def latest(self, symbol: str) -> StateRecord | None:
        page = await self.page(symbol, 1)
        return page.items[0] if page.items else None

    async def page(
        self, symbol: str | None, limit: int, cursor: str | None = None
    ) -> Page[StateRecord]:
        query = select(pool_states)
        if symbol is not None:
            query = query.where(pool_states.c.symbol == symbol)
        return await read_page(self._session, query, _NEWEST, (limit, cursor), _state)
