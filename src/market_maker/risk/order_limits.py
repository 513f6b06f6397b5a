"""How large and how far from the reference an order may be."""

from msgspec import Struct

from market_maker.model.units import BPS, RATE_SCALE

_RATE_PER_BPS = RATE_SCALE // int(BPS)


class OrderLimits(Struct, frozen=True):
    """collar_rate: largest |price / reference - 1|, in RATE_SCALE-ths. value_max: ticks x lots
    of one order.

    The others are the venue's, and 0 where it has none. value_min: smallest order that it takes,
    ticks x lots. lots_min, lots_max, venue_value_max (ticks x lots): of one order. band_up_rate,
    band_down_rate: from which distance to the reference on it refuses a price, in RATE_SCALE-ths.
    orders_max: open ones of one account.
    """

    collar_rate: int
    value_max: int
    value_min: int
    lots_min: int = 0
    lots_max: int = 0
    venue_value_max: int = 0
    band_up_rate: int = 0
    band_down_rate: int = 0
    orders_max: int = 0


def collar_rate_from_bps(bps: float) -> int:
    """Whole RATE_SCALE-ths, rounded down: the collar is never wider than asked for."""
    return int(bps * _RATE_PER_BPS)
