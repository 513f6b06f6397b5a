import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import Distances, View


def build(**params):
    return strategy(PoolConfig(symbol="X", strategy="symmetric", strategy_params=params))


@given(st.floats(-1, 1), st.floats(0, 1_000), st.floats(0, 5_000))
def test_it_never_leans_and_never_widens(q_hat, sigma, half):
    assert build(half_spread_bps=half)(View(q_hat, sigma, sigma, 0.01)) == Distances(half, half)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"half_spread_bps": -0.1},
        {"half_spread_bps": 5_001},
        {"half_spread_bps": float("nan")},
        {"half_spread_bps": "5"},
    ],
)
def test_the_half_spread_must_be_given_and_make_sense(params):
    with pytest.raises(InvalidFieldError, match=r"strategy_params\.half_spread_bps"):
        build(**params)


def test_a_foreign_parameter_is_named():
    with pytest.raises(InvalidFieldError, match=r"strategy_params\.gamma"):
        build(half_spread_bps=5, gamma=1)
