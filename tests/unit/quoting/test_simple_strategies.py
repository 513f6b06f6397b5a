"""inventory_aware, and the Hyperliquid document's formula."""

from decimal import Decimal

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


DOCUMENTED = {"gamma": Decimal("0.3"), "kappa": Decimal("85.2")}


def documented(view, **fields):
    return distances(pool("hyperliquid_simplified", {}, **DOCUMENTED | fields), view)


def test_the_documented_values_quote_117_bps_to_each_side():
    bid, ask = documented(View(0.0, 90.0, 90.0, DELTA_HAT))
    assert bid == ask == pytest.approx(117.16, abs=0.01)


@pytest.mark.parametrize(("scale", "half"), [(1.0, 117.16), (1.5, 117.06), (2.5, 116.86)])
def test_its_defect_more_aversion_narrows(scale, half):
    bid, _ = documented(View(0.0, 90.0, 90.0, DELTA_HAT, gamma_scale=scale))
    assert bid == pytest.approx(half, abs=0.01)


def test_its_defect_the_spread_knows_no_volatility_and_the_skew_is_next_to_nothing():
    calm, wild = (View(0.25, sigma, sigma, DELTA_HAT) for sigma in (90.0, 900.0))
    assert sum(documented(calm)) == pytest.approx(sum(documented(wild)))
    bid, ask = documented(calm)
    assert (bid - ask) / 2 == pytest.approx(0.0608, abs=1e-4)


def test_kappa_may_be_written_per_10_bps():
    # 2.5 per 10 bps, as other strategies have it, is 2500 per unit of fraction.
    view = View(0.1, 90.0, 90.0, DELTA_HAT)
    per_ten = pool("hyperliquid_simplified", {"kappa_unit_bps": 10}, kappa=Decimal("2.5"))
    assert distances(per_ten, view)[1] == pytest.approx(4.0, abs=0.03)


@pytest.mark.parametrize("params", [{"kappa_unit_bps": 0}, {"kappa_unit_bps": True}])
def test_a_bad_parameter_of_the_documented_formula_is_named(params):
    with pytest.raises(InvalidFieldError, match="kappa_unit_bps"):
        strategy(pool("hyperliquid_simplified", params))
