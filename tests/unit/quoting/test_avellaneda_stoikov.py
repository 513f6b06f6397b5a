from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.closed_forms import half_and_shift, reversion_rate, saturated_horizon
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import View
from tests.reference.formulas import spread_slope

SIGMA = 53.42


def quotes(view, *, params=None, **fields):
    config = PoolConfig(
        symbol="BTCUSDT",
        **{"gamma": Decimal("0.05"), "kappa": Decimal(2), "tau": Decimal(1)} | fields,
        strategy_params=params or {},
    )
    distances = strategy(config)(view)
    return distances.bid_bps, distances.ask_bps


views = st.builds(
    View,
    st.floats(-1.0, 1.0),
    st.floats(0.0, 1_000.0),
    st.floats(0.0, 1_000.0),
    st.floats(1e-4, 1.0),
)
SATURATING = {"horizon_mode": "saturating", "intensity_per_hour": 360.0}
param_sets = st.sampled_from(
    [{}, {"delta_hat": "strict"}, SATURATING, SATURATING | {"delta_hat": "strict"}]
)


@given(views, param_sets)
def test_a_short_position_is_the_mirror_of_a_long_one(view, params):
    mirror = View(-view.q_hat, view.sigma, view.sigma_ref, view.delta_hat)
    assert quotes(view, params=params) == tuple(reversed(quotes(mirror, params=params)))


@given(views, param_sets)
def test_a_long_position_lowers_both_quotes(view, params):
    bid, ask = quotes(view, params=params)
    assert (bid - ask) * view.q_hat >= 0


def test_the_spread_of_the_documented_row_is_12_65_bps():
    bid, ask = quotes(View(0.0, SIGMA, SIGMA, 0.01))
    assert bid == ask
    assert bid + ask == pytest.approx(12.648, abs=0.001)


def test_higher_gamma_widens_and_leans_more():
    calm = quotes(View(0.5, SIGMA, SIGMA, 0.01), gamma=Decimal("0.05"))
    wary = quotes(View(0.5, SIGMA, SIGMA, 0.01), gamma=Decimal("0.5"))
    assert sum(wary) > sum(calm)
    assert wary[0] - wary[1] > calm[0] - calm[1]


def test_higher_kappa_tightens():
    view = View(0.0, SIGMA, SIGMA, 0.01)
    assert sum(quotes(view, kappa=Decimal(3))) < sum(quotes(view, kappa=Decimal(2)))


def test_higher_volatility_widens_and_strict_sizes_hardly_notice():
    calm, wild = View(0.0, SIGMA, SIGMA, 0.01), View(0.0, 3 * SIGMA, SIGMA, 0.01)
    assert sum(quotes(wild)) > 2 * sum(quotes(calm))
    strict = {"delta_hat": "strict"}
    assert sum(quotes(wild, params=strict)) == pytest.approx(
        sum(quotes(calm, params=strict)), rel=0.05
    )


def test_at_normal_volatility_only_the_product_gamma_sigma_tau_leans():
    bid, ask = quotes(View(1.0, SIGMA, SIGMA, 0.01))
    assert (bid - ask) / 2 == pytest.approx(0.05 * SIGMA)


def test_a_configured_reference_volatility_stands_before_the_measured_one():
    view = View(0.3, SIGMA, 10.0, 0.01)
    assert quotes(view, params={"sigma_ref": SIGMA}) == quotes(View(0.3, SIGMA, SIGMA, 0.01))


def test_a_market_that_has_not_moved_is_quoted_without_risk():
    bid, ask = quotes(View(1.0, 0.0, 0.0, 0.01))
    assert bid == ask
    assert 0 < bid < 10 / 2


def test_the_saturating_horizon_leans_less_and_never_more():
    view = View(0.5, SIGMA, SIGMA, 0.02)
    fixed, saturating = quotes(view), quotes(view, params=SATURATING)
    assert 0 < saturating[0] - saturating[1] < fixed[0] - fixed[1]


def test_kappa_is_per_kappa_unit_bps():
    view = View(0.2, SIGMA, SIGMA, 0.01)
    assert quotes(view, kappa=Decimal(20), params={"kappa_unit_bps": 100}) == quotes(view)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"gama": 1}, "gama"),
        ({"horizon_mode": "forever"}, "horizon_mode"),
        ({"horizon_mode": "saturating"}, "intensity_per_hour"),
        ({"horizon_mode": "saturating", "intensity_per_hour": 0}, "intensity_per_hour"),
        ({"intensity_per_hour": float("nan")}, "intensity_per_hour"),
        ({"delta_hat": 1}, "delta_hat"),
        ({"kappa_unit_bps": 0}, "kappa_unit_bps"),
        ({"kappa_unit_bps": None}, "kappa_unit_bps"),
        ({"kappa_unit_bps": True}, "kappa_unit_bps"),
        ({"sigma_ref": -1}, "sigma_ref"),
        ({"sigma_ref": float("inf")}, "sigma_ref"),
    ],
)
def test_a_bad_parameter_is_named(params, field):
    with pytest.raises(InvalidFieldError) as caught:
        strategy(PoolConfig(symbol="X", strategy_params=params))
    assert caught.value.field == f"strategy_params.{field}"
    assert caught.value.allowed


@given(
    st.floats(0.01, 50.0),
    st.floats(0.05, 10.0),
    st.floats(0.1, 500.0),
    st.floats(0.02, 2.0),
)
def test_more_aversion_widens_exactly_when_the_slope_says_so(gamma, kappa, sigma, tau):
    fields = {name: Decimal(repr(v)) for name, v in (("kappa", kappa), ("tau", tau))}
    narrow, wide = (
        sum(quotes(View(0.0, sigma, 40.0, 0.01), gamma=Decimal(repr(g)), **fields))
        for g in (gamma, gamma * 1.0001)
    )
    slope = spread_slope(gamma / 40.0, sigma**2 * tau, kappa / 10.0)
    assume(abs(slope) * gamma / 40.0 > 1e-4 * narrow)  # a step near the turning point sees both
    assert (wide > narrow) == (slope > 0)


@given(views, param_sets)
def test_terms_at_their_neutral_values_leave_the_formula_as_it_was_to_the_last_bit(view, params):
    sigma, reference = view.sigma, view.sigma_ref
    gamma_hat = 0.05 / reference if reference > 0.1 else 0.05 / 0.1
    horizon = 1.0
    if "intensity_per_hour" in params:
        omega = reversion_rate(gamma_hat, sigma, 0.2, 360.0, view.delta_hat)
        horizon = saturated_horizon(1.0, omega)
    delta = view.delta_hat if "delta_hat" in params else 1.0
    half, shift = half_and_shift(view.q_hat, gamma_hat, sigma * sigma * horizon, 0.2, delta)
    assert quotes(view, params=params) == (half + shift, half - shift)


def test_drift_raises_the_reservation_price_by_drift_times_horizon():
    bid, ask = quotes(View(0.0, SIGMA, SIGMA, 0.01), tau=Decimal(2))
    rising = quotes(View(0.0, SIGMA, SIGMA, 0.01, drift=0.7), tau=Decimal(2))
    assert rising == pytest.approx((bid - 1.4, ask + 1.4))


def test_impact_slows_the_turnover_of_a_saturating_horizon():
    view = View(0.5, SIGMA, SIGMA, 0.02)
    bid, ask = quotes(view, params=SATURATING, tau=Decimal(100))
    hurt = View(0.5, SIGMA, SIGMA, 0.02, impact=2.0)
    slow = quotes(hurt, params=SATURATING, tau=Decimal(100))
    # The lean grows by exp(k impact / 4), with k = 0.2 per bps.
    assert (slow[0] - slow[1]) / (bid - ask) == pytest.approx(1.1052, abs=1e-3)


def test_a_penalty_at_the_end_leans_more_where_the_end_is_near_and_needs_saturating():
    view = View(0.5, SIGMA, SIGMA, 0.02)

    def lean(penalty, tau):
        params = {**SATURATING, "terminal_penalty_bps": penalty}
        bid, ask = quotes(view, params=params, tau=Decimal(tau))
        return bid - ask

    # A full position that costs 40 bps at the end leans half of it, twice: 2 l q.
    assert lean(40.0, "0.000001") == pytest.approx(2 * 2 * 40.0 * 0.5, rel=0.05)
    assert lean(40.0, "168") == pytest.approx(lean(0.0, "168"), rel=1e-6)
    with pytest.raises(InvalidFieldError, match="unless horizon_mode is saturating"):
        quotes(view, params={"terminal_penalty_bps": 1.0})
