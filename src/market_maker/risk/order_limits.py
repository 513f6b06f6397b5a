"""How large and how far from the reference an order may be."""

from msgspec import Struct

from market_maker.model.units import BPS, RATE_SCALE

_RATE_PER_BPS = RATE_SCALE // int(BPS)


class OrderLimits(Struct, frozen=True):
    """collar_rate: largest |price / reference - 1|, in RATE_SCALE-ths. value_max: ticks x lots
    of one order. value_min: smallest order that the venue takes, ticks x lots."""

    collar_rate: int
    value_max: int
    value_min: int


def collar_rate_from_bps(bps: float) -> int:
    """Whole RATE_SCALE-ths, rounded down: the collar is never wider than asked for."""
    return int(bps * _RATE_PER_BPS)
