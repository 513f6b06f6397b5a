import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from market_maker.quoting.closed_forms import LotMarket, half_and_lean
from market_maker.quoting.exact_quotes import distances, stationary
from market_maker.quoting.finite_horizon import finite

pytestmark = pytest.mark.thorough

LIMIT = 6


def spread_over(low, high):
    """Evenly over the orders of magnitude."""
    return st.floats(math.log10(low), math.log10(high)).map(lambda power: 10.0**power)


@st.composite
def markets(draw, wildness=1.0):
    """wildness: how many orders of magnitude around a usual market, over two."""
    gamma = draw(spread_over(1e-4 / 10**wildness, 1e-2 * 10**wildness))
    sigma = draw(spread_over(1.0 / 10**wildness, 10.0 * 10**wildness))
    return LotMarket(
        gamma,
        sigma,
        kappa=draw(spread_over(0.1 / 10**wildness, 1.0 * 10**wildness)),
        intensity=draw(spread_over(1.0 / 10**wildness, 100.0 * 10**wildness)),
        xi=draw(st.sampled_from([gamma, 0.0, 3.0 * gamma])),
        drift=draw(st.sampled_from([0.0, 1.0, -1.0])) * sigma**2 * gamma,
        impact=draw(st.sampled_from([0.0, 0.5, 2.0])),
    )


def matrix(market, limit):
    n = np.arange(-limit, limit + 1)
    alpha = market.kappa * market.gamma * market.sigma**2 / 2
    diagonal = alpha * n**2 - market.kappa * market.drift * n
    beside = np.full(2 * limit, -market.eta())
    return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


@given(markets())
def test_stationary_quotes_are_the_eigenvector_of_the_smallest_eigenvalue(market):
    values, vectors = np.linalg.eigh(matrix(market, LIMIT))
    v = np.abs(vectors[:, 0])
    assume(v.min() > 1e-5 * v.max())  # Smaller ones a dense solver does not know.
    found = stationary(market, LIMIT)
    scale = np.abs(values).max()
    assert found.eigenvalue == pytest.approx(values[0], abs=1e-13 * scale)
    assert found.log_ratios == pytest.approx(list(np.log(v[:-1] / v[1:])), abs=1e-7)


@given(markets(wildness=3.0), st.integers(1, 40))
def test_ratios_solve_their_equation_however_small_v_is(market, limit):
    found = stationary(market, limit)
    assume(max(map(abs, found.log_ratios)) < 600)
    eta, entries = market.eta(), np.diag(matrix(market, limit)).tolist()
    outwards = [0.0, *(math.exp(each) for each in found.log_ratios)]
    inwards = [*(math.exp(-each) for each in found.log_ratios), 0.0]
    for entry, one, other in zip(entries, outwards, inwards, strict=True):
        terms = (entry, -found.eigenvalue, -eta * one, -eta * other)
        assert abs(sum(terms)) <= 1e-9 * (max(map(abs, terms)) + eta)


def integrated(market, limit, tau, penalty):
    """ln v by the nonlinear equation itself, without the change of variables that makes it
    linear: u' = -(alpha n^2 - kappa mu n) + eta (e^(u(n+1)-u(n)) + e^(u(n-1)-u(n)))."""
    entries = np.diag(matrix(market, limit))
    n = np.arange(-limit, limit + 1)
    u = -market.kappa * (penalty + market.impact / 2) * n.astype(float) ** 2
    eta = market.eta()

    def slope(u):
        up, down = np.zeros_like(u), np.zeros_like(u)
        up[:-1], down[1:] = np.exp(u[1:] - u[:-1]), np.exp(u[:-1] - u[1:])
        return eta * (up + down) - entries

    steps = 4_000
    h = tau / steps
    for _ in range(steps):
        a = slope(u)
        b = slope(u + h / 2 * a)
        c = slope(u + h / 2 * b)
        u = u + h / 6 * (a + 2 * b + 2 * c + slope(u + h * c))
    return u[:-1] - u[1:]


@pytest.mark.parametrize(
    ("market", "tau", "penalty"),
    [
        (LotMarket(0.01, 0.3, 0.3, 0.9, 0.01), 60.0, 0.0),
        (LotMarket(0.1, 2.0, 1.5, 140.0, 0.1), 0.05, 0.0),
        (LotMarket(0.1, 2.0, 1.5, 140.0, 0.0), 0.3, 0.1),
        (LotMarket(0.01, 0.3, 0.3, 0.9, 0.02, drift=0.001, impact=0.4), 30.0, 0.05),
    ],
)
def test_finite_quotes_solve_the_nonlinear_equation(market, tau, penalty):
    expected = integrated(market, LIMIT, tau, penalty).tolist()
    assert finite(market, LIMIT, tau, penalty) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(markets(), st.sampled_from([0.0, 0.5]))
def test_far_from_the_end_finite_quotes_are_the_stationary_ones(market, penalty):
    values = np.linalg.eigvalsh(matrix(market, LIMIT))
    tau = 60.0 / float(values[1] - values[0])
    expected = stationary(market, LIMIT).log_ratios
    assert finite(market, LIMIT, tau, penalty) == pytest.approx(expected, abs=1e-6)


@given(markets())
def test_at_the_end_only_the_penalty_and_the_impact_lean(market):
    penalty = 0.3 / market.kappa
    market = msgspec.structs.replace(market, impact=0.2 / market.kappa)
    ratios = finite(market, LIMIT, 1e-12, penalty)
    steps = [(n + 1) ** 2 - n**2 for n in range(-LIMIT, LIMIT)]
    expected = [market.kappa * (penalty + market.impact / 2) * step for step in steps]
    assert ratios == pytest.approx(expected, abs=1e-6)


@settings(deadline=None)
@given(markets(wildness=6.0), st.integers(1, 30), spread_over(1e-4, 168.0))
def test_every_distance_is_a_number_in_any_market(market, limit, tau):
    solutions = [
        stationary(market, limit).log_ratios,
        finite(market, limit, tau, 0.0),
        finite(market, limit, tau, 1e4),
    ]
    for ratios in solutions:
        assert len(ratios) == 2 * limit
        assert all(map(math.isfinite, ratios))


@given(markets(), st.floats(-LIMIT, LIMIT))
def test_a_short_position_is_the_mirror_of_a_long_one(market, lots):
    mirror = msgspec.structs.replace(market, drift=-market.drift)
    for solve in (lambda m: stationary(m, LIMIT).log_ratios, lambda m: finite(m, LIMIT, 0.5, 0.1)):
        one = distances(solve(market), lots, market, 1.0)
        other = distances(solve(mirror), -lots, mirror, 1.0)
        assert one == pytest.approx(tuple(reversed(other)), abs=1e-9)


@given(markets())
def test_each_lot_more_leans_more(market):
    ratios = stationary(market, LIMIT).log_ratios
    assert [one for one, other in pairwise(ratios) if one >= other] == []


def test_a_side_is_silent_with_less_than_half_a_lot_of_room():
    market = LotMarket(0.01, 0.3, 0.3, 0.9, 0.01)
    ratios = stationary(market, LIMIT).log_ratios

    def silent(lots):
        return [distance == math.inf for distance in distances(ratios, lots, market, 1.0)]

    assert silent(0.0) == silent(LIMIT - 0.6) == silent(0.6 - LIMIT) == [False, False]
    assert silent(LIMIT) == silent(LIMIT - 0.4) == silent(LIMIT + 100) == [True, False]
    assert silent(-LIMIT) == silent(0.4 - LIMIT) == silent(-LIMIT - 100) == [False, True]


@given(st.floats(-LIMIT + 0.6, LIMIT - 0.6), st.floats(1e-9, 1e-6))
def test_between_lots_distances_do_not_jump(lots, little):
    market = LotMarket(0.01, 0.3, 0.3, 0.9, 0.01)
    ratios = stationary(market, LIMIT).log_ratios
    one, other = (distances(ratios, at, market, 1.0) for at in (lots, lots + little))
    assert one == pytest.approx(other, abs=10 * little)


def test_near_no_position_the_closed_form_is_close_and_at_the_limit_it_leans_too_little():
    # The figures of math 2.5: Q = 5 lots, in bps and hours.
    gamma, sigma = 0.3 / 90.0 / 5.0, 90.0
    market = LotMarket(gamma, sigma, 0.25, 360.0, gamma)
    ratios = stationary(market, 5).log_ratios
    half, lean, _ = half_and_lean(market)
    bids = []
    for lots in (0, 2, 4):
        bid, ask = distances(ratios, lots, market, market.premium())
        bids.append((bid, half + lean * lots, ask, half - lean * lots))
    published = [
        (4.180, 4.138, 4.180, 4.138),
        (5.009, 4.709, 3.423, 3.566),
        (6.840, 5.281, 2.373, 2.995),
    ]
    for got, expected in zip(bids, published, strict=True):
        assert got == pytest.approx(expected, abs=6e-4)
    bid, ask = distances(ratios, 5, market, market.premium())
    assert (bid, ask) == (math.inf, pytest.approx(1.149, abs=6e-4))


def test_without_volatility_only_the_limits_lean():
    # A free particle in a box: v(n) = cos(pi n / (2 (Q + 1))).
    market = LotMarket(0.01, 0.0, 0.3, 0.9, 0.01)
    v = [math.cos(math.pi * n / (2 * (LIMIT + 1))) for n in range(-LIMIT, LIMIT + 1)]
    expected = [math.log(one / other) for one, other in pairwise(v)]
    assert stationary(market, LIMIT).log_ratios == pytest.approx(expected, abs=1e-12)
