import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.volatility import (
    RESTART_HALF_LIVES,
    EwmaVolatility,
    LongRunVolatility,
    RealisedVolatility,
)
from market_maker.model.units import NANOS_PER_SECOND as SECOND
from tests.reference.ewma_variance import EwmaVariance
from tests.reference.formulas import variation_of
from tests.reference.volatility_units import VolatilityUnit, to_bps_per_sqrt_hour

START = 1_700_000_000 * SECOND
SIGMA = 53.42
"""bps per sqrt(hour): half of the price a year."""


def brownian(seconds, seed=1, sigma=SIGMA):
    """Prices one second apart."""
    rng = np.random.Generator(np.random.PCG64(seed))
    steps = rng.normal(0.0, sigma / 1e4 / math.sqrt(3_600), seconds)
    return (100_000 * np.exp(np.concatenate(([0.0], np.cumsum(steps))))).tolist()


def feed(estimate, prices, start=START, step=SECOND):
    for i, price in enumerate(prices):
        estimate.update(start + i * step, price)
    return estimate


def test_it_finds_the_volatility_of_a_brownian_path():
    n = 7_200
    estimate = feed(RealisedVolatility(n), brownian(n))
    assert estimate.count == n
    assert estimate.value == pytest.approx(SIGMA, rel=4 / math.sqrt(2 * n))


def test_ewma_finds_the_volatility_of_a_brownian_path():
    half_life = 600.0
    estimate = feed(EwmaVolatility(half_life), brownian(7_200, seed=2))
    effective = 2 * half_life / math.log(2)
    assert estimate.value == pytest.approx(SIGMA, rel=4 / math.sqrt(2 * effective))


def test_ewma_finds_it_on_irregular_times_as_well():
    prices = brownian(40_000, seed=3)
    rng = np.random.default_rng(3)
    estimate, second = EwmaVolatility(2_000.0), 0
    while second < len(prices):
        estimate.update(START + second * SECOND, prices[second])
        second += int(rng.integers(1, 8))
    effective = 2 * 2_000 / 4 / math.log(2)
    assert estimate.value == pytest.approx(SIGMA, rel=4 / math.sqrt(2 * effective))


def test_the_long_run_takes_a_day_to_forget_half():
    estimate = feed(LongRunVolatility(), brownian(60))
    before = estimate.value
    estimate.update(START + (60 + 86_400) * SECOND, brownian(60)[-1])
    assert estimate.value < before


def price_at(told, moment):
    """The first price fed at that very moment, else the last before it."""
    now = [price for ts, price in told if ts == moment]
    return now[0] if now else [price for ts, price in told if ts < moment][-1]


gaps = st.integers(0, 4 * SECOND) | st.sampled_from([0, SECOND, 2 * SECOND])
ticks = st.integers(900, 1_100)


@given(st.lists(st.tuples(gaps, ticks), min_size=1, max_size=20), st.integers(5, 12))
def test_each_second_is_sampled_at_the_price_that_held_then(steps, size):
    ts, told = START, []
    estimate = RealisedVolatility(size)
    for gap, price in steps:
        ts += gap
        told.append((ts, price))
        estimate.update(ts, price)
    samples = [price_at(told, moment) for moment in range(told[0][0], ts + 1, SECOND)]
    expected = np.diff(np.log(samples))[-size:]
    assert estimate.count == len(expected)
    if estimate.count:
        sigma = math.sqrt(np.square(expected).mean()) * 6e5
        assert estimate.value == pytest.approx(sigma, rel=1e-9, abs=1e-9)


@given(st.lists(ticks, min_size=30, max_size=200), st.integers(2, 20))
def test_a_sliding_window_never_drifts(prices, size):
    # A huge move, then calm: subtracting what was added leaves exactly nothing.
    estimate = feed(RealisedVolatility(size), [*prices, 10**9, *[1_000.0] * (size + 1)])
    assert estimate.value == 0.0


def test_updates_between_samples_change_nothing_until_the_second_is_over():
    estimate = RealisedVolatility(10)
    estimate.update(START, 100.0)
    for millisecond in range(1, 1_000):
        estimate.update(START + millisecond * 1_000_000, 100.0 + millisecond)
        assert estimate.value is None
    estimate.update(START + SECOND, 101.0)
    assert estimate.value == pytest.approx(math.log(1.01) * 6e5)


@pytest.mark.parametrize("make", [lambda: RealisedVolatility(10), lambda: EwmaVolatility(10.0)])
def test_time_that_goes_back_is_ignored(make):
    prices = [100.0, 101.0, 100.5, 100.7, 99.0]
    straight, confused = make(), make()
    feed(straight, prices)
    for i, price in enumerate(prices):
        confused.update(START + i * SECOND, price)
        confused.update(START + i * SECOND - 1, 50.0)
        confused.update(START, 50.0) if i else None
    assert (confused.count, confused.value) == (straight.count, straight.value)


@pytest.mark.parametrize("make", [lambda: RealisedVolatility(10), lambda: EwmaVolatility(10.0)])
def test_before_two_samples_there_is_no_value(make):
    estimate = make()
    assert (estimate.count, estimate.value) == (0, None)
    estimate.update(START, 100.0)
    assert (estimate.count, estimate.value) == (0, None)
    estimate.update(START + SECOND, 100.0)
    assert (estimate.count, estimate.value) == (1, 0.0)


def test_a_short_silence_keeps_the_window_and_its_move():
    estimate = feed(RealisedVolatility(10), [100.0] * 6)
    estimate.update(START + 9 * SECOND, 101.0)
    assert estimate.count == 9
    assert estimate.value == pytest.approx(math.log(1.01) / 3 * 6e5)


@pytest.mark.parametrize(
    ("make", "silence"),
    [
        (lambda: RealisedVolatility(10), 11),
        (lambda: EwmaVolatility(10.0), 10 * RESTART_HALF_LIVES),
    ],
)
def test_a_long_silence_starts_again(make, silence):
    estimate = feed(make(), [100.0, 101.0, 102.0])
    assert estimate.count == 2
    later = START + int(2 + silence) * SECOND
    estimate.update(later, 150.0)
    assert (estimate.count, estimate.value) == (0, None)
    estimate.update(later + SECOND, 150.0)
    assert (estimate.count, estimate.value) == (1, 0.0)


@given(
    st.floats(1e-12, 1e-6),
    st.floats(0.1, 100.0),
    st.lists(st.floats(0.1, 30.0), min_size=1, max_size=20),
)
def test_splitting_an_interval_does_not_change_the_ewma(rate, half_life, parts):
    whole, split = EwmaVariance(half_life, 4e-8), EwmaVariance(half_life, 4e-8)
    total = sum(parts)
    whole.add(math.sqrt(rate * total), total)
    for part in parts:
        split.add(math.sqrt(rate * part), part)
    assert split.value == pytest.approx(whole.value, rel=1e-9)


@given(st.lists(st.tuples(st.floats(-0.01, 0.01), st.floats(0.1, 30.0)), min_size=1, max_size=20))
def test_an_ewma_without_a_past_stays_within_what_it_has_seen(samples):
    variance = EwmaVariance(60.0)
    for change, seconds in samples:
        variance.add(change, seconds)
    rates = [change * change / seconds for change, seconds in samples]
    tiny = 1e-300  # below it floats lose digits, and a variance of that size is none
    assert min(rates) * (1 - 1e-9) - tiny <= variance.value <= max(rates) * (1 + 1e-9) + tiny


def test_one_half_life_weighs_old_and_new_alike():
    variance = EwmaVariance(60.0, 1.0)
    variance.add(0.0, 60.0)
    assert variance.value == pytest.approx(0.5)


def test_without_jumps_both_variations_agree():
    n = 7_200
    seen = feed(RealisedVolatility(n), brownian(n, seed=5)).variation()
    # The ratio's standard error is about sqrt((pi^2/4 + pi - 5)/n) = 0.78/sqrt(n).
    assert seen.jump_ratio == pytest.approx(1.0, abs=4 * 0.78 / math.sqrt(n))
    assert seen.sigma_clean == pytest.approx(SIGMA, rel=4 / math.sqrt(n))


def test_a_jump_moves_the_volatility_and_hardly_its_clean_part():
    prices = brownian(600, seed=6)
    jumped = prices[:300] + [price * 1.01 for price in prices[300:]]
    seen = feed(RealisedVolatility(600), jumped).variation()
    assert seen.sigma > 3 * SIGMA
    assert seen.sigma_clean < 1.5 * SIGMA
    assert seen.jump_ratio > 3


def test_a_market_that_stands_still_has_no_jump_ratio():
    estimate = feed(RealisedVolatility(10), [100.0, 100.0])
    assert estimate.variation() is None
    seen = feed(estimate, [100.0] * 3).variation()
    assert (seen.sigma, seen.sigma_clean, seen.jump_ratio) == (0.0, 0.0, None)


@given(st.lists(st.floats(-0.01, 0.01), min_size=2, max_size=50))
def test_variation_does_not_know_up_from_down(returns):
    assert variation_of(returns) == variation_of([-r for r in returns])


def test_every_unit_says_the_same_volatility():
    annual = 0.5
    daily = annual / math.sqrt(365)
    said = {
        VolatilityUnit.ANNUAL_FRACTION: annual,
        VolatilityUnit.DAILY_FRACTION: daily,
        VolatilityUnit.FRACTION_PER_SQRT_SECOND: daily / math.sqrt(86_400),
        VolatilityUnit.BPS_PER_SQRT_MINUTE: 1e4 * daily / math.sqrt(1_440),
        VolatilityUnit.BPS_PER_SQRT_HOUR: 1e4 * daily / math.sqrt(24),
    }
    assert set(said) == set(VolatilityUnit)
    for unit, value in said.items():
        assert to_bps_per_sqrt_hour(value, unit) == pytest.approx(53.4217, abs=1e-4)


@given(st.lists(st.floats(0.9, 1.1), min_size=2, max_size=40), st.integers(2, 12))
def test_a_window_that_slides_holds_the_variation_of_its_last_returns(factors, window):
    prices = np.cumprod([100.0, *factors]).tolist()
    seen = feed(RealisedVolatility(window), prices).variation()
    last = [math.log(b / a) for a, b in pairwise(prices)][-window:]
    expected = variation_of(last)
    assert seen.samples == len(last)
    assert seen.realised == pytest.approx(expected.realised, rel=1e-9, abs=1e-24)
    assert seen.bipower == pytest.approx(expected.bipower, rel=1e-9, abs=1e-24)


@given(
    st.lists(st.floats(50.0, 200.0), min_size=3, max_size=40),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_a_resized_window_is_that_of_its_length(prices, first, second):
    resized, fresh = RealisedVolatility(first), RealisedVolatility(second)
    for number, price in enumerate(prices):
        resized.update((number + 1) * 10**9, price)
        fresh.update((number + 1) * 10**9, price)
    resized.resize(second)
    assert resized.count == min(first, second, len(prices) - 1)
    if first >= second:
        assert resized.value == fresh.value
        assert resized.variation() == fresh.variation()
