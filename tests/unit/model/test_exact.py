from decimal import Decimal, Inexact, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.exact import CENT, exact, plain, precise, rounded, signed

AMOUNTS = st.decimals(min_value=-(10**15), max_value=10**15, places=12)


def test_exact_raises_rather_than_lose_a_digit():
    with exact():
        assert Decimal(10) ** 49 + 1 - Decimal(10) ** 49 == 1
        with pytest.raises(Inexact):
            Decimal(1) / 3
        with pytest.raises(Inexact):
            Decimal(10) ** 60 + 1


def test_neither_context_depends_on_the_callers():
    with localcontext() as theirs:
        theirs.prec = 3
        with exact():
            assert Decimal("123456789.12") + Decimal("0.01") == Decimal("123456789.13")
        with precise():
            assert str(Decimal(2) / 3) == "0." + "6" * 49 + "7"
        assert rounded(Decimal("123456.785"), CENT) == Decimal("123456.78")
        assert signed(-1, Decimal("123456.785")) == Decimal("-123456.785")
        assert theirs.prec == 3


CENTS = {
    "0.005": "0.00",
    "0.015": "0.02",
    "0.025": "0.02",
    "-0.005": "0.00",
    "-0.015": "-0.02",
    "0.0050000001": "0.01",
    "1E+3": "1000.00",
    "-0.001": "0.00",
}


@pytest.mark.parametrize(("number", "cents"), CENTS.items())
def test_halves_go_to_even_and_nothing_is_minus_zero(number, cents):
    assert str(rounded(Decimal(number), CENT)) == cents


@given(AMOUNTS)
def test_signed_is_the_product_without_minus_zero(amount):
    assert signed(1, amount) == amount
    assert signed(-1, amount) == -amount
    assert not (signed(-1, amount).is_signed() and signed(-1, amount).is_zero())


@given(AMOUNTS)
def test_plain_text_reads_back_as_the_same_number(amount):
    text = plain(amount)
    assert Decimal(text) == amount
    assert "E" not in text


def test_plain_text_has_no_idle_zeros():
    texts = [plain(Decimal(each)) for each in ("1E+2", "0.0500", "-0.00", "-3.50", "0E-8")]
    assert texts == ["100", "0.05", "0", "-3.5", "0"]
