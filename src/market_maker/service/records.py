"""Orders and fills as stored: read-only."""

from market_maker.model.instrument import Instrument
from market_maker.model.records import Criteria, FillRecord, OrderCount, OrderRecord, Page
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.service.backroom import Backroom
from market_maker.service.views import FillSummaryView, FillView, OrderView

SUMMARY_SPAN = Nanos(24 * NANOS_PER_HOUR)


class Records:
    """Lists are newest first, in pages."""

    def __init__(self, backroom: Backroom) -> None:
        self._back = backroom

    async def orders(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[OrderView]:
        """Raises InvalidFieldError for a bad limit or cursor."""
        async with self._back.store.reading() as unit:
            page = await unit.orders.page(criteria, limit, cursor)
        return Page(tuple(_order(row) for row in page.items), page.next_cursor)

    async def breakdown(self, symbol: str) -> tuple[OrderCount, ...]:
        """Totals by side and status. Raises NotFoundError for an unknown instrument."""
        self._back.instrument(symbol)
        async with self._back.store.reading() as unit:
            return await unit.orders.breakdown(symbol)

    async def fills(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[FillView]:
        """As `orders`."""
        async with self._back.store.reading() as unit:
            page = await unit.fills.page(criteria, limit, cursor)
        return Page(tuple(_fill(row) for row in page.items), page.next_cursor)

    async def fill_summary(self, symbol: str) -> FillSummaryView:
        """The last 24 hours. Raises NotFoundError for an unknown instrument."""
        self._back.instrument(symbol)
        until = Nanos(self._back.clock.now() + 1)
        since = Nanos(until - SUMMARY_SPAN)
        async with self._back.store.reading() as unit:
            totals = await unit.fills.summary(symbol, since, until)
        return FillSummaryView(symbol=symbol, since=since, until=until, totals=totals)


def _grid(row: OrderRecord | FillRecord) -> Instrument:
    return Instrument(row.symbol, row.tick_size, row.lot_size)


def _order(row: OrderRecord) -> OrderView:
    grid = _grid(row)
    return OrderView(
        client_order_id=row.client_order_id,
        venue_order_id=row.venue_order_id,
        symbol=row.symbol,
        order_id=row.order_id,
        participant_id=row.participant_id,
        account_id=row.account_id,
        side=row.side,
        level=row.level,
        price=grid.price(row.price),
        size=grid.quantity(row.size),
        filled=grid.quantity(row.filled),
        reduce_only=row.reduce_only,
        status=row.status,
        reason=row.reason,
        config_version=row.config_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _fill(row: FillRecord) -> FillView:
    grid = _grid(row)
    return FillView(
        symbol=row.symbol,
        trade_id=row.trade_id,
        client_order_id=row.client_order_id,
        participant_id=row.participant_id,
        account_id=row.account_id,
        side=row.side,
        level=row.level,
        price=grid.price(row.price),
        size=grid.quantity(row.size),
        value=grid.notional(row.price, row.size),
        fee=grid.money(row.fee),
        mid=grid.price(row.mid_x2) / 2 if row.mid_x2 else None,
        ts_event=row.ts_event,
        recorded_at=row.recorded_at,
    )
