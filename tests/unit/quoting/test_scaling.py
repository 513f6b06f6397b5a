import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from market_maker.model.quotes import Clamp
from market_maker.quoting.scaling import ROUNDING_SLACK_TICKS, clamp, level_ticks
from market_maker.quoting.view import Distances

distances = st.builds(
    Distances,
    st.floats(-1e5, 1e5, allow_nan=False),
    st.floats(-1e5, 1e5, allow_nan=False),
)
spreads = st.floats(0.0, 5_000.0)
fairs = st.floats(1.0, 1e9)
shifts = st.floats(-5_000.0, 5_000.0)
levels = st.integers(0, 19)
spacings = st.floats(0.0, 1_000.0)


@given(distances, spreads, spreads)
def test_spread_and_shift_stay_within_the_clamps(wanted, one, other):
    low, high = min(one, other), max(one, other)
    result = clamp(wanted, low, high)
    assert low <= result.spread_bps <= high
    assert -high <= result.shift_bps <= high


@given(distances, spreads, spreads)
def test_the_clamp_says_which_bound_binds(wanted, one, other):
    low, high = min(one, other), max(one, other)
    result = clamp(wanted, low, high)
    raw = wanted.bid_bps + wanted.ask_bps
    assert result.raw_spread_bps == raw
    assert (result.clamp is Clamp.FLOOR) == (raw < low)
    assert (result.clamp is Clamp.CEILING) == (raw > high)
    assert (result.clamp is Clamp.INSIDE) == (result.spread_bps == raw)


def test_inside_the_clamps_the_distances_are_what_the_strategy_wanted():
    result = clamp(Distances(7.0, 5.0), 3.0, 80.0)
    assert (result.shift_bps, result.spread_bps) == (1.0, 12.0)
    assert result.clamp is Clamp.INSIDE


@pytest.mark.parametrize(
    "wanted",
    [
        Distances(math.nan, 1.0),
        Distances(1.0, math.nan),
        Distances(math.inf, math.nan),
        Distances(math.inf, -math.inf),
        Distances(-math.inf, 1.0),
    ],
)
def test_a_strategy_that_returns_no_numbers_is_a_bug(wanted):
    with pytest.raises(AssertionError):
        clamp(wanted, 3.0, 80.0)


def alone_at(distance, low, high):
    """The only quote's distance from fair, when the bid is silent."""
    result = clamp(Distances(math.inf, distance), low, high)
    assert (result.silent_bid, result.silent_ask) == (True, False)
    return result.spread_bps / 2 - result.shift_bps


@given(st.floats(-1e5, 1e5), spreads, spreads)
def test_a_quote_alone_keeps_its_distance_within_what_the_clamps_let_any_quote_have(
    distance, one, other
):
    low, high = min(one, other), max(one, other)
    nearest, farthest = low / 2 - high, high / 2
    expected = min(max(distance, nearest), farthest)
    assert alone_at(distance, low, high) == pytest.approx(expected, abs=1e-9)


@given(st.floats(-1e5, 1e5), spreads, spreads)
def test_alone_or_not_spread_and_shift_stay_within_the_clamps(distance, one, other):
    low, high = min(one, other), max(one, other)
    ask, bid = (clamp(d, low, high) for d in each_side_alone(distance))
    assert low <= ask.spread_bps <= high
    assert -high <= ask.shift_bps <= high
    assert (bid.spread_bps, bid.shift_bps) == (ask.spread_bps, -ask.shift_bps)
    assert (bid.silent_bid, bid.silent_ask) == (ask.silent_ask, ask.silent_bid) == (False, True)
    assert ask.clamp is bid.clamp is (Clamp.CEILING if distance > high / 2 else Clamp.INSIDE)


def each_side_alone(distance):
    return Distances(math.inf, distance), Distances(distance, math.inf)


def test_two_silent_sides_are_silent():
    result = clamp(Distances(math.inf, math.inf), 3.0, 80.0)
    assert (result.silent_bid, result.silent_ask) == (True, True)


@given(fairs, shifts, spreads, spacings, levels)
def test_rounding_is_always_passive_and_less_than_a_tick(fair, shift, spread, spacing, level):
    bid, ask = level_ticks(fair, shift, spread, level * spacing)
    half = spread / 2 + level * spacing
    exact_bid, exact_ask = (fair * (1 + (d - shift) / 1e4) for d in (-half, half))
    assert exact_bid - 1 - 2e-6 < bid <= exact_bid + 2e-6
    assert exact_ask - 2e-6 <= ask < exact_ask + 1 + 2e-6


@given(fairs, shifts, st.floats(0.01, 5_000.0), spacings, levels)
def test_after_rounding_the_spread_is_never_tighter_than_the_clamp(
    fair, shift, spread, spacing, level
):
    bid, ask = level_ticks(fair, shift, spread, level * spacing)
    assert ask - bid >= (spread + 2 * level * spacing) / 1e4 * fair - 4e-6


@given(fairs, shifts, spreads, spacings, levels)
def test_bid_is_below_ask(fair, shift, spread, spacing, level):
    bid, ask = level_ticks(fair, shift, spread, level * spacing)
    assert bid < ask


def test_no_spread_on_a_price_of_the_grid_steps_away_on_both_sides():
    assert level_ticks(100.0, 0.0, 0.0, 0.0) == (99, 101)


@given(st.integers(100, 10**9), st.floats(-ROUNDING_SLACK_TICKS / 4, ROUNDING_SLACK_TICKS / 4))
def test_a_price_meant_for_the_grid_stays_there(fair, noise):
    # 200 bps around a fair price that is a multiple of 100 ticks: both quotes lie on the grid.
    fair -= fair % 100
    assert level_ticks(fair + noise, 0.0, 200.0, 0.0) == (fair * 99 // 100, fair * 101 // 100)


@given(fairs, shifts, spreads, st.floats(0.0, 10.0), st.integers(0, 18))
def test_a_farther_level_is_never_closer(fair, shift, spread, spacing, level):
    bid, ask = level_ticks(fair, shift, spread, level * spacing)
    next_bid, next_ask = level_ticks(fair, shift, spread, (level + 1) * spacing)
    assume(ask - bid > 2)  # not stepped apart for want of any spread
    assert next_bid <= bid
    assert next_ask >= ask


@given(st.floats(0.5, 2.0), shifts, st.floats(1.0, 5_000.0), st.integers(0, 6))
def test_quotes_in_bps_do_not_depend_on_the_size_of_the_price(base, shift, spread, decades):
    small, large = base * 1e4, base * 1e4 * 10**decades
    for one, other in zip(
        level_ticks(small, shift, spread, 5.0),
        level_ticks(large, shift, spread, 5.0),
        strict=True,
    ):
        tick_bps = 1e4 / small
        assert one / small * 1e4 == pytest.approx(other / large * 1e4, abs=2 * tick_bps + 1e-6)
