import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.intensity import (
    DEPTH_MAX_BPS,
    EDGES_BPS,
    MIN_SWEEPS,
    PRIOR_STRENGTH,
    FillIntensity,
    blended_decay,
    fit_line,
)
from market_maker.estimators.intensity import _bin as bin_of
from tests.reference.formulas import fit_exceedances

NOW = 10**18
MID_X2 = 2 * 10**6
PRIOR = 0.2


def told(depths_bps, seconds=100.0, prior=PRIOR, window=300.0):
    """An estimator that saw one buyer for each depth, evenly over `seconds`."""
    intensity = FillIntensity(window, prior)
    intensity.refit(NOW)
    for number, depth in enumerate(depths_bps, 1):
        ts = NOW + int(seconds * 10**9 * number / len(depths_bps))
        ticks = MID_X2 // 2 + round(depth * MID_X2 / 2 / 1e4)
        intensity.trade(ts, (ts, 0), ticks, MID_X2)
    intensity.refit(NOW + int(seconds * 10**9))
    return intensity


def exponential(decay, count, seed=1):
    rng = random.Random(seed)
    return [rng.expovariate(decay) for _ in range(count)]


@given(st.floats(0.001, 100.0), st.floats(0.001, 10.0))
def test_the_line_finds_the_law_that_made_the_rates(rate, decay):
    distances = [0.5, 1.0, 2.0, 4.0]
    law = fit_line(distances, [rate * math.exp(-decay * d) for d in distances])
    assert law.rate == pytest.approx(rate, rel=1e-6)
    assert law.decay == pytest.approx(decay, rel=1e-6)
    assert law.r_squared == pytest.approx(1.0)


def test_no_line_goes_through_one_distance():
    assert fit_line([1.0, 1.0], [2.0, 3.0]) is None
    assert fit_line([], []) is None


depths = st.lists(st.floats(0.0, 80.0), min_size=1, max_size=30)


@given(depths, st.floats(1.0, 1e4), st.floats(1.0, 100.0))
def test_the_likelihood_has_its_top_where_the_fit_says(drawn, exposure, high):
    law = fit_exceedances(drawn, exposure, 0.0, high)

    def likelihood(decay):
        return sum(math.log(decay) - decay * d if d < high else -decay * high for d in drawn)

    if law is None:
        assert sum(drawn) == 0.0 or all(d >= high for d in drawn)
    elif 1e-6 < law.decay < 1e6:
        assert likelihood(law.decay) >= likelihood(law.decay * 1.01) - 1e-9
        assert likelihood(law.decay) >= likelihood(law.decay * 0.99) - 1e-9
        assert law.rate == pytest.approx(len(drawn) / exposure)


@given(depths, st.floats(0.01, 10.0))
def test_the_prior_and_the_data_meet_between_them(drawn, prior):
    total = sum(drawn)
    if total < 1e-9:
        return
    measured, both = len(drawn) / total, blended_decay(prior, 50.0, len(drawn), total)
    low, high = sorted((prior, measured))
    assert low * (1 - 1e-9) <= both <= high * (1 + 1e-9)
    assert blended_decay(prior, 50.0, 1e-9, 1.0) == pytest.approx(prior)


@given(st.floats(0.001, 0.5), st.floats(1.0, 30.0))
def test_after_a_thousand_orders_the_prior_moves_the_decay_by_a_few_per_cent(prior, measured):
    found = blended_decay(prior, PRIOR_STRENGTH, 1_000, 1_000 / measured)
    assert found == pytest.approx(measured, rel=0.03)
    assert blended_decay(prior, PRIOR_STRENGTH, 3_000, 3_000 / measured) == pytest.approx(
        measured, rel=0.003
    )


@given(st.floats(0.0, 200.0))
def test_a_depth_is_counted_at_every_distance_it_went_beyond(depth):
    assert bin_of(depth) == sum(depth > edge for edge in EDGES_BPS)


@pytest.mark.parametrize("edge", EDGES_BPS)
def test_a_depth_on_an_edge_has_not_gone_beyond_it(edge):
    assert bin_of(edge) == EDGES_BPS.index(edge)
    assert bin_of(math.nextafter(edge, 1e9)) == EDGES_BPS.index(edge) + 1


@pytest.mark.parametrize("decay", [0.1, 0.5, 2.0])
def test_arrivals_that_follow_the_law_are_fitted_and_may_be_quoted_on(decay):
    intensity = told(exponential(decay, 2_000))
    fit = intensity.fit
    assert fit.usable
    assert intensity.ready
    assert fit.measured == pytest.approx(decay, rel=0.08)
    assert fit.line == pytest.approx(decay, rel=0.15)
    assert fit.r_squared > 0.97
    # Two sides share the exposure, and only one of them was hit: half of 20 a second.
    assert fit.intensity == pytest.approx(2_000 / 200.0 * 3_600)
    low, high = sorted((PRIOR, fit.measured))
    assert low <= fit.kappa_hat <= high


def test_the_fit_equals_the_formulas_over_all_depths():
    drawn = [*exponential(0.3, 400, seed=2), *[DEPTH_MAX_BPS + n for n in range(20)]]
    fit = told(drawn).fit
    # Ticks are 0.01 bps here, and depths are summed in 1e-6.
    rounded = [round(d * 100) / 100 for d in drawn]
    slow = fit_exceedances(rounded, 200.0, 0.0, DEPTH_MAX_BPS)
    capped = [min(depth, DEPTH_MAX_BPS) for depth in rounded]
    assert fit.measured == pytest.approx(slow.decay, rel=1e-6)
    assert fit.kappa_hat == pytest.approx(
        blended_decay(PRIOR, PRIOR_STRENGTH, 400, sum(capped)), rel=1e-6
    )
    seen = 400 * math.log(slow.decay) - slow.decay * sum(capped)
    loglik = seen / len(capped)
    assert fit.log_likelihood == pytest.approx(loglik, rel=1e-6)


def test_too_few_orders_leave_the_configured_kappa():
    fit = told(exponential(1.0, MIN_SWEEPS - 1)).fit
    assert not fit.usable
    assert fit.kappa_hat == PRIOR
    assert fit.reason == "49 of 50 aggressive orders"


def test_orders_that_all_stop_at_the_mid_are_no_fit():
    fit = told([0.0] * 200).fit
    assert not fit.usable
    assert fit.kappa_hat == PRIOR
    assert fit.reason == "no order reached beyond the mid"


def test_arrivals_that_do_not_follow_the_law_are_not_to_be_quoted_on():
    fit = told([0.2] * 500 + [60.0] * 500).fit
    assert not fit.usable
    assert "R^2" in fit.reason


def test_an_aggressive_order_is_as_deep_as_its_furthest_trade():
    intensity = FillIntensity(300.0, PRIOR)
    for stamp in range(MIN_SWEEPS):
        for ticks in (10**6 + 100, 10**6 + 300, 10**6 + 200):
            intensity.trade(NOW, (stamp, 0), ticks, MID_X2)
        intensity.trade(NOW, (stamp, 1), 10**6 - 100, MID_X2)  # a seller at the same stamp
    intensity.refit(NOW + 1)
    assert intensity.count == intensity.fit.orders == 2 * MIN_SWEEPS
    assert intensity.fit.measured == pytest.approx(1 / 2.0)  # 3 bps and 1 bps by turns


def test_what_left_the_window_no_longer_counts():
    intensity = told(exponential(0.5, 500), seconds=10.0, window=60.0)
    assert intensity.fit.usable
    fit = intensity.refit(NOW + 200 * 10**9)
    assert fit.orders == 0
    assert fit.kappa_hat == PRIOR
