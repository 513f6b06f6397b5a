"""The tutorial's formulas, beside the same in ticks and seconds."""

import math

import numpy as np
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import View
from tests.unit.quoting.settings import DELTA_HAT, distances, pool


def compute_coeff(xi, gamma, delta, a, k):
    inv_k = np.divide(1, k)
    c1 = 1 / (xi * delta) * np.log(1 + xi * delta * inv_k)
    c2 = np.sqrt(gamma / (2 * a * delta * k) * (1 + xi * delta * inv_k) ** (k / (xi * delta) + 1))
    return c1, c2


@pytest.mark.parametrize("orders", [-3, 0, 2])
def test_half_spread_and_skew_are_those_of_the_tutorial(orders):
    gamma, a, k, sigma = 0.05, 1.4, 0.9, 0.35  # per bps, per second, per bps, bps per sqrt(s)
    c1, c2 = compute_coeff(gamma, gamma, 1, a, k)
    half, skew = c1 + 0.5 * c2 * sigma, c2 * sigma
    view = View(orders * DELTA_HAT, sigma * 60, 99.0, DELTA_HAT, kappa_hat=k, intensity=a * 3_600)
    config = pool("reference_glft", {"spread_adjustment": 1.5, "inventory_adjustment": 0.5})
    expected = 1.5 * half + 0.5 * skew * orders, 1.5 * half - 0.5 * skew * orders
    assert distances(config, view) == pytest.approx(expected)


def test_both_sides_are_silent_before_the_first_calibration():
    assert distances(pool("reference_glft", {}), View(0.1, 50.0, 50.0, DELTA_HAT)) == (
        math.inf,
        math.inf,
    )


def test_its_dials_have_bounds():
    with pytest.raises(InvalidFieldError, match="gamma_per_bps"):
        strategy(pool("reference_glft", {"gamma_per_bps": 0}))
