"""Numbers, times and currencies as people read them."""

import math
from datetime import UTC, datetime

from market_maker.model.currencies import CASH, quote_of_symbol
from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_SECOND

MINUS = "−"
"""A real minus sign, as wide as a plus."""

NONE = "–"
"""Stands for an undefined figure."""

CASH_DECIMALS, COIN_DECIMALS = 2, 8

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
