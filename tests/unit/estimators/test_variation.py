"""Sums over returns as volatilities."""

import math

import pytest

from market_maker.estimators.variation import PER_SQRT_SECOND, Variation


def test_volatilities_are_means_in_bps_per_square_root_of_an_hour():
    variation = Variation(samples=4, realised=4e-8, bipower=1e-8)
    assert variation.sigma == pytest.approx(1e-4 * 10_000 * math.sqrt(3_600))
    assert variation.sigma_clean == pytest.approx(0.5 * variation.sigma)
    assert pytest.approx(10_000 * 60) == PER_SQRT_SECOND


def test_the_jump_ratio_is_unknown_where_nothing_is_free_of_jumps():
    assert Variation(2, 3.0, 1.0).jump_ratio == 3.0
    assert Variation(2, 3.0, 0.0).jump_ratio is None
