import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.closed_forms import LotMarket, half_and_lean
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, INTENSITY, SATURATING, distances, pool, views

SIGMA = 53.42
STATIONARY = INTENSITY | {"mode": "stationary"}
FINITE = INTENSITY | {"mode": "finite"}


def glft(view, params=INTENSITY, **fields):
    return distances(pool("glft", params, **fields), view)


@given(views)
def test_a_lot_is_one_order_and_the_aversion_is_per_lot(view):
    bid, ask = glft(view)
    gamma_lot = 0.05 / max(view.sigma_ref, 0.1) * DELTA_HAT
    half, lean, _ = half_and_lean(LotMarket(gamma_lot, view.sigma, 0.2, 360.0, gamma_lot))
    shift = lean * view.q_hat / DELTA_HAT
    assert (bid, ask) == pytest.approx((half + shift, half - shift), rel=1e-12)


@given(q_hat=st.floats(-1.0, 1.0), sigma=st.floats(1.0, 500.0))
def test_a_saturating_horizon_without_end_is_the_closed_form(q_hat, sigma):
    view = View(q_hat, sigma, 50.0, DELTA_HAT, impact=0.3, drift=0.4)
    saturating = SATURATING | {"delta_hat": "strict"}
    # omega tau is above 4 for the lowest sigma, and tanh of it is then 1 to 1e-3.
    config = pool("avellaneda_stoikov", saturating, tau=Decimal(168))
    assert distances(config, view) == pytest.approx(glft(view), abs=2e-2)


@given(views)
def test_a_horizon_of_nothing_is_avellaneda_stoikov_at_its_end(view):
    brief = {"tau": Decimal("0.000000001")}
    fixed = distances(pool("avellaneda_stoikov", {"delta_hat": "strict"}, **brief), view)
    saturating = SATURATING | {"delta_hat": "strict"}
    assert distances(pool("avellaneda_stoikov", saturating, **brief), view) == pytest.approx(
        fixed, rel=1e-6, abs=1e-6
    )


@pytest.mark.parametrize("q_hat", [0.0, 0.04, -0.1, 0.2])
def test_near_no_position_all_modes_agree(q_hat):
    view = View(q_hat, SIGMA, SIGMA, DELTA_HAT)
    closed = glft(view)
    assert glft(view, STATIONARY) == pytest.approx(closed, abs=0.01)
    assert glft(view, FINITE, tau=Decimal(10)) == pytest.approx(closed, abs=0.01)


def test_near_the_limit_the_exact_quotes_lean_harder_and_at_it_one_side_is_silent():
    near, at = (View(q, SIGMA, SIGMA, DELTA_HAT) for q in (0.96, 1.0))
    for params in (STATIONARY, FINITE):
        assert glft(near, params)[0] > glft(near)[0] + 0.5
        assert glft(near, params)[1] < glft(near)[1] - 0.2
        bid, ask = glft(at, params)
        assert (bid, math.isfinite(ask)) == (math.inf, True)


@settings(deadline=None)
@given(q_hat=st.floats(-1.2, 1.2))
def test_a_small_order_size_makes_many_lots_and_a_full_one_makes_one(q_hat):
    one_lot = {"order_size_usdt": Decimal(50_000)}
    bid, ask = glft(View(q_hat, SIGMA, SIGMA, 1.0), STATIONARY, **one_lot)
    assert (bid == math.inf) == (q_hat >= 0.5)
    assert (ask == math.inf) == (q_hat <= -0.5)


def test_a_risk_parameter_of_nothing_drops_the_risk_of_fills():
    view = View(0.0, 0.0, SIGMA, DELTA_HAT)
    assert glft(view, INTENSITY | {"xi": 0.0}) == pytest.approx((5.0, 5.0))
    averse = glft(view, INTENSITY | {"xi": 100.0})
    assert averse[0] < 5.0
    assert averse == glft(view, INTENSITY | {"xi": 100.0}, gamma=Decimal("0.7"))


def test_just_before_the_end_the_penalty_of_the_next_order_stands_in_the_quotes():
    # 20 q^2 is paid at the end: 2 x 20 q for the next bit, and half an order on each side.
    view = View(0.3, SIGMA, SIGMA, DELTA_HAT)
    brief = {"tau": Decimal("0.0000001")}
    calm = glft(view, FINITE, **brief)
    hurried = glft(view, FINITE | {"terminal_penalty_bps": 20.0}, **brief)
    assert hurried[0] - calm[0] == pytest.approx(12.0 + 0.4, abs=1e-3)
    assert hurried[1] - calm[1] == pytest.approx(-12.0 + 0.4, abs=1e-3)


def test_a_drift_is_a_position_already_held():
    # q - mu / (gamma sigma^2), with gamma of the whole limit.
    view = View(0.1, SIGMA, SIGMA, DELTA_HAT, drift=2.0)
    held = 0.1 - 2.0 / (0.05 / SIGMA * SIGMA**2)
    expected = glft(View(held, SIGMA, SIGMA, DELTA_HAT))
    assert glft(view) == pytest.approx(expected, rel=1e-9)
    assert glft(view, STATIONARY) == pytest.approx(expected, abs=0.05)


def test_a_drift_in_a_market_that_does_not_move_is_still_a_number():
    for sigma in (0.0, 1e-9):
        bid, ask = glft(View(0.0, sigma, SIGMA, DELTA_HAT, drift=0.5))
        assert (bid, ask) == pytest.approx((5.0 - 0.5 * 168, 5.0 + 0.5 * 168), rel=1e-3)


def test_a_new_volatility_is_quoted_exactly_and_not_from_memory():
    config = pool("glft", STATIONARY)
    quote = strategy(config)
    view = View(0.4, SIGMA, SIGMA, DELTA_HAT)
    quote(view)
    nudged = msgspec.structs.replace(view, sigma=SIGMA * (1 + 1e-9))
    assert quote(nudged) == strategy(config)(nudged) != quote(view)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "intensity_per_hour"),
        ({"intensity_per_hour": 0}, "intensity_per_hour"),
        ({"intensity_per_hour": None}, "intensity_per_hour"),
        ({"intensity_per_hour": float("nan")}, "intensity_per_hour"),
        (INTENSITY | {"mode": "exact"}, "mode"),
        (INTENSITY | {"xi": -0.1}, "xi"),
        (INTENSITY | {"xi": float("nan")}, "xi"),
        (INTENSITY | {"terminal_penalty_bps": 3.0}, "terminal_penalty_bps"),
        (FINITE | {"terminal_penalty_bps": -1}, "terminal_penalty_bps"),
        (INTENSITY | {"kappa_unit_bps": 0}, "kappa_unit_bps"),
        (INTENSITY | {"sigma_ref": 0}, "sigma_ref"),
        (INTENSITY | {"horizon_mode": "fixed"}, "horizon_mode"),
    ],
)
def test_a_bad_parameter_is_named(params, field):
    with pytest.raises(InvalidFieldError) as caught:
        strategy(pool("glft", params))
    assert caught.value.field == f"strategy_params.{field}"
    assert caught.value.allowed


@pytest.mark.parametrize(("mode", "most"), [("stationary", 500), ("finite", 60)])
def test_an_exact_mode_refuses_more_orders_than_it_can_count(mode, most):
    limit = {"max_pool_position_usdt": Decimal(60_000)}
    params = INTENSITY | {"mode": mode}
    fits, does_not = (Decimal(60_000) / lots for lots in (most, most + 2))
    strategy(pool("glft", params, order_size_usdt=fits, **limit))
    with pytest.raises(InvalidFieldError, match="order_size_usdt") as caught:
        strategy(pool("glft", params, order_size_usdt=does_not, **limit))
    assert f"at least {fits:f}" in caught.value.allowed
