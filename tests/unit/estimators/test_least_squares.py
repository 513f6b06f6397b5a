"""Least squares, sample by sample, beside the same solved at once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.least_squares import RecursiveLeastSquares, dot

features = st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
samples = st.lists(st.tuples(features, st.floats(-0.01, 0.01)), min_size=1, max_size=40)


def ridge(rows, targets, penalty):
    """(X'X + penalty I)^-1 X'y, without an intercept."""
    x, y = np.array(rows, dtype=np.float64), np.array(targets, dtype=np.float64)
    return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)


@given(samples, st.floats(1.0, 1e4))
def test_without_forgetting_it_is_ridge_regression(drawn, uncertainty):
    fit = RecursiveLeastSquares(2, 1.0, uncertainty)
    for x, y in drawn:
        fit.add(x, y)
    slow = ridge([x for x, _ in drawn], [y for _, y in drawn], 1.0 / uncertainty)
    assert fit.beta == pytest.approx(slow, rel=1e-4, abs=1e-6)


@given(st.lists(features, min_size=5, max_size=30), st.floats(0.9, 1.0))
def test_with_forgetting_it_is_least_squares_weighted_by_age(drawn, forgetting):
    uncertainty = 1e3
    targets = [0.3 * a - 0.2 * b + 0.05 * math.sin(9 * a) for a, b in drawn]
    fit = RecursiveLeastSquares(2, forgetting, uncertainty)
    traces = []
    for x, y in zip(drawn, targets, strict=True):
        traces.append(fit.uncertainty[0][0] + fit.uncertainty[1][1])
        fit.add(x, y)
    if max(traces) > 2 * uncertainty:
        return  # there it stops forgetting, on purpose
    count = len(drawn)
    weights = np.array([forgetting ** (count - 1 - i) for i in range(count)])
    x, y = np.array(drawn), np.array(targets)
    normal = x.T @ (weights[:, None] * x) + np.eye(2) * forgetting**count / uncertainty
    slow = np.linalg.solve(normal, x.T @ (weights * y))
    assert fit.beta == pytest.approx(tuple(slow), rel=1e-4, abs=1e-5)


def in_loops(fit, x, y):
    """One sample as it is written down: sums from the first term to the last, then the rest."""
    terms = range(len(fit.beta))
    along = [in_order(line, x) for line in fit.uncertainty]
    trace = in_order([fit.uncertainty[each][each] for each in terms], [1.0 for _ in terms])
    keep = fit.forgetting if trace <= fit.most else 1.0
    scale = keep + in_order(x, along)
    error = y - in_order(x, fit.beta)
    gains = [each / scale for each in along]
    beta = [old + gain * error for old, gain in zip(fit.beta, gains, strict=True)]
    lines = [
        [(old - gain * each) / keep for old, each in zip(line, along, strict=True)]
        for line, gain in zip(fit.uncertainty, gains, strict=True)
    ]
    return repr((beta, lines))


def in_order(left, right):
    total = 0.0
    for one, other in zip(left, right, strict=True):
        total += one * other
    return total


@pytest.mark.parametrize("terms", [2, 3, 4])
@given(st.data())
def test_however_many_terms_the_sums_are_the_same_to_the_last_bit(terms, data):
    """Two and three have lines of their own, because a live engine learns ten times a second."""
    fit = RecursiveLeastSquares(terms, 0.99, 0.2)
    of_terms = st.tuples(*[st.floats(-1.0, 1.0) for _ in range(terms)])
    for x, y in data.draw(st.lists(st.tuples(of_terms, st.floats(-9.0, 9.0)), max_size=20)):
        expected = in_loops(fit, x, y)
        assert repr(dot(x, fit.beta)) == repr(in_order(x, fit.beta))
        fit.add(x, y)
        assert repr((fit.beta, fit.uncertainty)) == expected


def test_what_never_moves_does_not_make_it_explode():
    fit = RecursiveLeastSquares(2, 0.9, 1e3)
    for _ in range(20_000):
        fit.add((0.5, 0.0), 0.001)
    assert fit.beta == pytest.approx((0.002, 0.0), rel=1e-6)
    assert all(math.isfinite(p) for line in fit.uncertainty for p in line)
