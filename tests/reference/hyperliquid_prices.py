"""Hyperliquid's rules for prices, sizes and numbers of its reference client, one at a time: what
the price grid, the sizes and the wire of the product are compared with. Source: Hyperliquid docs,
"Tick and lot size"."""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal

from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import ZERO, exact, plain, precise
from market_maker.model.orders import Side
from market_maker.venues.hyperliquid.precision import (
    MIN_NOTIONAL,
    SIGNIFICANT_FIGURES,
    WIRE_DECIMALS,
    MarketKind,
    price_decimals,
)


def price_step(price: Decimal, sz_decimals: int, kind: MarketKind = MarketKind.PERP) -> Decimal:
    """The distance between prices at `price` > 0, a power of ten of at most 1."""
    figures = price.adjusted() - (SIGNIFICANT_FIGURES - 1)
    decimals = price_decimals(sz_decimals, kind)
    return Decimal(1).scaleb(min(0, max(figures, -decimals)))


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


def wire_of_float(number: float) -> str:
    """The same for a binary fraction that means a decimal one: 0.1 + 0.2 is 0.3. Raises
    InvalidFieldError where eight decimals are not what it means."""
    text = f"{number:.{WIRE_DECIMALS}f}"
    if abs(float(text) - number) >= 1e-12:
        raise InvalidFieldError("number", number, f"at most {WIRE_DECIMALS} decimals")
    return plain(Decimal(text))
