"""Differences between two runs as the cells of a table."""

import pytest

from market_maker.research.comparison_wording import (
    DIFFERENCES,
    NONE,
    bracket,
    differences_of,
    value,
)
from market_maker.research.resampling import Interval, RunDifference

ABOVE, AROUND, NEVER = Interval(2.0, 1.0, 3.0), Interval(0.5, -1.0, 2.0), Interval(None, None, None)


@pytest.mark.parametrize(
    ("interval", "shown", "between"),
    [(ABOVE, "+2.0", "[+1.0, +3.0] *"), (AROUND, "+0.5", "[-1.0, +2.0]"), (NEVER, NONE, NONE)],
)
def test_a_star_stands_where_all_of_an_interval_is_on_one_side(interval, shown, between):
    assert value(interval, 1).replace("−", "-") == shown
    assert bracket(interval, 1, trusted=True).replace("−", "-") == between
    assert "*" not in bracket(interval, 1, trusted=False)


def test_a_run_without_another_has_no_difference_in_any_column():
    assert differences_of(None, "USDT") == [NONE] * len(DIFFERENCES)


def test_every_column_has_its_cell():
    apart = RunDifference(ABOVE, AROUND, NEVER, block_seconds=30, blocks=40)
    cells = differences_of(apart, "USDT")
    assert len(cells) == len(DIFFERENCES)
    assert cells[-1] == "40 of 30 s"
