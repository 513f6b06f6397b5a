from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.registry import strategy
from market_maker.quoting.scaling import clamp
from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, distances, full_views, pool

WIDE = {"max_spread_bps": Decimal(5_000)}
CALM = View(0.0, 10.0, 10.0, DELTA_HAT)


def smart(params=None, **terms):
    view = msgspec.structs.replace(CALM, **terms)
    return distances(pool("smart", params or {}, **WIDE), view)


def test_the_spread_is_the_documented_one_with_volatility_over_one_hour():
    assert smart() == pytest.approx((20.0, 20.0))  # half of 20 + 2 x 10
    assert smart(sigma=0.0) == pytest.approx((10.0, 10.0))


def test_the_inventory_bias_is_applied_once():
    # 0.0005 of the price at a full position; the document's two factors would leave 0.0025 bps.
    assert smart(q_hat=1.0) == pytest.approx((25.0, 15.0))
    assert smart(q_hat=-0.5) == pytest.approx((17.5, 22.5))


def test_the_bias_is_towards_the_target():
    assert smart({"target_q_hat": 0.4}, q_hat=0.4) == smart()


def test_pressure_moves_the_heavy_side_by_all_and_the_other_by_half():
    assert smart(pressure=0.2) == pytest.approx((10.0, 25.0))
    assert smart(pressure=-0.2) == pytest.approx((25.0, 10.0))
    assert smart(pressure=0.1) == smart()


def test_heavy_trading_moves_both_quotes_three_times_as_far_but_not_past_fair():
    wide = {"base_spread_bps": 100.0, "volatility_multiplier": 0.0}
    assert smart(wide, buys=201.0, sells=100.0) == pytest.approx((20.0, 80.0))
    assert smart(wide, buys=100.0, sells=201.0) == pytest.approx((80.0, 20.0))
    assert smart(wide, buys=200.0, sells=100.0) == pytest.approx((50.0, 50.0))
    assert smart(buys=201.0, sells=100.0) == pytest.approx((0.0, 40.0))


@given(full_views, st.floats(0.0, 100.0), st.floats(0.0, 400.0))
def test_nothing_takes_a_quote_past_fair_also_after_the_clamps(view, low, more):
    limits = {"min_spread_bps": low, "max_spread_bps": low + more + 0.01}
    config = pool("smart", {}, **{name: Decimal(repr(each)) for name, each in limits.items()})
    found = clamp(strategy(config)(view), *limits.values())
    assert found.spread_bps / 2 - abs(found.shift_bps) >= -1e-9


def test_the_order_follows_the_depth_of_its_side_up_to_the_cap():
    view = msgspec.structs.replace(CALM, bid_depth=0.8, ask_depth=400.0)
    found = strategy(pool("smart", {}))(view)
    assert (found.bid_size, found.ask_size) == pytest.approx((0.4, 2.0))
    unknown = strategy(pool("smart", {}))(CALM)
    assert (unknown.bid_size, unknown.ask_size) == (1.0, 1.0)


def test_scaling_gamma_widens_and_leans_more():
    assert smart(q_hat=1.0, gamma_scale=1.5) == pytest.approx((25 + 7.5, 25 - 7.5))


def test_a_narrow_spread_under_pressure_does_not_turn_round():
    nothing = {"base_spread_bps": 0.0, "volatility_multiplier": 0.0}
    bid, ask = smart(nothing, pressure=1.0)
    assert bid + ask == 0.0


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"base_spread": 0.002}, "base_spread"),
        ({"base_spread_bps": -1}, "base_spread_bps"),
        ({"base_spread_bps": float("nan")}, "base_spread_bps"),
        ({"volatility_multiplier": -2}, "volatility_multiplier"),
        ({"target_q_hat": 1.5}, "target_q_hat"),
        ({"pressure_threshold": 1.5}, "pressure_threshold"),
        ({"adjustment_speed_bps": -1}, "adjustment_speed_bps"),
        ({"emergency_multiplier": 101}, "emergency_multiplier"),
        ({"depth_share": 0}, "depth_share"),
        ({"size_cap": 0}, "size_cap"),
        ({"size_cap": 10}, "size_cap"),
    ],
)
def test_a_bad_parameter_is_named(params, field):
    with pytest.raises(InvalidFieldError) as caught:
        strategy(pool("smart", params))
    assert caught.value.field == f"strategy_params.{field}"
    assert caught.value.allowed


def test_the_documented_cap_of_ten_orders_needs_its_order_value():
    strategy(pool("smart", {"size_cap": 10}, max_order_value_usdt=Decimal(10_000)))
