"""Prices and sizes that Hyperliquid takes, and how it writes them.

A price has at most five significant figures, and at most MAX - szDecimals decimals; whole numbers
always fit. So the step between prices depends on the price. A size has at most szDecimals decimals.
Source: Hyperliquid docs, "Tick and lot size".
"""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from enum import Enum

from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import ZERO, exact, plain, precise
from market_maker.model.orders import Side

SIGNIFICANT_FIGURES = 5
MIN_NOTIONAL = Decimal(10)
"""Of an order that is not reduce-only, in collateral."""

WIRE_DECIMALS = 8
"""No number on the wire has more."""

USD_DECIMALS = 6
"""Margin travels as whole millionths."""


class MarketKind(Enum):
    """Of a market; its value: decimals of a price and of a size together."""

    PERP = 6
    SPOT = 8


def price_step(price: Decimal, sz_decimals: int, kind: MarketKind = MarketKind.PERP) -> Decimal:
    """The distance between prices at `price` > 0, a power of ten of at most 1."""
    figures = price.adjusted() - (SIGNIFICANT_FIGURES - 1)
    decimals = price_decimals(sz_decimals, kind)
    return Decimal(1).scaleb(min(0, max(figures, -decimals)))


def price_decimals(sz_decimals: int, kind: MarketKind = MarketKind.PERP) -> int:
    """How many decimals a price has at most; 10**-this is the finest step of the market."""
    return max(0, kind.value - sz_decimals)


def is_price(price: Decimal, sz_decimals: int, kind: MarketKind = MarketKind.PERP) -> bool:
    """Whether the venue takes it."""
    if not price.is_finite() or price <= 0:
        return False
    with precise():
        return price % price_step(price, sz_decimals, kind) == 0


def price_for(
    side: Side, price: Decimal, sz_decimals: int, kind: MarketKind = MarketKind.PERP
) -> Decimal:
    """The nearest price that the venue takes and that is not better for the other side: a bid is
    rounded down, an ask up. 0 where no bid is low enough."""
    if price <= 0:
        return ZERO
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    with precise():
        # Rounding up may reach the next power of ten, which is on every grid below it.
        return price.quantize(price_step(price, sz_decimals, kind), rounding) + ZERO


def is_size(size: Decimal, sz_decimals: int) -> bool:
    """Whether the venue takes it; 0 is none, for it closes a whole position when reduce-only."""
    return size.is_finite() and size > 0 and size == size_down(size, sz_decimals)


def size_down(size: Decimal, sz_decimals: int) -> Decimal:
    """The largest size that is not above `size`; it may be 0, which is no size."""
    with precise():
        return size.quantize(Decimal(1).scaleb(-sz_decimals), ROUND_DOWN) + ZERO


def enough(price: Decimal, size: Decimal) -> bool:
    """Whether an order is worth what the venue asks at least."""
    with exact():
        return price * size >= MIN_NOTIONAL


def wire(number: Decimal) -> str:
    """As it is hashed and sent: plain, and no zeros at the end. Raises InvalidFieldError for more
    decimals than the wire has."""
    if not number.is_finite():
        raise InvalidFieldError("number", number, "a finite decimal")
    text = plain(number)
    if len(text.partition(".")[2]) > WIRE_DECIMALS:
        raise InvalidFieldError("number", number, f"at most {WIRE_DECIMALS} decimals")
    return text


def wire_of_float(number: float) -> str:
    """The same for a binary fraction that means a decimal one: 0.1 + 0.2 is 0.3. Raises
    InvalidFieldError where eight decimals are not what it means."""
    text = f"{number:.{WIRE_DECIMALS}f}"
    if abs(float(text) - number) >= 1e-12:  # noqa: PLR2004  the reference client's own limit
        raise InvalidFieldError("number", number, f"at most {WIRE_DECIMALS} decimals")
    return plain(Decimal(text))


def millionths(amount: Decimal) -> int:
    """Margin as it is sent. Raises InvalidFieldError for a fraction of a millionth."""
    with precise():
        whole = amount.scaleb(USD_DECIMALS)
    if not whole.is_finite() or whole != whole.to_integral_value():
        raise InvalidFieldError("amount", amount, f"at most {USD_DECIMALS} decimals")
    return int(whole)
