import math

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from market_maker.quoting.closed_forms import (
    LotMarket,
    half_and_lean,
    half_and_shift,
    reversion_rate,
    saturated_horizon,
)
from tests.reference.formulas import spread_slope

gammas = st.floats(1e-4, 10.0)
kappas = st.floats(0.05, 10.0)
sigmas = st.floats(0.05, 100.0)
deltas = st.floats(0.01, 10.0)
intensities = st.floats(0.1, 1_000.0)
inventories = st.floats(-20.0, 20.0)


@given(inventories, gammas, sigmas, kappas, deltas)
def test_a_short_position_is_the_mirror_of_a_long_one(q, gamma, sigma, kappa, delta):
    half, shift = half_and_shift(q, gamma, sigma**2, kappa, delta)
    mirror_half, mirror_shift = half_and_shift(-q, gamma, sigma**2, kappa, delta)
    assert (half + shift, half - shift) == (mirror_half - mirror_shift, mirror_half + mirror_shift)


@given(inventories, sigmas, kappas, deltas)
def test_without_aversion_only_the_depth_of_the_flow_matters(q, sigma, kappa, delta):
    assert half_and_shift(q, 0.0, sigma**2, kappa, delta) == (1.0 / kappa, 0.0)
    half, shift = half_and_shift(q, 1e-12, sigma**2, kappa, delta)
    assert half == pytest.approx(1.0 / kappa, rel=1e-5)
    assert shift == pytest.approx(0.0, abs=1e-6)


@given(inventories, gammas, sigmas, kappas, deltas)
def test_order_size_is_a_change_of_aversion_in_the_spread_alone(q, gamma, sigma, kappa, delta):
    half, shift = half_and_shift(q, gamma, sigma**2, kappa, delta)
    scaled_half, _ = half_and_shift(q, gamma * delta, sigma**2, kappa, 1.0)
    _, same_shift = half_and_shift(q, gamma, sigma**2, kappa, 1.0)
    assert half == pytest.approx(scaled_half, rel=1e-12)
    assert shift == same_shift


@given(gammas, kappas, st.floats(1.0, 100.0))
def test_when_volatility_outweighs_depth_more_aversion_always_widens(gamma, kappa, excess):
    sigma = excess * 1.0001 / kappa
    assert spread_slope(gamma, sigma**2, kappa) > 0


@given(kappas, st.floats(0.01, 0.9))
def test_when_depth_outweighs_volatility_aversion_first_tightens_then_widens(kappa, share):
    variance = (share / kappa) ** 2
    assert spread_slope(1e-3 * kappa, variance, kappa) < 0
    assert spread_slope(1e6 * kappa, variance, kappa) > 0


@given(gammas, sigmas, kappas)
def test_the_slope_is_the_derivative_of_the_spread(gamma, sigma, kappa):
    step = gamma * 1e-4
    above, below = (
        2 * half_and_shift(0.0, gamma + sign * step, sigma**2, kappa, 1.0)[0] for sign in (1, -1)
    )
    slope = (above - below) / (2 * step)
    scale = sigma**2 + 1 / kappa**2
    assert spread_slope(gamma, sigma**2, kappa) == pytest.approx(slope, rel=1e-4, abs=1e-3 * scale)


@given(gammas, sigmas, kappas, intensities, deltas)
def test_a_short_horizon_is_avellaneda_stoikov(gamma, sigma, kappa, intensity, delta):
    omega = reversion_rate(gamma, sigma, kappa, intensity, delta)
    tau = 1e-4 / max(omega, 1.0)
    assert saturated_horizon(tau, omega) == pytest.approx(tau, rel=1e-6)


@given(gammas, sigmas, kappas, intensities, deltas)
def test_a_long_horizon_is_the_stationary_closed_form(gamma, sigma, kappa, intensity, delta):
    # Gueant-Lehalle-Fernandez-Tapia, eqs (4.6) and (4.7) of arXiv 1605.01862 with xi = gamma.
    x = gamma * delta / kappa
    c1 = math.log1p(x) / (gamma * delta)
    c2 = math.sqrt(gamma / (2 * intensity * delta * kappa) * (1 + x) ** (1 / x + 1))
    omega = reversion_rate(gamma, sigma, kappa, intensity, delta)
    assume(omega > 1e-12)
    horizon = saturated_horizon(1e3 / omega, omega)
    half, shift = half_and_shift(1.0, gamma, sigma**2 * horizon, kappa, delta)
    assert half == pytest.approx(c1 + delta / 2 * sigma * c2, rel=1e-6)
    assert shift == pytest.approx(sigma * c2, rel=1e-6)


@given(st.floats(1e-4, 1.0), st.floats(0.1, 5.0), st.floats(0.2, 5.0), st.floats(0.01, 3.0))
def test_the_saturated_lean_solves_its_riccati_equation(gamma, sigma, kappa, tau):
    intensity, delta = 50.0, 1.0
    omega = reversion_rate(gamma, sigma, kappa, intensity, delta)
    eta = omega**2 / (2 * gamma * sigma**2 * delta * kappa)

    def lean(time):
        return gamma * sigma**2 * saturated_horizon(time, omega) / 2

    step = 1e-5 * tau
    slope = (lean(tau + step) - lean(tau - step)) / (2 * step)
    source = gamma * sigma**2 / 2
    assert slope == pytest.approx(
        source - 4 * delta * kappa * eta * lean(tau) ** 2, abs=1e-4 * source
    )


@given(gammas, sigmas, kappas, intensities, deltas, st.floats(1e-3, 1e3))
def test_saturation_never_lengthens_the_horizon(gamma, sigma, kappa, intensity, delta, tau):
    omega = reversion_rate(gamma, sigma, kappa, intensity, delta)
    assert 0 < saturated_horizon(tau, omega) <= tau


def test_a_market_that_stands_still_leaves_the_horizon_alone():
    assert reversion_rate(0.1, 0.0, 1.5, 140.0, 1.0) == 0.0
    assert saturated_horizon(2.0, 0.0) == 2.0


def test_a_risk_neutral_reversion_rate_is_none():
    assert reversion_rate(0.0, 2.0, 1.5, 140.0, 1.0) == 0.0


lot_markets = st.builds(
    LotMarket,
    gamma=gammas,
    sigma=sigmas,
    kappa=kappas,
    intensity=intensities,
    xi=st.floats(0.0, 10.0),
    impact=st.floats(0.0, 5.0),
)
shares = st.floats(0.05, 0.95)


def changed(market, **fields):
    return msgspec.structs.replace(market, **fields)


@given(lot_markets, shares)
def test_stationary_quotes_widen_with_volatility_and_tighten_with_liquidity(market, share):
    half = half_and_lean(market)[0]
    assert half_and_lean(changed(market, sigma=market.sigma * share))[0] <= half
    assert half_and_lean(changed(market, intensity=market.intensity * share))[0] >= half
    # An impact weighs the heavier the thicker the book: only without one kappa always tightens.
    market = changed(market, impact=0.0)
    thinner = changed(market, kappa=market.kappa * share)
    assert half_and_lean(thinner)[0] > half_and_lean(market)[0]


def test_volatility_and_intensity_do_move_the_stationary_spread():
    market = LotMarket(0.01, 0.3, 0.3, 0.9, 0.01)
    half = half_and_lean(market)[0]
    assert half_and_lean(changed(market, sigma=0.2))[0] < half - 1e-3
    assert half_and_lean(changed(market, intensity=0.5))[0] > half + 1e-3


@given(lot_markets, shares)
def test_stationary_quotes_lean_more_with_aversion_and_volatility(market, share):
    lean = half_and_lean(market)[1]
    assert half_and_lean(changed(market, gamma=market.gamma * share))[1] < lean
    assert half_and_lean(changed(market, sigma=market.sigma * share))[1] < lean


def test_stationary_quotes_may_tighten_or_widen_with_aversion():
    calm, wild = (LotMarket(0.1, sigma, 1.0, 10.0, 0.1) for sigma in (0.01, 10.0))
    tighter, wider = (half_and_lean(changed(m, gamma=1.0, xi=1.0))[0] for m in (calm, wild))
    assert tighter < half_and_lean(calm)[0]
    assert wider > half_and_lean(wild)[0]


@given(lot_markets)
def test_impact_adds_half_of_itself_and_strengthens_the_lean(market):
    without = changed(market, impact=0.0)
    assert market.premium() == pytest.approx(without.premium() + market.impact / 2)
    expected = half_and_lean(without)[1] * math.exp(market.kappa * market.impact / 4)
    assert half_and_lean(market)[1] == pytest.approx(expected, rel=1e-9)


@given(gammas, sigmas, kappas, intensities)
def test_per_lot_the_closed_form_is_that_of_any_order_size(gamma, sigma, kappa, intensity):
    # Equations (4.6) and (4.7) for orders of size 3, against lots of 3 with 3 times the aversion.
    delta, xi = 3.0, 0.7 * gamma
    x = xi * delta / kappa
    c1 = math.log1p(x) / (xi * delta)
    c2 = math.sqrt(gamma / (2 * intensity * delta * kappa) * (1 + x) ** (1 / x + 1))
    market = LotMarket(gamma * delta, sigma, kappa, intensity, xi * delta)
    half, lean, _ = half_and_lean(market)
    assert half == pytest.approx(c1 + delta / 2 * sigma * c2, rel=1e-9)
    assert lean == pytest.approx(delta * sigma * c2, rel=1e-9)


@given(kappas, intensities, st.floats(1e-14, 1e-10))
def test_a_risk_parameter_of_nothing_and_of_next_to_nothing_are_the_same(kappa, intensity, little):
    none, some = (LotMarket(0.1, 1.0, kappa, intensity, xi) for xi in (0.0, little))
    assert some.premium() == pytest.approx(none.premium(), rel=1e-6)
    assert none.premium() == pytest.approx(1 / kappa)
    assert some.eta() == pytest.approx(none.eta(), rel=1e-6)
    assert none.eta() == pytest.approx(intensity / math.e)


def test_an_impact_that_no_fill_survives_still_has_numbers():
    half, lean, omega = half_and_lean(LotMarket(0.1, 50.0, 100.0, 1.0, 0.1, impact=5_000.0))
    assert math.isfinite(half + lean + omega)


def test_the_best_documented_check_of_the_closed_form():
    # Printed in hftbacktest's tutorial of this model.
    kappa = 0.04235741115084049
    market = LotMarket(0.05, 10.69, kappa, 2.986162360812285, 0.05)
    half, lean, _ = half_and_lean(market)
    assert (half, lean) == pytest.approx((20.47208533844371, 9.76326865029227), rel=1e-12)


@given(st.floats(0.01, 10.0), st.floats(0.01, 10.0), st.floats(0.001, 100.0))
def test_a_penalty_at_the_end_is_the_riccati_solution(tau, omega, penalty):
    # a' = 2 omega / a_inf (a_inf^2 - a^2) ... a(0) = l, of which a / a_inf / omega is the horizon.
    reached = math.tanh(omega * tau)
    expected = (penalty + reached) / (1 + penalty * reached) / omega
    assert saturated_horizon(tau, omega, penalty) == pytest.approx(expected)
    assert saturated_horizon(tau, omega, 1.0) == pytest.approx(1.0 / omega)
    low, high = sorted((saturated_horizon(tau, omega), 1.0 / omega))
    if penalty <= 1.0:
        assert low * (1 - 1e-9) <= saturated_horizon(tau, omega, penalty) <= high * (1 + 1e-9)
