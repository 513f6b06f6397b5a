import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.regression import (
    READY_SAMPLES,
    RecursiveLeastSquares,
    RegressionMicroprice,
    microprice,
)

NOW = 10**18
SECOND = 10**9
features = st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
samples = st.lists(st.tuples(features, st.floats(-0.01, 0.01)), min_size=1, max_size=40)


def ridge(rows, targets, penalty):
    """(X'X + penalty I)^-1 X'y, without an intercept."""
    x, y = np.array(rows, dtype=np.float64), np.array(targets, dtype=np.float64)
    return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)


@given(samples, st.floats(1.0, 1e4))
def test_without_forgetting_it_is_ridge_regression(drawn, uncertainty):
    fit = RecursiveLeastSquares(1.0, uncertainty)
    for x, y in drawn:
        fit.add(x, y)
    slow = ridge([x for x, _ in drawn], [y for _, y in drawn], 1.0 / uncertainty)
    assert fit.beta == pytest.approx(slow, rel=1e-4, abs=1e-6)


@given(st.lists(features, min_size=5, max_size=30), st.floats(0.9, 1.0))
def test_with_forgetting_it_is_least_squares_weighted_by_age(drawn, forgetting):
    uncertainty = 1e3
    targets = [0.3 * a - 0.2 * b + 0.05 * math.sin(9 * a) for a, b in drawn]
    fit = RecursiveLeastSquares(forgetting, uncertainty)
    traces = []
    for x, y in zip(drawn, targets, strict=True):
        traces.append(fit.uncertainty[0] + fit.uncertainty[2])
        fit.add(x, y)
    if max(traces) > 2 * uncertainty:
        return  # there it stops forgetting, on purpose
    count = len(drawn)
    weights = np.array([forgetting ** (count - 1 - i) for i in range(count)])
    x, y = np.array(drawn), np.array(targets)
    normal = x.T @ (weights[:, None] * x) + np.eye(2) * forgetting**count / uncertainty
    slow = np.linalg.solve(normal, x.T @ (weights * y))
    assert fit.beta == pytest.approx(tuple(slow), rel=1e-4, abs=1e-5)


def test_what_never_moves_does_not_make_it_explode():
    fit = RecursiveLeastSquares(0.9, 1e3)
    for _ in range(20_000):
        fit.add((0.5, 0.0), 0.001)
    assert fit.beta == pytest.approx((0.002, 0.0), rel=1e-6)
    assert all(math.isfinite(p) for p in fit.uncertainty)


def test_the_documented_metrics_give_the_documented_formula():
    assert microprice(100_000.0, (0.15, -0.08), (0.003, 0.002)) == pytest.approx(100_029.0)


def market(seconds, beta, seed=1):
    """Mids, doubled, that go where book imbalance says, once a second."""
    rng, mid_x2, lean = random.Random(seed), 10**8, (0.0, 0.0)
    for number in range(seconds):
        mid_x2 = round(mid_x2 * math.exp(beta[0] * lean[0] + beta[1] * lean[1]))
        lean = (rng.uniform(-1, 1), rng.uniform(-1, 1))
        yield NOW + number * SECOND, mid_x2, lean


def test_it_learns_how_far_imbalances_move_the_mid():
    fair = RegressionMicroprice()
    for ts, mid_x2, lean in market(2 * READY_SAMPLES, (0.003, -0.002)):
        fair.sample(ts, mid_x2, lean)
    assert fair.ready
    assert fair.betas == pytest.approx((0.003, -0.002), rel=1e-3)
    assert fair.update(10**6, 10**6 + 20_000, (0.5, 0.0)) == pytest.approx(1_010_000 * 1.0015)
    assert fair.deviation_bps == pytest.approx(15.0, rel=1e-3)


def test_it_stays_within_half_the_spread_and_is_the_mid_until_it_is_ready():
    fair = RegressionMicroprice()
    assert fair.value is None
    assert fair.update(100, 101, (1.0, 1.0)) == 100.5
    for ts, mid_x2, lean in market(2 * READY_SAMPLES, (0.01, 0.01)):
        fair.sample(ts, mid_x2, lean)
    assert fair.update(10**6, 10**6 + 1, (1.0, 1.0)) == 10**6 + 1
    assert fair.update(10**6, 10**6 + 1, (-1.0, -1.0)) == 10**6


def test_an_answer_that_comes_late_is_none():
    fair = RegressionMicroprice()
    fair.sample(NOW, 100, (1.0, 0.0))
    fair.sample(NOW + 10 * SECOND, 200, (1.0, 0.0))
    assert fair.count == 0
    fair.sample(NOW + 11 * SECOND, 200, (1.0, 0.0))
    assert fair.count == 1


def test_more_than_one_sample_a_second_and_time_that_goes_back_are_ignored():
    fair = RegressionMicroprice()
    for ts in (NOW, NOW + 1, NOW - SECOND, NOW + SECOND - 1):
        fair.sample(ts, 100, (1.0, 0.0))
    fair.sample(NOW + SECOND, 100, (1.0, 0.0))
    assert fair.count == 1
