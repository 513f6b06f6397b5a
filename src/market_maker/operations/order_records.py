"""Orders and fills as stored: read-only."""

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.records import Criteria, FillRecord, OrderCount, OrderRecord, Page
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.operations.presenting import present
from market_maker.operations.record_views import FillSummaryView, FillView, OrderView
from market_maker.ports import Clock, Instruments, Store, listed

SUMMARY_SPAN = Nanos(24 * NANOS_PER_HOUR)


class OrderBreakdown(Struct, frozen=True):
    """How many orders of each side and status: those of since <= created_at < until, and earlier
    ones that may still be open."""

    symbol: str
    since: Nanos
    until: Nanos
    totals: tuple[OrderCount, ...]


class OrderHistory:
    """Lists are newest first, in pages."""

    def __init__(self, store: Store, clock: Clock, instruments: Instruments) -> None:
        self._store, self._clock, self._instruments = store, clock, instruments

    async def orders(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[OrderView]:
        """Raises InvalidFieldError for a bad limit or cursor."""
        async with self._store.glimpse() as unit:
            page = await unit.orders.page(criteria, limit, cursor)
        return Page(tuple(_order(row) for row in page.items), page.next_cursor)

    async def breakdown(
        self, symbol: str, since: Nanos | None = None, until: Nanos | None = None
    ) -> OrderBreakdown:
        """Totals by side and status of the orders of since <= created_at < until, 24 hours up to
        now where nothing is said, and of earlier ones that may still be open. Raises
        NotFoundError for an unknown instrument."""
        listed(self._instruments, symbol)
        begins, ends = self._window(since, until)
        async with self._store.reading() as unit:
            totals = await unit.orders.breakdown(symbol, begins, ends)
        return OrderBreakdown(symbol, begins, ends, totals)

    async def fills(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[FillView]:
        """As `orders`."""
        async with self._store.glimpse() as unit:
            page = await unit.fills.page(criteria, limit, cursor)
        return Page(tuple(fill_view(row) for row in page.items), page.next_cursor)

    async def fill_summary(
        self, symbol: str, since: Nanos | None = None, until: Nanos | None = None
    ) -> FillSummaryView:
        """Of since <= ts_event < until, 24 hours up to now where nothing is said. Raises
        NotFoundError for an unknown instrument."""
        listed(self._instruments, symbol)
        begins, ends = self._window(since, until)
        async with self._store.glimpse() as unit:
            totals = await unit.fills.summary(symbol, begins, ends)
        return FillSummaryView(symbol=symbol, since=begins, until=ends, totals=totals)

    def _window(self, since: Nanos | None, until: Nanos | None) -> tuple[Nanos, Nanos]:
        ends = Nanos(self._clock.now() + 1) if until is None else until
        begins = Nanos(max(0, ends - SUMMARY_SPAN)) if since is None else since
        if begins > ends:
            raise InvalidFieldError("since", begins, "a time not after until")
        return begins, ends


def _grid(row: OrderRecord | FillRecord) -> Instrument:
    return Instrument(row.symbol, row.tick_size, row.lot_size)


def _order(row: OrderRecord) -> OrderView:
    return present(OrderView, row, _grid(row))


def fill_view(row: FillRecord) -> FillView:
    """A fill in people's units."""
    grid = _grid(row)
    mid = grid.price(row.mid_x2) / 2 if row.mid_x2 else None
    return present(FillView, row, grid, value=grid.notional(row.price, row.size), mid=mid)
