"""A forecast carried to another horizon, on markets of which the slope is known."""

import math
import random

import pytest

from market_maker.estimators.horizon_factor import SAMPLE_EVERY, HorizonFactor

NOW = 10**18
SECOND = 10**9


FORESEEN = {0.5: 0.4, 1.0: 0.55, 5.0: 0.55}
"""Of what a forecast says of its second, the mean share that lies within a horizon, for a forecast
that is asked ten times while it holds."""


def played(factor, slope, *, steps=6_000, noise=1.0, seed=1):
    """Forecasts of +-1 bp that hold for a second, within which the mid goes `slope` bps the same
    way, and by chance. Returns what was carried, and the move that followed over the horizon."""
    rng, log_mid, forecast = random.Random(seed), math.log(1e9), 0.0
    said, mids = [], []
    for number in range(steps):
        if number % 10 == 0:
            forecast = rng.choice((-1.0, 1.0))
        mids.append(log_mid * 1e4)
        factor.update(NOW + number * SAMPLE_EVERY, round(2 * math.exp(log_mid)), forecast)
        said.append(factor.carried(forecast, 1.0))
        log_mid += (slope * forecast / 10 + rng.gauss(0, noise) / math.sqrt(10)) * 1e-4
    ahead = factor.horizon // SAMPLE_EVERY
    return [(one, mids[at + ahead] - mids[at]) for at, one in enumerate(said[:-ahead])]


@pytest.mark.parametrize("horizon", FORESEEN)
@pytest.mark.parametrize("slope", [0.5, 1.0, 3.0])
def test_it_is_the_slope_of_moves_on_forecasts(horizon, slope):
    factor = HorizonFactor(horizon)
    played(factor, slope, steps=9_000, noise=0.3)
    assert factor.value(1.0) == pytest.approx(FORESEEN[horizon] * slope, rel=0.15, abs=0.1)


@pytest.mark.parametrize("horizon", FORESEEN)
def test_the_slope_of_moves_on_what_was_carried_is_one(horizon):
    """Over markets in which chance is most of every move, and whose slopes are not alike."""
    product = square = 0.0
    for seed, slope in enumerate((0.5, 1.0, 2.0, 3.0, 4.0) * 3):
        pairs = played(HorizonFactor(horizon), slope, steps=1_500, noise=4.0, seed=seed)
        product += sum(f * y for f, y in pairs)
        square += sum(f * f for f, _ in pairs)
    assert product / square == pytest.approx(1.0, abs=0.2)


def test_until_something_is_shown_it_is_the_share_of_the_second_that_has_passed():
    assert [HorizonFactor(h).value(0.8) for h in (0.25, 0.5, 1.0, 5.0)] == [0.2, 0.4, 0.8, 0.8]


def test_a_forecast_that_is_not_trusted_is_carried_nowhere():
    factor = HorizonFactor(1.0)
    played(factor, 1.0, steps=600)
    assert factor.carried(2.0, 0.0) == 0.0
    assert factor.carried(2.0, 1.0) == pytest.approx(2.0 * factor.value(1.0))


def test_a_forecast_that_comes_back_is_carried_to_nothing_and_not_beyond():
    factor = HorizonFactor(0.5)
    played(factor, -3.0)
    assert factor.value(1.0) == 0.0


def test_one_jump_does_not_outweigh_what_was_learned():
    factor = HorizonFactor(0.5)
    played(factor, 2.0)
    before = factor.value(1.0)
    at = NOW + 7_000 * SAMPLE_EVERY
    factor.update(at, 2 * 10**9, 1.0)
    factor.update(at + SECOND, 4 * 10**9, 1.0)
    factor.update(at + 2 * SECOND, 4 * 10**9, 0.0)
    assert factor.value(1.0) == pytest.approx(before, rel=0.05)


def test_a_book_that_was_lost_teaches_nothing_across_the_gap():
    factor = HorizonFactor(1.0)
    factor.update(NOW, 100, 1.0)
    factor.reset()
    factor.update(NOW + 60 * SECOND, 200, 1.0)
    assert factor.judged == 0.0


def test_nothing_is_judged_before_there_is_a_forecast():
    factor = HorizonFactor(0.1)
    for number in range(100):
        factor.update(NOW + number * SAMPLE_EVERY, 100 + number, None)
    assert factor.judged == 0.0


def test_what_waits_is_bounded_by_the_horizon():
    factor = HorizonFactor(1.0)
    for number in range(5_000):
        factor.update(NOW + number * 10**6, 100 + number % 2, 1.0)
    assert len(factor.noted) <= SECOND // SAMPLE_EVERY + 1
