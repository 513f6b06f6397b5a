"""Decimals on the wire: how the venue writes them, and which texts it reads as one."""

from decimal import ROUND_DOWN, Decimal, InvalidOperation

from market_maker.model.exact import plain

DIGITS_MAX = 40
"""Characters of a number that is read; the venue's own are far shorter."""

USD_STEP = Decimal("0.000001")
"""Money is kept to the millionth of a dollar."""


def shown(value: Decimal) -> str:
    """As the venue shows prices, sizes and money: no exponent, at least one decimal."""
    text = plain(value)
    return text if "." in text else text + ".0"


def bare(value: Decimal) -> str:
    """As actions carry numbers: no exponent, no trailing zero, `100` and not `100.0`."""
    return plain(value)


def usd(value: Decimal) -> Decimal:
    """Money cut to the venue's step, towards zero."""
    return value.quantize(USD_STEP, ROUND_DOWN)


def decimal(text: str) -> Decimal | None:
    """A plain decimal, or None: no exponent, no sign but one minus, no space, no NaN."""
    digits = text.removeprefix("-")
    if not 0 < len(digits) <= DIGITS_MAX or not digits.isascii():
        return None
    if not digits.replace(".", "", 1).isdigit():
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover  the checks above leave none
        return None
