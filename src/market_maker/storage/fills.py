"""The ledger of executions."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from sqlalchemy import and_, case, func, select
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import NotFoundError
from market_maker.model.orders import Side
from market_maker.model.records import Criteria, FillRecord, FillTotal, NumberedFill, Page
from market_maker.model.units import VALUE_SCALE, Nanos, ParticipantId
from market_maker.storage.exact_sql import total
from market_maker.storage.failures import Broken, broken
from market_maker.storage.orders import conditions
from market_maker.storage.paging import NUMBER, TIME_AND_NUMBER, Sorting, read_page
from market_maker.storage.session import AnyRow, StoreSession, record, values_of
from market_maker.storage.tables import fills, orders

IDENTITY = ("symbol", "account_id", "trade_id", "client_order_id")
"""What makes two reports the same fill."""

_NEWEST = Sorting((fills.c.ts_event, fills.c.id), TIME_AND_NUMBER, newest_first=True)
_STORED = Sorting((fills.c.id,), NUMBER)
_fill = partial(record, FillRecord)


class StoredFills:
    """ports.Fills."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, reports: Sequence[FillRecord]) -> tuple[FillRecord, ...]:
        if not reports:
            return ()
        identity = (fills.c[name] for name in IDENTITY)
        statement = self._session.insert_missing(fills).returning(*identity)
        try:
            result = await self._session.run(statement, [values_of(report) for report in reports])
        except IntegrityError as error:
            if broken(error) is not Broken.REFERENCE:
                raise
            ids = ", ".join(report.client_order_id for report in reports)
            raise NotFoundError("order, or owner of it,", ids) from error
        new = {tuple(row) for row in result.all()}
        # A report that stands twice in `reports` is given once.
        first = {_identity(report): report for report in reversed(reports)}
        return tuple(r for r in reports if _identity(r) in new and first[_identity(r)] is r)

    async def page(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[FillRecord]:
        query = select(fills).where(*conditions(criteria, fills.c, fills.c.ts_event))
        order = _NEWEST.turned(backwards=criteria.backwards)
        return await read_page(self._session, query, order, (limit, cursor), _fill)

    async def ledger(self, symbol: str, limit: int, cursor: str | None = None) -> Page[FillRecord]:
        query = select(fills).where(fills.c.symbol == symbol)
        return await read_page(self._session, query, _STORED, (limit, cursor), _fill)

    async def stored(self, after: int, limit: int) -> tuple[NumberedFill, ...]:
        query = _NUMBERED.where(fills.c.id > after).order_by(fills.c.id).limit(limit)
        return tuple(map(_numbered, await self._session.rows(query)))

    async def bounds(self, since: Nanos, until: Nanos) -> tuple[int, int] | None:
        inside = and_(fills.c.ts_event >= since, fills.c.ts_event < until)
        query = select(func.min(fills.c.id), func.max(fills.c.id)).where(inside)
        row = await self._session.row(query)
        return None if row is None or row[0] is None else (row[0], row[1])

    async def newest(self) -> NumberedFill | None:
        row = await self._session.row(_NUMBERED.order_by(fills.c.id.desc()).limit(1))
        return None if row is None else _numbered(row)

    async def count(self) -> int:
        row = await self._session.row(select(func.count()).select_from(fills))
        assert row is not None
        return int(row[0])

    async def positions(self, symbol: str) -> dict[ParticipantId, Decimal]:
        rows = await self._session.rows(_POSITIONS.where(fills.c.symbol == symbol))
        totals: dict[ParticipantId, Decimal] = {}
        for owner, lot_size, lots in sorted(rows, key=lambda row: row.participant_id):
            totals[owner] = totals.get(owner, Decimal(0)) + int(lots) * lot_size
        return totals

    async def summary(self, symbol: str, since: Nanos, until: Nanos) -> tuple[FillTotal, ...]:
        criteria = Criteria(symbol=symbol, since=since, until=until)
        query = _SUMMARY.where(*conditions(criteria, fills.c, fills.c.ts_event))
        totals: dict[Side, FillTotal] = {}
        for name, tick, lot, count, lots, notional, fees in await self._session.rows(query):
            side = Side(name)
            zero = FillTotal(side, 0, Decimal(0), Decimal(0), Decimal(0))
            before = totals.get(side, zero)
            totals[side] = FillTotal(
                side,
                before.count + count,
                before.volume_base + int(lots) * lot,
                before.volume_quote + int(notional) * tick * lot,
                before.fees + fees * tick * lot / VALUE_SCALE,
            )
        return tuple(totals[side] for side in sorted(totals))


def _identity(report: FillRecord) -> tuple[str | int, ...]:
    return tuple(getattr(report, name) for name in IDENTITY)


def _numbered(row: AnyRow) -> NumberedFill:
    return NumberedFill(row.id, row.config_version, _fill(row))


_NUMBERED = select(fills, orders.c.config_version).join(
    orders, fills.c.client_order_id == orders.c.client_order_id
)

_signed = case((fills.c.side == Side.BUY, fills.c.size), else_=-fills.c.size)

_POSITIONS = select(
    fills.c.participant_id, fills.c.lot_size, func.sum(_signed).label("lots")
).group_by(fills.c.participant_id, fills.c.lot_size)

_SUMMARY = select(
    fills.c.side,
    fills.c.tick_size,
    fills.c.lot_size,
    func.count(),
    func.sum(fills.c.size),
    func.sum(fills.c.price * fills.c.size),
    total(fills.c.fee),  # beyond 2^63 within a day, on a fine grid
).group_by(fills.c.side, fills.c.tick_size, fills.c.lot_size)
