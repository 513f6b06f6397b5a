"""When a position should be worked off, how much of it, and how soon (smart_engine section 3)."""

from enum import StrEnum

from msgspec import Struct

from market_maker.model.units import RATE_SCALE, Lots


class Rebalancing(StrEnum):
    """What would bring a position back."""

    NONE = "none"
    BUY = "buy"
    SELL = "sell"


class Urgency(StrEnum):
    """How soon."""

    NONE = "none"
    MEDIUM = "medium"
    HIGH = "high"


class Thresholds(Struct, frozen=True):
    """RATE_SCALE-ths of the position limit, both excluded: beyond `signal` a rebalance is asked
    for, beyond `urgent` with high urgency."""

    signal: int
    urgent: int


class Rebalance(Struct, frozen=True, array_like=True, gc=False):
    """What to do about a position. size: lots that bring it to nothing, >= 0."""

    action: Rebalancing
    size: Lots
    urgency: Urgency


NO_REBALANCE = Rebalance(Rebalancing.NONE, Lots(0), Urgency.NONE)


def rebalance_of(lots: int, mid_x2: int, position_value: int, thresholds: Thresholds) -> Rebalance:
    """The signal for a position of `lots` at twice the mid, with a limit in ticks x lots."""
    used = abs(lots) * mid_x2 * RATE_SCALE
    full = 2 * position_value
    if used <= thresholds.signal * full:
        return NO_REBALANCE
    urgency = Urgency.HIGH if used > thresholds.urgent * full else Urgency.MEDIUM
    action = Rebalancing.SELL if lots > 0 else Rebalancing.BUY
    return Rebalance(action, Lots(abs(lots)), urgency)
