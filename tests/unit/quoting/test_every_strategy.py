"""What holds for all of them, whatever they are asked."""

import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.quoting.registry import STRATEGIES, shape, strategy
from market_maker.quoting.scaling import clamp, level_ticks
from market_maker.quoting.view import View
from tests.examples import examples
from tests.unit.quoting.settings import (
    DELTA_HAT,
    LEANING,
    OURS,
    PARAMETERS,
    distances,
    full_views,
    pool,
    views,
)

SIGMA = 53.42
every = pytest.mark.parametrize(("name", "params"), PARAMETERS)
every_of_ours = pytest.mark.parametrize(("name", "params"), OURS)
every_leaning = pytest.mark.parametrize(("name", "params"), LEANING)


def test_every_strategy_is_checked():
    assert sorted({name for name, _ in PARAMETERS}) == sorted(STRATEGIES)


@every
@settings(deadline=None, max_examples=examples(40))
@given(
    view=full_views,
    fair=st.floats(3.0, 1e9),
    gamma=st.sampled_from(["0.000001", "0.05", "100"]),
    kappa=st.sampled_from(["0.000001", "2", "1000"]),
    tau=st.sampled_from(["0.000001", "1", "168"]),
)
def test_bid_below_ask_after_rounding_always(name, params, view, fair, gamma, kappa, tau):
    config = pool(
        name, params, gamma=Decimal(gamma), kappa=Decimal(kappa), tau=Decimal(tau), num_levels=3
    )
    clamped = clamp(strategy(config)(view), 0.0, float(config.max_spread_bps))
    for offset in shape(config).offsets_bps:
        bid, ask = level_ticks(fair, clamped.shift_bps, clamped.spread_bps, offset)
        assert bid < ask


@every
@settings(deadline=None, max_examples=examples(40))
@given(view=full_views)
def test_a_distance_is_a_number_or_a_silent_side_and_a_size_is_no_less_than_nothing(
    name, params, view
):
    found = strategy(pool(name, params))(view)
    for distance in (found.bid_bps, found.ask_bps):
        assert distance == math.inf or math.isfinite(distance)
    for size in (found.bid_size, found.ask_size):
        assert 0.0 <= size < math.inf


@every
@settings(deadline=None, max_examples=examples(40))
@given(view=full_views)
def test_a_short_position_is_the_mirror_of_a_long_one(name, params, view):
    quote = strategy(pool(name, params))
    mirrored = quote(
        msgspec.structs.replace(
            view,
            q_hat=-view.q_hat,
            drift=-view.drift,
            pressure=-view.pressure,
            buys=view.sells,
            sells=view.buys,
            bid_depth=view.ask_depth,
            ask_depth=view.bid_depth,
        )
    )
    found = quote(view)
    one = (found.bid_bps, found.ask_bps, found.bid_size, found.ask_size)
    other = (mirrored.ask_bps, mirrored.bid_bps, mirrored.ask_size, mirrored.bid_size)
    # Exact quotes add the same numbers in another order.
    assert one == (pytest.approx(other, rel=1e-6, abs=1e-6) if "mode" in params else other)


@every
@given(view=full_views)
@settings(deadline=None, max_examples=examples(20))
def test_the_same_view_has_the_same_quotes_whatever_was_asked_before(name, params, view):
    quote = strategy(pool(name, params))
    fresh = quote(view)
    quote(View(0.3, 99.0, 77.0, DELTA_HAT))
    assert quote(view) == fresh == strategy(pool(name, params))(view)


@every_leaning
@given(q_hat=st.floats(0.01, 0.9))
@settings(deadline=None, max_examples=examples(40))
def test_a_long_position_lowers_both_quotes(name, params, q_hat):
    config = pool(name, params)
    flat = distances(config, View(0.0, SIGMA, SIGMA, DELTA_HAT))
    long = distances(config, View(q_hat, SIGMA, SIGMA, DELTA_HAT))
    assert long[0] > flat[0]
    assert long[1] < flat[1]


@every_leaning
def test_more_aversion_leans_more(name, params):
    config = pool(name, params)
    bid, ask = distances(config, View(0.5, SIGMA, SIGMA, DELTA_HAT))
    wary = distances(config, View(0.5, SIGMA, SIGMA, DELTA_HAT, gamma_scale=2.5))
    assert wary[0] - wary[1] > bid - ask


@every_of_ours
@given(view=views, drift=st.floats(0.1, 10.0))
@settings(deadline=None, max_examples=examples(40))
def test_a_rising_price_moves_both_quotes_up(name, params, view, drift):
    config = pool(name, params)
    bid, ask = distances(config, view)
    rising = distances(config, msgspec.structs.replace(view, drift=drift))
    assert rising[0] <= bid
    assert rising[1] >= ask


@every_of_ours
def test_an_expected_rise_lowers_the_bid_distance_and_raises_the_ask_distance(name, params):
    config = pool(name, params)
    bid, ask = distances(config, View(0.1, SIGMA, SIGMA, DELTA_HAT))
    rising = distances(config, View(0.1, SIGMA, SIGMA, DELTA_HAT, drift=2.0))
    assert rising[0] < bid - 0.01
    assert rising[1] > ask + 0.01


@every_of_ours
def test_impact_moves_each_side_out_by_half_of_it_when_there_is_no_position(name, params):
    config = pool(name, params, gamma=Decimal("0.000001"))
    if name == "ladder":
        config = msgspec.structs.replace(
            config, strategy_params=params | {"min_depth_bps": 0.5}
        )  # the nearest level must not hide it
    bid, ask = distances(config, View(0.0, SIGMA, SIGMA, DELTA_HAT))
    wary = distances(config, View(0.0, SIGMA, SIGMA, DELTA_HAT, impact=1.2))
    assert wary == pytest.approx((bid + 0.6, ask + 0.6), abs=5e-3)


MODELS = ("avellaneda_stoikov", "glft", "hyperliquid_simplified")
every_model = pytest.mark.parametrize(
    ("name", "params"), [each for each in PARAMETERS if each[0] in MODELS]
)


@every_model
def test_a_measured_kappa_stands_before_the_configured_one(name, params):
    view = View(0.2, SIGMA, SIGMA, DELTA_HAT)
    unit = 10_000.0 if name == "hyperliquid_simplified" else 10.0
    configured = distances(pool(name, params, kappa=Decimal(5)), view)
    measured = msgspec.structs.replace(view, kappa_hat=5.0 / unit)
    assert distances(pool(name, params), measured) == pytest.approx(configured, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "params"), [each for each in PARAMETERS if "intensity_per_hour" in each[1]]
)
def test_a_measured_intensity_stands_before_the_configured_one(name, params):
    view = View(0.2, SIGMA, SIGMA, DELTA_HAT)
    configured = distances(pool(name, params | {"intensity_per_hour": 90.0}), view)
    measured = msgspec.structs.replace(view, intensity=90.0)
    assert distances(pool(name, params), measured) == configured


@every_model
def test_scaling_gamma_is_the_same_as_configuring_it(name, params):
    view = View(0.2, SIGMA, SIGMA, DELTA_HAT)
    configured = distances(pool(name, params, gamma=Decimal("0.15")), view)
    scaled = msgspec.structs.replace(view, gamma_scale=3.0)
    if "xi" not in params:
        assert distances(pool(name, params), scaled) == pytest.approx(configured, rel=1e-12)


@every
@settings(deadline=None, max_examples=examples(40))
@given(view=views, base=st.floats(0.5, 2.0), decades=st.integers(0, 5))
def test_quotes_are_free_of_the_scale_of_prices(name, params, view, base, decades):
    config = pool(name, params, num_levels=2)
    clamped = clamp(strategy(config)(view), 5.0, 50.0)
    offset = shape(config).offsets_bps[1]
    tick_bps = 1e4 / (base * 1e4)
    small, large = (
        [
            price / fair * 1e4
            for price in level_ticks(fair, clamped.shift_bps, clamped.spread_bps, offset)
        ]
        for fair in (base * 1e4, base * 1e4 * 10**decades)
    )
    assert small == pytest.approx(large, abs=2 * tick_bps + 1e-6)


EXTREME = [
    ("avellaneda_stoikov", {"kappa_unit_bps": 0.001, "sigma_ref": 0.1}),
    ("avellaneda_stoikov", {"horizon_mode": "saturating", "intensity_per_hour": 1e-300}),
    ("calibrated", {"intensity_per_hour": 1e-300, "lean_adjustment": 1_000}),
    ("calibrated", {"spread_adjustment": 1e-300, "kappa_unit_bps": 1e4}),
    ("glft", {"intensity_per_hour": 1e-300, "mode": "stationary", "kappa_unit_bps": 0.001}),
    ("glft", {"intensity_per_hour": 1e6, "mode": "finite", "xi": 100, "kappa_unit_bps": 1e4}),
    ("glft", {"intensity_per_hour": 1e-300, "xi": 1e-300}),
    ("hyperliquid_simplified", {"kappa_unit_bps": 0.001}),
    ("inventory_aware", {"half_spread_bps": 5e3, "skew_bps": 5e3}),
    ("ladder", {"min_depth_bps": 0.001, "max_depth_bps": 5e3}),
    ("reference_glft", {"gamma_per_bps": 1e-300, "inventory_adjustment": 1_000}),
    ("reference_glft", {"gamma_per_bps": 100, "spread_adjustment": 1e-300}),
    ("reference_hummingbot", {"risk_factor": 1e-300}),
    ("reference_hummingbot", {"risk_factor": 1_000, "min_spread_bps": 1_000}),
    ("smart", {"volatility_multiplier": 100, "adjustment_speed_bps": 5e3, "depth_share": 1e-300}),
    ("symmetric", {"half_spread_bps": 0}),
]


@pytest.mark.parametrize(("name", "params"), EXTREME)
@settings(deadline=None, max_examples=examples(40))
@given(view=full_views, fair=st.floats(3.0, 1e9))
def test_parameters_at_the_edge_of_what_is_allowed_still_give_quotes(name, params, view, fair):
    for gamma, kappa in (("0.000001", "1000"), ("100", "0.000001")):
        config = pool(name, params, gamma=Decimal(gamma), kappa=Decimal(kappa), num_levels=20)
        clamped = clamp(strategy(config)(view), 0.0, 50.0)
        for offset in shape(config).offsets_bps:
            bid, ask = level_ticks(fair, clamped.shift_bps, clamped.spread_bps, offset)
            assert bid < ask
