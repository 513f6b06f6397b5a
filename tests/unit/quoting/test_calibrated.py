"""GLFT on measured fills, with a dial of the spread and one of the lean."""

from decimal import Decimal

import pytest

from market_maker.quoting.closed_forms import LotMarket, half_and_lean
from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, distances, pool

SEEN = View(0.0, 60.0, 50.0, DELTA_HAT, kappa_hat=0.8, intensity=40_000.0)
HELD = View(3 * DELTA_HAT, 60.0, 50.0, DELTA_HAT, kappa_hat=0.8, intensity=40_000.0)


def half_and_shift(params, view, **fields):
    bid, ask = distances(pool("calibrated", params, **fields), view)
    return (bid + ask) / 2, (bid - ask) / 2


def test_the_model_stands_on_what_is_measured_and_not_on_what_is_configured():
    aversion = 0.05 * DELTA_HAT / 50.0
    half, lean, _ = half_and_lean(LotMarket(aversion, 60.0, 0.8, 40_000.0, aversion))
    assert half_and_shift({}, HELD) == pytest.approx((half, 3 * lean))
    assert half_and_shift({}, HELD, kappa=9) == half_and_shift({}, HELD)


def test_until_arrivals_are_measured_the_configured_law_stands_in():
    unmeasured = View(0.0, 60.0, 50.0, DELTA_HAT)
    near, far = (half_and_shift({}, unmeasured, kappa=kappa)[0] for kappa in (20, 2))
    assert near < far
    assert far == pytest.approx(5.0, abs=0.2)


def test_the_dial_of_the_spread_moves_no_lean_and_that_of_the_lean_no_spread():
    half, shift = half_and_shift({}, HELD)
    assert half_and_shift({"spread_adjustment": 0.5}, HELD) == pytest.approx((half / 2, shift))
    assert half_and_shift({"lean_adjustment": 3.0}, HELD) == pytest.approx((half, 3 * shift))


def test_what_fills_cost_is_added_in_full_whatever_the_dial():
    wary = View(0.0, 60.0, 50.0, DELTA_HAT, kappa_hat=0.8, intensity=40_000.0, impact=1.0)
    for dial in (0.25, 1.0):
        calm = half_and_shift({"spread_adjustment": dial}, SEEN, gamma=Decimal("0.000001"))[0]
        cautious = half_and_shift({"spread_adjustment": dial}, wary, gamma=Decimal("0.000001"))[0]
        assert cautious == pytest.approx(calm + 0.5, abs=5e-3)
