from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.quotes import Reason
from market_maker.risk.limits import collar, refuse_order, room
from market_maker.risk.order_limits import OrderLimits, collar_rate_from_bps

LIMITS = OrderLimits(collar_rate=collar_rate_from_bps(100.0), value_max=20_000, value_min=1_000)


@pytest.mark.parametrize(
    ("price", "size", "reference_x2", "reason"),
    [
        (1_000, 10, 2_000, None),
        (0, 10, 2_000, Reason.NO_PRICE),
        (-5, 10, 2_000, Reason.NO_PRICE),
        (1_000, 0, 2_000, Reason.MIN_NOTIONAL),
        (1_000, -3, 2_000, Reason.MIN_NOTIONAL),
        (999, 1, 2_000, Reason.MIN_NOTIONAL),
        (1_000, 1, 2_000, None),
        (1_000, 20, 2_000, None),
        (1_001, 20, 2_000, Reason.ORDER_VALUE),
        (1_010, 10, 2_000, None),
        (1_011, 10, 2_000, Reason.PRICE_COLLAR),
        (990, 10, 2_000, None),
        (989, 10, 2_000, Reason.PRICE_COLLAR),
        (1_000, 10, 0, Reason.PRICE_COLLAR),
        (1_000, 10, -2_000, Reason.PRICE_COLLAR),
    ],
)
def test_an_order_at_a_limit_passes_and_beyond_it_is_refused(price, size, reference_x2, reason):
    assert refuse_order(price, size, reference_x2, LIMITS) is reason


@given(st.integers(1, 10**9), st.integers(0, 10**6))
def test_the_prices_of_the_collar_are_the_outermost_that_pass(reference_x2, rate):
    low, high = collar(reference_x2, rate)
    limits = OrderLimits(rate, 10**30, 0)
    for price, passes in ((low - 1, False), (low, True), (high, True), (high + 1, False)):
        if price > 0 and low <= high:
            assert (refuse_order(price, 1, reference_x2, limits) is None) is passes


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, 10**9))
def test_the_collar_is_exact_whatever_the_numbers(price, reference_x2, rate):
    limits = OrderLimits(rate, 10**30, 0)
    away = abs(Fraction(2 * price, reference_x2) - 1)
    inside = refuse_order(price, 1, reference_x2, limits) is None
    assert inside is (away <= Fraction(rate, 10**8))


@given(
    st.sampled_from((1, -1)),
    st.integers(-1_000, 1_000),
    st.integers(0, 500),
    st.integers(1, 10_000),
    st.integers(0, 10**7),
)
def test_room_is_the_largest_order_whose_worst_case_fits(sign, position, working, reference, limit):
    lots = room(sign, position, working, 2 * reference, limit)

    def worst(order):
        return sign * position + working + order

    assert worst(lots) * reference <= limit
    assert worst(lots + 1) * reference > limit


def test_without_a_reference_there_is_no_room():
    assert room(1, 0, 0, 0, 10**9) == 0
    assert room(1, 0, 0, -5, 10**9) == 0


def test_an_order_that_only_reduces_always_fits_at_the_limit():
    assert room(-1, 100, 0, 2 * 1_000, 100_000) >= 100
    assert room(1, 100, 0, 2 * 1_000, 100_000) == 0
