"""The place behind a fill is where the next question begins."""

from market_maker.model.listings import FillMark, ListedFill
from market_maker.model.orders import Side


def test_a_fill_marks_its_moment_and_its_number():
    fill = ListedFill("a", "mm-1", "v1", 42, Side.BUY, 100, 1, 0, 7)
    assert fill.mark == FillMark(7, 42)
