"""The Hyperliquid document's formula, with its defects."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool_document import pool_config
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, distances, pool

DOCUMENTED = {"gamma": Decimal("0.3"), "kappa": Decimal("85.2")}


VIEW = View(0.1, 90.0, 90.0, DELTA_HAT)


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
    per_ten = pool("hyperliquid_simplified", {"kappa_unit_bps": 10}, kappa=Decimal("2.5"))
    assert distances(per_ten, VIEW)[1] == pytest.approx(4.0, abs=0.03)


def test_its_documented_prior_of_2500_is_a_kappa_that_a_pool_takes():
    config = pool_config({"symbol": "X", "strategy": "hyperliquid_simplified", "kappa": 2_500})
    assert config.kappa == 2_500
    quoted = distances(pool("hyperliquid_simplified", {}, kappa=config.kappa), VIEW)
    # 1/gamma ln(1 + gamma/kappa) of the price is 4 bps, whatever gamma of this size.
    assert sum(quoted) / 2 == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("params", [{"kappa_unit_bps": 0}, {"kappa_unit_bps": True}])
def test_a_bad_parameter_of_the_documented_formula_is_named(params):
    with pytest.raises(InvalidFieldError, match="kappa_unit_bps"):
        strategy(pool("hyperliquid_simplified", params))
