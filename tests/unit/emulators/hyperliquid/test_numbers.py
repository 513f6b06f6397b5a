"""Numbers on the wire."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.numbers import bare, decimal, shown, usd


@pytest.mark.parametrize(
    ("value", "text"),
    [("97500", "97500.0"), ("0.50", "0.5"), ("1E+3", "1000.0"), ("0E-8", "0.0"), ("-3.10", "-3.1")],
)
def test_the_venue_shows_at_least_one_decimal_and_no_exponent(value, text):
    assert shown(Decimal(value)) == text
    assert bare(Decimal(value)) == text.removesuffix(".0")


@pytest.mark.parametrize("text", ["", "-", "1e5", "NaN", "inf", " 1", "1.2.3", "+1", "١", "1" * 50])
def test_what_is_no_plain_decimal_is_none(text):
    assert decimal(text) is None


def test_a_plain_decimal_is_read_to_its_last_digit():
    assert decimal("-" + "9" * 30 + ".5") == Decimal("-" + "9" * 30 + ".5")


def test_money_is_cut_towards_zero():
    assert usd(Decimal("0.0048459")) == Decimal("0.004845")
    assert usd(Decimal("-0.0048459")) == Decimal("-0.004845")
