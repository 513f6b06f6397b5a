"""Numbers, times and currencies as people read them."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from market_maker.model.currencies import CASH, quote_of_symbol
from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_SECOND

MINUS = "−"
"""A real minus sign, as wide as a plus."""

NONE = "–"
"""Stands for an undefined figure."""

CASH_DECIMALS, COIN_DECIMALS = 2, 8

FILLS_FOR_A_MEAN = 30
"""Below this many fills a result says that their mean proves nothing."""

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def number(value: float | None, decimals: int) -> str:
    """Thousands apart, a real minus sign, a dash for none."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:,.{decimals}f}"
    negative = text.startswith("-") and any(digit in text for digit in "123456789")
    return (MINUS if negative else "") + text.lstrip("-")


def signed(value: float, decimals: int = 2) -> str:
    """As number(), with a plus for a gain."""
    return ("+" if value > 0 else "") + number(value, decimals)


def percent(share: float | None, decimals: int = 1) -> str:
    """A share of 1 as per cent."""
    return NONE if share is None else number(100 * share, decimals) + NO_BREAK_SPACE + "%"


def utc(ts: int, shape: str) -> str:
    """A moment in nanoseconds since the epoch, by strftime's codes."""
    return datetime.fromtimestamp(ts / NANOS_PER_SECOND, UTC).strftime(shape)


def period(start: int, end: int) -> str:
    """From when to when, in UTC; the day of the end where it is another one."""
    days = [utc(each, "%Y-%m-%d") for each in (start, end)]
    last = "%H:%M:%S" if days[0] == days[1] else "%Y-%m-%d %H:%M:%S"
    return f"{utc(start, '%Y-%m-%d %H:%M:%S')} to {utc(end, last)} UTC"


def few_fills(fills: int) -> str:
    """What to say of a mean of so many fills; empty where they are enough."""
    if fills >= FILLS_FOR_A_MEAN:
        return ""
    many = "no fill is" if not fills else "1 fill is" if fills == 1 else f"{fills} fills are"
    return f"{many} too few to judge a strategy by"


def remarked(remarks: Sequence[str]) -> str:
    """What is to be known of the data, behind a verdict on them."""
    return "".join(f" Of the data: {remark}." for remark in remarks)


def quote_currency(symbol: str) -> str:
    """The currency that a symbol's name ends with, or words for it."""
    return quote_of_symbol(symbol) or "quote currency"


def money_decimals(currency: str) -> int:
    """Digits after the point of an amount: two of what is paid in hundredths, or has no name, eight
    of a coin."""
    return CASH_DECIMALS if currency in CASH or " " in currency else COIN_DECIMALS


def unit_of_position(instrument: Instrument) -> str:
    """What quantities of it are."""
    return "contracts" if instrument.contract_value else "base currency"
