"""Orders ever intended."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, bindparam, case, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.orders import Side
from market_maker.model.records import (
    ActivityCriteria,
    Criteria,
    LedgerCriteria,
    OrderChange,
    OrderCount,
    OrderRecord,
    OrderStatus,
    Page,
)
from market_maker.model.units import Nanos, OrderId
from market_maker.storage.failures import Broken, broken
from market_maker.storage.paging import TIME_AND_NUMBER, Sorting, read_page
from market_maker.storage.session import StoreSession, in_parts, record, values_of
from market_maker.storage.tables import OPEN, orders

EVER = Nanos(0)
_NEWEST = Sorting((orders.c.created_at, orders.c.id), TIME_AND_NUMBER, newest_first=True)
_order = partial(record, OrderRecord)


class StoredOrders:
    """ports.OrderRecords."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, intents: Sequence[OrderRecord]) -> None:
        if not intents:
            return
        try:
            await self._session.run(insert(orders), [values_of(intent) for intent in intents])
        except IntegrityError as error:
            _explain(error, intents)
            raise

    async def change(self, changes: Sequence[OrderChange]) -> None:
        if changes:
            rows = [
                {f"new_{name}": value for name, value in values_of(change).items()}
                for change in changes
            ]
            await self._session.run(_CHANGE, rows)

    async def get(self, client_order_ids: Sequence[str]) -> tuple[OrderRecord, ...]:
        key = orders.c.client_order_id
        found: list[OrderRecord] = []
        for some in in_parts(client_order_ids):
            found += map(_order, await self._session.rows(select(orders).where(key.in_(some))))
        return tuple(sorted(found, key=lambda order: order.client_order_id))

    async def open(self, symbol: str) -> tuple[OrderRecord, ...]:
        query = select(orders).where(orders.c.symbol == symbol, text(OPEN))
        return tuple(map(_order, await self._session.rows(query.order_by(orders.c.order_id))))

    async def last_order_id(self, symbol: str) -> OrderId:
        query = select(func.max(orders.c.order_id)).where(orders.c.symbol == symbol)
        row = await self._session.row(query)
        return OrderId(max(0, row[0] or 0)) if row else OrderId(0)

    async def page(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[OrderRecord]:
        query = select(orders).where(*conditions(criteria, orders.c, orders.c.created_at))
        if criteria.status is not None:
            query = query.where(orders.c.status == criteria.status)
        order = _NEWEST.turned(backwards=criteria.backwards)
        return await read_page(self._session, query, order, (limit, cursor), _order)

    async def breakdown(
        self, symbol: str, since: Nanos = EVER, until: Nanos | None = None
    ) -> tuple[OrderCount, ...]:
        counts = _BREAKDOWN.where(orders.c.symbol == symbol)
        window = counts.where(orders.c.created_at >= since)
        if until is not None:
            window = window.where(orders.c.created_at < until)
        earlier = counts.where(orders.c.created_at < since, text(OPEN))
        # One statement for each, so that each reads along an index of its own.
        rows = [*await self._session.rows(window), *await self._session.rows(earlier)]
        totals: dict[tuple[Side, OrderStatus], OrderCount] = {}
        for side, status, lot_size, count, size, filled in rows:
            key = (Side(side), OrderStatus(status))
            before = totals.get(key, OrderCount(*key, 0, Decimal(0), Decimal(0)))
            totals[key] = OrderCount(
                *key,
                before.count + count,
                before.size + int(size) * lot_size,
                before.filled + int(filled) * lot_size,
            )
        return tuple(totals[key] for key in sorted(totals))


def conditions(
    criteria: Criteria | ActivityCriteria | LedgerCriteria, columns: Any, when: Column[int]
) -> list[ColumnElement[bool]]:
    """What `criteria` demands of a table: equal names, and a span of `when`, the column of its
    times."""
    demands: list[ColumnElement[bool]] = []
    for name in ("symbol", "participant_id", "side", "kind"):
        wanted = getattr(criteria, name, None)
        if wanted is not None:
            demands.append(columns[name] == wanted)
    if criteria.since is not None:
        demands.append(when >= criteria.since)
    if criteria.until is not None:
        demands.append(when < criteria.until)
    return demands


def _explain(error: IntegrityError, intents: Sequence[OrderRecord]) -> None:
    match broken(error):
        case Broken.UNIQUE:
            ids = ", ".join(intent.client_order_id for intent in intents)
            raise ConflictError("client_order_id", ids, "used before") from error
        case Broken.REFERENCE:
            owners = ", ".join(intent.participant_id for intent in intents)
            raise NotFoundError("participant", owners) from error
        case Broken.OTHER:
            return


def _unless_empty(name: str) -> ColumnElement[str]:
    news = bindparam(f"new_{name}", type_=orders.c[name].type)
    return case((news == text("''"), orders.c[name]), else_=news)


def _change() -> Any:
    news = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in orders.c}
    return (
        update(orders)
        .where(orders.c.client_order_id == news["client_order_id"])
        .values(
            status=case((text(OPEN), news["status"]), else_=orders.c.status),
            filled=case((orders.c.filled > news["filled"], orders.c.filled), else_=news["filled"]),
            venue_order_id=_unless_empty("venue_order_id"),
            reason=_unless_empty("reason"),
            updated_at=news["updated_at"],
        )
    )


_CHANGE = _change()

_BREAKDOWN = select(
    orders.c.side,
    orders.c.status,
    orders.c.lot_size,
    func.count(),
    func.sum(orders.c.size),
    func.sum(orders.c.filled),
).group_by(orders.c.side, orders.c.status, orders.c.lot_size)
