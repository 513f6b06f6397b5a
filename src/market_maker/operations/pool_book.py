"""The book of a pool's market, level by level, with what of it is ours."""

from decimal import Decimal

from msgspec import Struct

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.execution.engines import RunningPool
from market_maker.model.events import NO_SEQ, Levels
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, OrderState, Side
from market_maker.model.units import NANOS_PER_MS, Lots, Nanos, ParticipantId, Ticks
from market_maker.risk.limits import collar
from market_maker.risk.order_limits import collar_rate_from_bps

LEVELS_MAX = 100
BPS = 10_000


class BookLevelView(Struct, frozen=True, kw_only=True):
    """One price. size: all that the market shows there, null where only our own part is known: the
    price lies beyond the levels that are shown or known. own: what is left of our orders there,
    own_orders how many, unknown_orders those of them whose state is unknown; members: whose."""

    price: Decimal
    size: Decimal | None
    own: Decimal
    own_orders: int
    unknown_orders: int
    members: tuple[ParticipantId, ...]


class PriceCollar(Struct, frozen=True, kw_only=True):
    """The lowest and the highest price that an order may have now."""

    low: Decimal
    high: Decimal


class PoolBook(Struct, frozen=True, kw_only=True):
    """Best first. as_of: of the engine's last turn; age_ms: since the last receipt then; detail:
    why the book cannot be trusted, empty when it can. microprice: the mid, weighted by the sizes at
    the best prices; reservation: the price around which the quotes lie; collar: null without a
    fresh price that it lies around. seq: the venue's number of the last update, null where it
    numbers none. Prices are null until known. Every price with an own order stands in it, however
    deep."""

    symbol: str
    as_of: Nanos
    seq: int | None
    age_ms: float | None
    detail: str
    mid: Decimal | None
    microprice: float | None
    fair: float | None
    reservation: float | None
    collar: PriceCollar | None
    bids: tuple[BookLevelView, ...]
    asks: tuple[BookLevelView, ...]


def pool_book(runner: RunningPool, levels: int) -> PoolBook:
    """Of a pool whose engine runs: `levels` of each side, and our own prices beyond them."""
    snapshot, instrument = runner.snapshot(), runner.instrument
    bids, asks = runner.depth(levels)
    known = snapshot.book_age_ns or not snapshot.book_detail
    fair = snapshot.fair_ticks * float(instrument.tick_size) or None
    mid = instrument.price(Ticks(1)) * snapshot.mid_x2 / 2 if snapshot.mid_x2 else None
    return PoolBook(
        symbol=snapshot.symbol,
        as_of=snapshot.now,
        seq=None if snapshot.book_seq == NO_SEQ else snapshot.book_seq,
        age_ms=snapshot.book_age_ns / NANOS_PER_MS if known else None,
        detail=snapshot.book_detail,
        mid=mid,
        microprice=_microprice(instrument, snapshot),
        fair=fair,
        reservation=None if fair is None else fair * (1 - snapshot.shift_bps / BPS),
        collar=_collar(runner, snapshot),
        bids=_side(instrument, Side.BUY, bids, snapshot.orders),
        asks=_side(instrument, Side.SELL, asks, snapshot.orders),
    )


def no_book(symbol: str, now: Nanos, detail: str) -> PoolBook:
    """Where no engine reads the market."""
    return PoolBook(
        symbol=symbol,
        as_of=now,
        seq=None,
        age_ms=None,
        detail=detail,
        mid=None,
        microprice=None,
        fair=None,
        reservation=None,
        collar=None,
        bids=(),
        asks=(),
    )


def _collar(runner: RunningPool, snapshot: EngineSnapshot) -> PriceCollar | None:
    if not snapshot.reference_x2:
        return None
    rate = collar_rate_from_bps(float(runner.config.price_collar_bps))
    low, high = collar(snapshot.reference_x2, rate)
    price = runner.instrument.price
    return PriceCollar(low=price(Ticks(low)), high=price(Ticks(high)))


def _microprice(instrument: Instrument, snapshot: EngineSnapshot) -> float | None:
    sizes = snapshot.best_bid_size + snapshot.best_ask_size
    if not (snapshot.best_bid and snapshot.best_ask and sizes):
        return None
    weighted = (
        snapshot.best_bid * snapshot.best_ask_size + snapshot.best_ask * snapshot.best_bid_size
    )
    return weighted / sizes * float(instrument.tick_size)


def _side(
    instrument: Instrument,
    side: Side,
    levels: Levels,
    orders: tuple[Order, ...],
) -> tuple[BookLevelView, ...]:
    sizes: dict[Ticks, Lots] = dict(levels)
    ours: dict[Ticks, list[Order]] = {}
    for order in orders:
        if order.side is side:
            ours.setdefault(order.price, []).append(order)
    prices = sorted(sizes.keys() | ours.keys(), reverse=side is Side.BUY)
    return tuple(
        _level(instrument, price, sizes.get(price), ours.get(price, [])) for price in prices
    )


def _level(
    instrument: Instrument, price: Ticks, size: Lots | None, own: list[Order]
) -> BookLevelView:
    return BookLevelView(
        price=instrument.price(price),
        size=None if size is None else instrument.quantity(size),
        own=instrument.quantity(Lots(sum(order.leaves for order in own))),
        own_orders=len(own),
        unknown_orders=sum(order.state is OrderState.UNKNOWN for order in own),
        members=tuple(sorted({order.member for order in own})),
    )
