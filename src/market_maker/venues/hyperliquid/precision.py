"""Prices and sizes that Hyperliquid takes, and how it writes them.

A price has at most five significant figures, and at most MAX - szDecimals decimals; whole numbers
always fit. So the step between prices depends on the price. A size has at most szDecimals decimals.
Source: Hyperliquid docs, "Tick and lot size".
"""

from decimal import Decimal
from enum import Enum

from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import plain, precise

SIGNIFICANT_FIGURES = 5
MIN_NOTIONAL = Decimal(10)
"""Of an order that is not reduce-only, in collateral."""

WIRE_DECIMALS = 8
"""No number on the wire has more."""

USD_DECIMALS = 6
"""Margin travels as whole millionths."""


AMOUNT_DIGITS = 30
"""No amount has more before its point."""


def is_amount(number: Decimal) -> bool:
    """Whether it can be a price, a size or money: to write out 1e999999999 would take forever."""
    return number.is_finite() and number.adjusted() < AMOUNT_DIGITS


class MarketKind(Enum):
    """Of a market; its value: decimals of a price and of a size together."""

    PERP = 6
    SPOT = 8


def price_decimals(sz_decimals: int, kind: MarketKind = MarketKind.PERP) -> int:
    """How many decimals a price has at most; 10**-this is the finest step of the market."""
    return max(0, kind.value - sz_decimals)


def wire(number: Decimal) -> str:
    """As it is hashed and sent: plain, and no zeros at the end. Raises InvalidFieldError for more
    decimals than the wire has."""
    if not number.is_finite():
        raise InvalidFieldError("number", number, "a finite decimal")
    text = plain(number)
    if len(text.partition(".")[2]) > WIRE_DECIMALS:
        raise InvalidFieldError("number", number, f"at most {WIRE_DECIMALS} decimals")
    return text


def millionths(amount: Decimal) -> int:
    """Margin as it is sent. Raises InvalidFieldError for a fraction of a millionth."""
    with precise():
        whole = amount.scaleb(USD_DECIMALS)
    if not whole.is_finite() or whole != whole.to_integral_value():
        raise InvalidFieldError("amount", amount, f"at most {USD_DECIMALS} decimals")
    return int(whole)
