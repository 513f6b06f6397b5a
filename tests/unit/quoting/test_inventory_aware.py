"""A fixed half-spread that leans in a straight line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, distances, pool

LEAN = {"half_spread_bps": 6.0, "skew_bps": 4.0}


@given(st.floats(-1.0, 1.0), st.floats(0.0, 1e4))
def test_the_skew_is_a_straight_line_and_knows_no_volatility(q_hat, sigma):
    found = distances(pool("inventory_aware", LEAN), View(q_hat, sigma, sigma, DELTA_HAT))
    assert found == pytest.approx((6 + 4 * q_hat, 6 - 4 * q_hat))


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"half_spread_bps": 6.0}, "skew_bps"),
        ({"skew_bps": 6.0}, "half_spread_bps"),
        (LEAN | {"skew_bps": -1}, "skew_bps"),
        (LEAN | {"skew_bps": float("nan")}, "skew_bps"),
        (LEAN | {"half_spread_bps": float("inf")}, "half_spread_bps"),
        (LEAN | {"gamma": 1}, "gamma"),
    ],
)
def test_a_bad_parameter_of_inventory_aware_is_named(params, field):
    with pytest.raises(InvalidFieldError) as caught:
        strategy(pool("inventory_aware", params))
    assert caught.value.field == f"strategy_params.{field}"
