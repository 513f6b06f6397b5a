"""The store: transactions on SQLite or PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from market_maker import ports
from market_maker.storage.audit import StoredAudit
from market_maker.storage.database import Database
from market_maker.storage.failures import translated
from market_maker.storage.fills import StoredFills
from market_maker.storage.keys import StoredKeys
from market_maker.storage.orders import StoredOrders
from market_maker.storage.outbox import StoredOutbox
from market_maker.storage.participants import StoredParticipants
from market_maker.storage.pools import StoredMembers, StoredPools
from market_maker.storage.session import Session
from market_maker.storage.states import StoredStates
from market_maker.storage.types import POSTGRESQL

_ONE_PICTURE = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class StoredUnit:
    """ports.Unit."""

    def __init__(self, session: Session) -> None:
        pools = StoredPools(session)
        self.pools: ports.Pools = pools
        self.participants: ports.Participants = StoredParticipants(session)
        self.members: ports.Members = StoredMembers(session, pools)
        self.orders: ports.OrderRecords = StoredOrders(session)
        self.fills: ports.Fills = StoredFills(session)
        self.states: ports.States = StoredStates(session)
        self.audit: ports.Audit = StoredAudit(session)
        self.outbox: ports.Outbox = StoredOutbox(session)
        self.keys: ports.Keys = StoredKeys(session)


class DatabaseStore:
    """ports.Store on an open database whose schema was checked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        postgresql = database.reader.dialect.name == POSTGRESQL
        self._reading: dict[str, Any] = _ONE_PICTURE if postgresql else {}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[ports.Unit]:
        async with _connected(self._database.writer, {}) as (unit, connection):
            yield unit
            with translated():
                await connection.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ports.Unit]:
        async with _connected(self._database.reader, self._reading) as (unit, _):
            yield unit

    async def close(self) -> None:
        """Hang up."""
        await self._database.close()


@asynccontextmanager
async def _connected(
    engine: AsyncEngine, options: dict[str, Any]
) -> AsyncIterator[tuple[ports.Unit, AsyncConnection]]:
    """A connection, given back at the end with what was not committed undone."""
    async with AsyncExitStack() as stack:
        with translated():
            connection = await stack.enter_async_context(engine.connect())
            if options:
                await connection.execution_options(**options)
        yield StoredUnit(Session(connection)), connection
