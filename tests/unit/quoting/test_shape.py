"""Levels stand one spacing apart and are of equal size."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.shape import SPACING_MIN_BPS, check_multiple, even
from tests.builders import pool


def test_levels_are_even():
    shape = even(pool(num_levels=3, level_spacing_bps=2.5))
    assert shape.offsets_bps == (0.0, 2.5, 5.0)
    assert shape.sizes == (1.0, 1.0, 1.0)


def test_levels_that_are_one_level_are_refused():
    with pytest.raises(InvalidFieldError, match=f"at least {SPACING_MIN_BPS}"):
        even(pool(num_levels=2, level_spacing_bps=Decimal("0.0001")))


def test_a_multiple_may_be_what_one_order_may_be_worth():
    config = pool(order_size_usdt=500, max_order_value_usdt=1_500)
    check_multiple(config, "depth", 3.0)
    with pytest.raises(InvalidFieldError, match="at most 3 times"):
        check_multiple(config, "depth", 3.1)
    with pytest.raises(InvalidFieldError, match="at most 2 times"):
        check_multiple(pool(order_size_usdt=500), "depth", 2.1)
