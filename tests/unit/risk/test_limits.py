from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from market_maker.model.quotes import Reason
from market_maker.risk.limits import collar, cut_lots, least_lots, refuse_order, room
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


TAKEN = replace(
    LIMITS, value_min=0, lots_min=5, lots_max=15, venue_value_max=12_000,
    band_up_rate=500_000, band_down_rate=400_000,
)  # fmt: skip


@pytest.mark.parametrize(
    ("price", "size", "reason"),
    [
        (1_000, 4, Reason.MIN_SIZE),
        (1_000, 5, None),
        (1_000, 12, None),
        (1_000, 13, Reason.MAX_SIZE),
        (800, 15, Reason.PRICE_COLLAR),
        (800, 16, Reason.MAX_SIZE),
        (1_004, 5, None),
        (1_005, 5, Reason.PRICE_BAND),
        (997, 5, None),
        (996, 5, Reason.PRICE_BAND),
    ],
)
def test_an_order_at_a_limit_of_the_venue_passes_and_beyond_it_is_refused(price, size, reason):
    """But for the band, which begins with the price just there."""
    assert refuse_order(price, size, 2_000, TAKEN) is reason


sizes = st.integers(1, 10**6)


@given(sizes, sizes, st.integers(0, 100), st.integers(0, 10**6), st.integers(0, 10**9))
def test_an_order_that_was_cut_is_the_largest_that_is_taken(price, lots, least, most, value):
    limits = OrderLimits(10**12, 10**18, 0, lots_min=least, lots_max=most, venue_value_max=value)
    cut = cut_lots(price, lots, limits)
    assert cut <= lots
    refused = (Reason.MIN_NOTIONAL, Reason.MIN_SIZE)
    assert refuse_order(price, cut, 2 * price, limits) in (None, *refused)
    if cut < lots:
        refused = refuse_order(price, cut + 1, 2 * price, limits)
        assert refused is (Reason.MAX_SIZE if cut + 1 >= least else Reason.MIN_SIZE)


@given(sizes, st.integers(0, 10**9), st.integers(0, 100))
def test_the_least_order_is_the_smallest_that_is_taken(price, value, least):
    limits = OrderLimits(10**12, 10**18, value, lots_min=least)
    lots = least_lots(price, limits)
    assert refuse_order(price, lots, 2 * price, limits) is None
    assert refuse_order(price, lots - 1, 2 * price, limits) is not None


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
