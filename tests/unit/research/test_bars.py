import re
from xml.etree import ElementTree as ET

import pytest

from market_maker.research.bars import Bar, ChartSpan, bar_table, interval_table


def _rows(table):
    return list(ET.fromstring(table).iter("tr"))  # noqa: S314 - we wrote it


def _places(row, name):
    """left and width of what a row draws, per cent of its track."""
    for span in row.iter("span"):
        if name in span.get("class").split():
            return [float(each) for each in re.findall(r"[-0-9.]+(?=%)", span.get("style"))]
    return None


@pytest.mark.parametrize("values", [[0.0, 0.0], [-1.0, -2.0], [3.0, -2.0], [1e9, 1e-9]])
def test_a_bar_reaches_from_zero_to_its_value_within_the_track(values):
    rows = _rows(bar_table("t", [Bar(str(each), each, "net", str(each)) for each in values]))
    for value, row in zip(values, rows, strict=True):
        (zero,) = _places(row, "zero")
        left, width = _places(row, "bar")
        assert 0 <= left <= left + width <= 100.01
        assert (left + width if value < 0 else left) == pytest.approx(zero, abs=0.02)


def test_an_interval_holds_its_dot_and_shows_whether_it_crosses_zero():
    spans = [ChartSpan("sure", 2.0, 1.0, 3.0, "+2"), ChartSpan("unsure", 0.5, -1.0, 2.0, "+0.5")]
    sure, unsure = _rows(interval_table("t", spans))
    for row, crosses in ((sure, False), (unsure, True)):
        left, width = _places(row, "whisker")
        assert left <= _places(row, "dot")[0] <= left + width
        assert (left < _places(row, "zero")[0]) is crosses


def test_names_and_amounts_are_text_and_not_markup():
    table = bar_table("<t>", [Bar("a & b", 1.0, "net", "<1>")])
    texts = [each.text for each in ET.fromstring(table).iter() if each.text]  # noqa: S314 - ours
    assert texts == ["<t>", "a & b", "<1>"]
