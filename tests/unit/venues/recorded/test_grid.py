from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.recorded import grid as grid_module
from market_maker.venues.recorded.grid import Grid


@given(st.integers(0, 10**12), st.sampled_from(["0.1", "0.01", "0.001", "0.5", "1", "0.00001"]))
def test_every_multiple_of_the_step_is_counted_exactly(count, step):
    text = f"{count * Decimal(step):f}"
    assert Grid("price", Decimal(step))[text] == count


def test_trailing_zeros_change_nothing():
    grid = Grid("price", Decimal("0.1"))
    assert grid["61800.20"] == grid["61800.2000"] == 618_002


@pytest.mark.parametrize("text", ["61800.25", "0.1000000000000000000000000000000000000001"])
def test_a_price_between_two_ticks_is_refused(text):
    with pytest.raises(InvalidFieldError, match=r"a multiple of 0\.1"):
        Grid("price", Decimal("0.1"))[text]


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "-0.1", "-0.05", "1e40", "1e25"])
def test_what_is_no_count_of_steps_is_refused(text):
    with pytest.raises(InvalidFieldError, match="size: "):
        Grid("size", Decimal("0.1"), rounds_up=True)[text]


def test_a_size_between_two_lots_becomes_the_upper_one_and_is_counted_once():
    grid = Grid("size", Decimal("0.00001"), rounds_up=True)
    assert [grid[text] for text in ("25.42618900", "25.42618900", "1.00000000")] == [
        2_542_619,
        2_542_619,
        100_000,
    ]
    assert (grid.rounded, grid.converted) == (1, 2)


def test_what_is_remembered_is_bounded():
    grid = Grid("price", Decimal(1))
    for count in range(grid_module.REMEMBERED_MAX + 10):
        assert grid[str(count)] == count
    assert len(grid) <= grid_module.REMEMBERED_MAX
