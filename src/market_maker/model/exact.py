"""Arithmetic with Decimals that never loses a digit without a word.

The interpreter's own context rounds to 28 digits. Money is computed under one of these two, which
have 50 and do not depend on what the calling thread has set.
"""

from contextlib import AbstractContextManager
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)

DIGITS = 50
ZERO = Decimal(0)
CENT = Decimal("0.01")

_BROKEN = [InvalidOperation, DivisionByZero, Overflow]
_EXACT = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, traps=[*_BROKEN, Inexact])
_PRECISE = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, traps=_BROKEN)


def exact() -> AbstractContextManager[Context]:
    """For sums, products and comparisons: raises decimal.Inexact rather than round."""
    return localcontext(_EXACT)


def precise() -> AbstractContextManager[Context]:
    """For quotients, powers and roots: 50 digits, halves to even."""
    return localcontext(_PRECISE)


def rounded(number: Decimal, step: Decimal) -> Decimal:
    """The nearest multiple of `step`, a power of ten such as 0.01; halves to even, never -0."""
    with precise():
        return number.quantize(step) + ZERO


def signed(sign: int, number: Decimal) -> Decimal:
    """`number` times +1 or -1, to the last digit; never -0, which a product can be."""
    with exact():
        return ZERO + number if sign > 0 else ZERO - number


def plain(number: Decimal) -> str:
    """Written out without an exponent and without zeros that say nothing: 0.05, 100, -3.5."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
