import math
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.registry import STRATEGIES, shape, strategy
from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, INTENSITY, distances, pool, views

FIVE = {"num_levels": 5}
SYMMETRIC = {"around": "symmetric", "half_spread_bps": 1.0}


def depths(params, **fields):
    """How far each level stands from fair when the strategy inside wants it nearer."""
    config = pool("ladder", SYMMETRIC | params, **FIVE | fields)
    best, _ = distances(config, View(0.0, 50.0, 50.0, DELTA_HAT))
    return [best + offset for offset in shape(config).offsets_bps]


def test_linear_levels_stand_evenly_between_the_nearest_and_the_farthest():
    assert depths({"spacing": "linear"}) == pytest.approx([5, 16.25, 27.5, 38.75, 50])


def test_geometric_levels_each_stand_the_same_factor_further_out():
    found = depths({})
    assert (found[0], found[-1]) == pytest.approx((5, 50))
    ratios = [other / one for one, other in pairwise(found)]
    assert ratios == pytest.approx([10**0.25] * 4)


def test_listed_levels_stand_where_the_list_says():
    listed = {"spacing": "custom", "custom_depths": "2, 3.5,7 ,20,21"}
    assert depths(listed) == pytest.approx([2, 3.5, 7, 20, 21])
    assert depths({"spacing": "custom", "custom_depths": "7"}, num_levels=1) == [7.0]


def test_one_level_stands_at_the_nearest_depth_whatever_the_farthest():
    assert depths({"max_depth_bps": 5.0}, num_levels=1) == [5.0]


@given(views)
def test_the_best_quotes_are_the_inner_strategys_unless_it_wants_them_nearer(view):
    for around, params in (("avellaneda_stoikov", {}), ("glft", INTENSITY)):
        inner = distances(pool(around, params), view)
        given_depth = {"around": around, "min_depth_bps": 12.0}
        outer = distances(pool("ladder", params | given_depth), view)
        half = sum(inner) / 2
        assert sum(outer) / 2 == pytest.approx(max(half, 12.0))
        assert outer[0] - outer[1] == pytest.approx(inner[0] - inner[1], abs=1e-9)


def test_what_the_inner_strategy_wants_wider_moves_every_level_out():
    assert depths({"half_spread_bps": 9.0}) == pytest.approx([each + 4 for each in depths({})])


def test_a_silent_side_stays_silent_and_the_other_stays_where_it_is():
    params = {"around": "glft", "mode": "stationary", "min_depth_bps": 20.0} | INTENSITY
    inner = {name: params[name] for name in ("mode", "intensity_per_hour")}
    view = View(1.0, 50.0, 50.0, DELTA_HAT)
    found = distances(pool("ladder", params), view)
    assert found == distances(pool("glft", inner), view)
    assert found[0] == math.inf


def test_sizes_that_the_inner_strategy_wants_are_kept():
    view = View(0.0, 50.0, 50.0, DELTA_HAT, bid_depth=0.5, ask_depth=3.0)
    found = strategy(pool("ladder", {"around": "smart", "base_spread_bps": 0.0}))(view)
    assert (found.bid_size, found.ask_size) == (0.25, 1.5)


@pytest.mark.parametrize(
    ("params", "sizes"),
    [
        ({}, [1, 1, 1, 1, 1]),
        ({"sizes": "linear"}, [1 / 3, 2 / 3, 1, 4 / 3, 5 / 3]),
        ({"sizes": "geometric", "size_ratio": 1.0}, [1, 1, 1, 1, 1]),
        ({"sizes": "custom", "custom_sizes": "1, 2,1.5 ,0.25,2"}, [1, 2, 1.5, 0.25, 2]),
    ],
)
def test_sizes_by_level(params, sizes):
    assert shape(pool("ladder", params, **FIVE)).sizes == pytest.approx(sizes)


@given(st.floats(0.7, 1.4), st.integers(1, 5))
def test_geometric_sizes_keep_their_ratio_and_the_whole_volume(ratio, levels):
    params = {"sizes": "geometric", "size_ratio": ratio}
    sizes = shape(pool("ladder", params, num_levels=levels)).sizes
    assert sum(sizes) == pytest.approx(levels)
    assert [other / one for one, other in pairwise(sizes)] == pytest.approx([ratio] * (levels - 1))


def test_a_ladder_goes_around_every_other_strategy():
    own = {
        "glft": INTENSITY,
        "inventory_aware": {"half_spread_bps": 3.0, "skew_bps": 2.0},
        "symmetric": {"half_spread_bps": 3.0},
    }
    for around in STRATEGIES:
        if around != "ladder":
            config = pool("ladder", {"around": around} | own.get(around, {}), **FIVE)
            assert min(distances(config, View(0.0, 50.0, 50.0, DELTA_HAT))) >= 5.0


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"around": "ladder"}, "around"),
        ({"around": "telepathy"}, "around"),
        ({"around": 3}, "around"),
        ({"around": "glft"}, "intensity_per_hour"),
        ({"around": "symmetric", "half_spread_bps": -1}, "half_spread_bps"),
        ({"half_spread_bps": 5}, "half_spread_bps"),
        ({"min_depth_bps": 0}, "min_depth_bps"),
        ({"min_depth_bps": float("nan")}, "min_depth_bps"),
        ({"min_depth_bps": 26.0}, "min_depth_bps"),
        ({"min_depth_bps": 20.0, "max_depth_bps": 10.0}, "max_depth_bps"),
        ({"min_depth_bps": 20.0, "max_depth_bps": 20.0}, "max_depth_bps"),
        ({"min_depth_bps": 20.0, "max_depth_bps": 20.003}, "max_depth_bps"),
        ({"min_depth_bps": 20.0, "max_depth_bps": 10.0, "spacing": "linear"}, "max_depth_bps"),
        ({"max_depth_bps": float("inf")}, "max_depth_bps"),
        ({"spacing": "cubic"}, "spacing"),
        ({"sizes": "random"}, "sizes"),
        ({"sizes": "geometric", "size_ratio": 4.0}, "sizes"),
        ({"sizes": "geometric", "size_ratio": 0}, "size_ratio"),
        ({"sizes": "custom"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,1,1"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,x"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,0"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,-1"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,nan"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,inf"}, "custom_sizes"),
        ({"sizes": "custom", "custom_sizes": "1,1,1,1,2.5"}, "custom_sizes"),
        ({"custom_sizes": "1,1,1,1,1"}, "custom_sizes"),
        ({"custom_depths": "1,2,3,4,5"}, "custom_depths"),
        ({"spacing": "custom"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "1,2,3,4"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "1,2,3,4,x"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "1,2,3,4,4"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "5,4,3,2,1"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "0,1,2,3,4"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "1,2,3,4,nan"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "1,2,3,4,5001"}, "custom_depths"),
        ({"spacing": "custom", "custom_depths": "26,27,28,29,30"}, "custom_depths"),
        (
            {"spacing": "custom", "custom_depths": "1,2,3,4,5", "min_depth_bps": 2.0},
            "min_depth_bps",
        ),
    ],
)
def test_a_bad_parameter_is_named(params, field):
    with pytest.raises(InvalidFieldError) as caught:
        strategy(pool("ladder", params, **FIVE))
    assert caught.value.field == f"strategy_params.{field}"
    assert caught.value.allowed


def test_larger_orders_are_fine_when_their_value_is_allowed():
    params = {"sizes": "custom", "custom_sizes": "9"}
    config = pool("ladder", params, max_order_value_usdt=Decimal(9_000))
    assert shape(config).sizes == (9.0,)


def test_levels_of_other_strategies_are_evenly_spaced_and_of_one_size():
    config = pool("avellaneda_stoikov", {}, num_levels=3, level_spacing_bps=Decimal("2.5"))
    assert shape(config).offsets_bps == (0.0, 2.5, 5.0)
    assert shape(config).sizes == (1.0, 1.0, 1.0)
