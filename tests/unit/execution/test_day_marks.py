"""The day's result is measured from its beginning, the drawdown from its peak."""

from decimal import Decimal

from market_maker.execution.day_marks import DayFigures, DayMark, DayMarks
from market_maker.model.history import DAY, HOUR
from market_maker.model.units import Nanos

NOON = Nanos(100 * DAY + 12 * HOUR)
SYMBOL = "BTCUSDT-PERP"


def test_the_first_net_of_a_day_is_its_opening():
    marks = DayMarks()
    assert marks.figures(SYMBOL, NOON, Decimal(7)) is None
    marks.saw(SYMBOL, NOON, Decimal(7))
    assert marks.figures(SYMBOL, NOON, Decimal(5)) == DayFigures(Decimal(-2), Decimal(2))


def test_the_drawdown_is_from_the_highest_that_was_seen_and_never_below_zero():
    marks = DayMarks()
    for net in (0, 30, 10):
        marks.saw(SYMBOL, NOON, Decimal(net))
    assert marks.figures(SYMBOL, NOON, Decimal(10)) == DayFigures(Decimal(10), Decimal(20))
    assert marks.figures(SYMBOL, NOON, Decimal(40)) == DayFigures(Decimal(40), Decimal(0))


def test_midnight_begins_a_new_day():
    marks = DayMarks()
    marks.saw(SYMBOL, NOON, Decimal(30))
    assert marks.figures(SYMBOL, Nanos(NOON + DAY), Decimal(10)) is None
    marks.saw(SYMBOL, Nanos(NOON + DAY), Decimal(10))
    assert marks.figures(SYMBOL, Nanos(NOON + DAY), Decimal(15)) == DayFigures(Decimal(5), 0)


def test_what_an_earlier_run_saw_of_the_day_counts():
    marks = DayMarks()
    assert not marks.knows(SYMBOL)
    marks.begin(SYMBOL, DayMark(NOON // DAY, Decimal(-5), Decimal(50)))
    marks.saw(SYMBOL, NOON, Decimal(20))
    assert marks.knows(SYMBOL)
    assert marks.figures(SYMBOL, NOON, Decimal(20)) == DayFigures(Decimal(25), Decimal(30))
