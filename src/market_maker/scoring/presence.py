"""One sample of one member's orders: was it there on both sides, how close, how deep."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from market_maker.model.calendar import hour_of
from market_maker.model.exact import ZERO, exact, precise, rounded
from market_maker.model.instrument import Instrument
from market_maker.model.money import PresenceRecord
from market_maker.model.orders import Order, OrderState, Side
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos, ParticipantId
from market_maker.scoring.q_score import SHOWN, Targets

RESTING = (OrderState.LIVE, OrderState.PENDING_CANCEL)
"""On the book as far as the venue has said; an order on its way there, or of unknown fate, is
not liquidity."""

_BPS = Decimal(10_000)


class Presence(Struct, frozen=True):
    """A valid snapshot. spread_bps: best own ask less best own bid, by mid. depth_usdt: the
    smaller of the two notionals at those prices."""

    spread_bps: Decimal
    depth_usdt: Decimal


def presence(
    orders: Iterable[Order], mid_x2: int, instrument: Instrument, spread_max_bps: Decimal
) -> Presence | None:
    """What one member's `orders` show, or None if the snapshot is not valid: at least one bid and
    one ask, each of min_notional or more and within spread_max_bps of the mid. Orders at one
    price count as one. mid_x2: twice the mid, ticks, > 0."""
    assert mid_x2 > 0, mid_x2
    sizes: dict[tuple[Side, int], int] = {}
    for order in orders:
        if order.state in RESTING and order.leaves > 0:
            key = (order.side, order.price)
            sizes[key] = sizes.get(key, 0) + order.leaves
    bid = _best(Side.BUY, sizes, mid_x2, instrument, spread_max_bps)
    ask = _best(Side.SELL, sizes, mid_x2, instrument, spread_max_bps)
    if bid is None or ask is None:
        return None
    with precise():
        spread = 2 * _BPS * (ask[0] - bid[0]) / mid_x2
    return Presence(rounded(spread, SHOWN), min(bid[1], ask[1]))


def _best(
    side: Side,
    sizes: dict[tuple[Side, int], int],
    mid_x2: int,
    instrument: Instrument,
    spread_max_bps: Decimal,
) -> tuple[int, Decimal] | None:
    """Price in ticks and notional of the best price that counts."""
    found: tuple[int, Decimal] | None = None
    with exact():
        for (of, price), leaves in sizes.items():
            near = abs(2 * price - mid_x2) * _BPS <= spread_max_bps * mid_x2
            if of is not side or not near:
                continue
            notional = instrument.notional(price, leaves)
            better = found is None or (price - found[0]) * side.sign > 0
            if better and notional >= instrument.min_notional:
                found = (price, notional)
    return found


def snapshot_record(
    symbol: str,
    participant_id: ParticipantId,
    ts: Nanos,
    seen: Presence | None,
    targets: Targets,
) -> PresenceRecord:
    """One eligible snapshot as what it adds to the sums of its hour; seen None: not valid. A
    snapshot that is not eligible (the pool does not quote, or the market is shut or blind) has no
    record. targets: of one day."""
    return PresenceRecord(
        symbol=symbol,
        participant_id=participant_id,
        hour=hour_of(ts),
        eligible=1,
        valid=0 if seen is None else 1,
        spread_sum_bps=ZERO if seen is None else seen.spread_bps,
        depth_sum_usdt=ZERO if seen is None else seen.depth_usdt,
        **shared_fields(PresenceRecord, targets),
    )
