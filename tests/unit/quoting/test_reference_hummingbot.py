"""hummingbot's documented formulas, beside the same worked out by hand."""

import math

import pytest

from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, distances, pool


def test_reservation_price_and_spread_are_those_of_its_source():
    gamma, kappa, vol, q = 2.0, 0.8, 0.35, 0.25
    view = View(q, vol * 60, 99.0, DELTA_HAT, kappa_hat=kappa, intensity=1.0)
    spread = gamma * vol + 2 * math.log(1 + gamma / kappa) / gamma
    shift = q * gamma * vol
    found = distances(pool("reference_hummingbot", {"risk_factor": gamma}), view)
    assert found == pytest.approx((spread / 2 + shift, spread / 2 - shift))


def test_no_quote_is_nearer_to_the_mid_than_half_of_the_least_spread():
    view = View(1.0, 600.0, 99.0, DELTA_HAT, kappa_hat=50.0)
    found = distances(pool("reference_hummingbot", {"min_spread_bps": 4.0}), view)
    assert found[1] == 2.0


def test_both_sides_are_silent_before_the_first_calibration():
    found = distances(pool("reference_hummingbot", {}), View(0.1, 50.0, 50.0, DELTA_HAT))
    assert found == (math.inf, math.inf)
