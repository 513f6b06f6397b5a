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
REFUSALS: tuple[Reason | None, ...] = (
    None, Reason.NO_PRICE, Reason.MIN_NOTIONAL, Reason.ORDER_VALUE, Reason.PRICE_COLLAR,
)  # fmt: skip
"""By the code of `refusal`."""


def refusal(price: int, size: int, reference_x2: int, limits: OrderLimits) -> int:
    """As `refuse_order`, by the place of its reason in REFUSALS: ALLOWED where
    nothing is against it. limits: or a kernel's record with fields of the same names."""
    if price <= 0:
        return NOT_PRICED
    if size <= 0 or price * size < limits.value_min:
        return TOO_SMALL
    if price * size > limits.value_max:
        return TOO_DEAR
    if abs(2 * price - reference_x2) * RATE_SCALE > limits.collar_rate * reference_x2:
        return OUTSIDE
    return ALLOWED


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
