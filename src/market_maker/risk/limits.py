"""Pre-trade limits: every order passes these, one by one, or it is not sent."""

from typing import Final

from market_maker.model.quotes import Reason
from market_maker.model.units import RATE_SCALE
from market_maker.risk.order_limits import OrderLimits

ALLOWED: Final = 0
NOT_PRICED: Final = 1
TOO_SMALL: Final = 2
TOO_DEAR: Final = 3
OUTSIDE: Final = 4
BELOW_SIZES: Final = 5
ABOVE_SIZES: Final = 6
OUTSIDE_BAND: Final = 7
REFUSALS: tuple[Reason | None, ...] = (
    None, Reason.NO_PRICE, Reason.MIN_NOTIONAL, Reason.ORDER_VALUE, Reason.PRICE_COLLAR,
    Reason.MIN_SIZE, Reason.MAX_SIZE, Reason.PRICE_BAND,
)  # fmt: skip
"""By the code of `refusal`."""


def refusal(price: int, size: int, reference_x2: int, limits: OrderLimits) -> int:
    """As `refuse_order`, by the place of its reason in REFUSALS: ALLOWED where
    nothing is against it. limits: or a kernel's record with fields of the same names."""
    if price <= 0:
        return NOT_PRICED
    refused = size_refusal(price, size, limits)
    if refused != ALLOWED:
        return refused
    if abs(2 * price - reference_x2) * RATE_SCALE > limits.collar_rate * reference_x2:
        return OUTSIDE
    return OUTSIDE_BAND if is_outside_band(price, reference_x2, limits) else ALLOWED


def size_refusal(price: int, size: int, limits: OrderLimits) -> int:
    """The same of the size alone."""
    if size <= 0 or price * size < limits.value_min:
        return TOO_SMALL
    if size < limits.lots_min:
        return BELOW_SIZES
    if size > cut_lots(price, size, limits):
        return ABOVE_SIZES
    return TOO_DEAR if price * size > limits.value_max else ALLOWED


def is_outside_band(price: int, reference_x2: int, limits: OrderLimits) -> bool:
    """Whether the venue refuses a price for its distance from the mark."""
    place, up, down = 2 * price * RATE_SCALE, limits.band_up_rate, limits.band_down_rate
    if up > 0 and place >= reference_x2 * (RATE_SCALE + up):
        return True
    return down > 0 and place <= reference_x2 * (RATE_SCALE - down)


def is_taken(price: int, size: int, reference_x2: int, limits: OrderLimits) -> bool:
    """Whether the venue takes an order, whatever a pool's own limits say. Without a reference its
    band is not known, and refuses nothing."""
    sizes = least_lots(price, limits) <= size == cut_lots(price, size, limits)
    return sizes and not (reference_x2 > 0 and is_outside_band(price, reference_x2, limits))


def least_lots(price: int, limits: OrderLimits) -> int:
    """Of the smallest order at a price that the venue takes."""
    lots = -(-limits.value_min // price)
    lots = max(lots, limits.lots_min)
    return max(1, lots)


def cut_lots(price: int, lots: int, limits: OrderLimits) -> int:
    """`lots`, or as many as the venue takes of one order at a price."""
    if 0 < limits.lots_max < lots:
        lots = limits.lots_max
    if 0 < limits.venue_value_max < price * lots:
        lots = limits.venue_value_max // price
    return lots


def refuse_order(price: int, size: int, reference_x2: int, limits: OrderLimits) -> Reason | None:
    """Why this order may not be sent, or None. price in ticks, size in lots; reference_x2:
    twice a fresh reference price in ticks, 0 when there is none, and then nothing is sent."""
    return REFUSALS[refusal(price, size, reference_x2, limits)]


def collar(reference_x2: int, collar_rate: int) -> tuple[int, int]:
    """The lowest and the highest price, ticks, that lie within the collar around a reference."""
    wide = collar_rate * reference_x2
    low = -((wide - reference_x2 * RATE_SCALE) // (2 * RATE_SCALE))
    return low, (wide + reference_x2 * RATE_SCALE) // (2 * RATE_SCALE)


def room(sign: int, position: int, working: int, reference_x2: int, value_max: int) -> int:
    """Lots that one more order on a side may have so that, were every working and unknown order
    of that side filled, the position would stay within value_max (ticks x lots) at the
    reference. An order that only brings an opposite position down always fits.

    sign: +1 buying, -1 selling. position: signed lots. working: lots already out, >= 0.
    """
    if reference_x2 <= 0:
        return 0
    return 2 * value_max // reference_x2 - sign * position - working
