import json
import math
from html import unescape
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.research.charts import (
    Bar,
    ChartLine,
    CurvePoint,
    Markers,
    Rule,
    TimeChart,
    bar_chart,
    curve,
    extremes,
    nice_ticks,
    time_chart,
)

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


def _chart(values, **more):
    ts = START + np.arange(len(values), dtype=np.int64) * SECOND
    line = ChartLine("mid", "mid", ts, np.array(values, dtype=float))
    fields = {"title": "t", "start": START, "end": START + 60 * SECOND, "lines": (line,)}
    return time_chart(TimeChart(**(fields | more)))


def _parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 - we drew it


def _paths(svg, style):
    return [e.get("d") for e in _parsed(svg).iter("path") if style in e.get("class")]


@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), min_size=1, max_size=400),
    st.integers(1, 12),
)
def test_fewer_points_keep_the_extremes_and_the_gaps_of_every_bucket(values, buckets):
    values = np.array(values)
    ts = np.arange(len(values), dtype=np.int64)
    kept = extremes(ts, values, 0, len(values), buckets)
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0
    assert kept[-1] == len(values) - 1
    assert len(kept) <= 5 * buckets
    for bucket in range(buckets):
        inside = ts * buckets // len(values) == bucket
        chosen = values[kept[inside[kept]]]
        if np.isfinite(values[inside]).any():
            assert np.nanmin(chosen) == np.nanmin(values[inside])
            assert np.nanmax(chosen) == np.nanmax(values[inside])
        assert np.isnan(chosen).any() == np.isnan(values[inside]).any()


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_within_the_axis(low, span):
    ticks = nice_ticks(low, low + span)
    assert 2 <= len(ticks) <= 11
    assert min(ticks) >= low - 1e-6 * span
    assert max(ticks) <= low + span + 1e-6 * span


def test_a_gap_interrupts_the_line():
    (path,) = _paths(_chart([1.0, 2.0, math.nan, 3.0]), "mid")
    assert path.count("M") == 2


def test_a_step_holds_until_the_next_and_the_last_one_to_the_end():
    ts = START + np.array([0, 10]) * SECOND
    line = ChartLine("bid", "buy", ts, np.array([1.0, 2.0]), step=True)
    chart = TimeChart(title="t", start=START, end=START + 60 * SECOND, lines=(line,))
    (path,) = _paths(time_chart(chart), "buy")
    assert path.count("H") == 2
    assert "L" not in path


def test_markers_on_one_spot_are_drawn_once():
    ts = np.array([START, START, START + 30 * SECOND])
    marks = Markers("bought", "buy", ts, np.array([1.0, 1.0, 1.0]), "up")
    (path,) = _paths(_chart([1.0, 2.0], markers=(marks,)), "marker")
    assert path.count("z") == 2


def test_the_read_out_says_what_the_line_says():
    svg = _parsed(_chart([1.0, 2.0], decimals=1))
    data = json.loads(unescape(svg.get("data-readout")))
    assert data["labels"] == ["mid"]
    assert data["columns"][0][0] == "1.0"
    assert data["columns"][0][-1] == "2.0"
    assert len(data["clock"]) == len(data["columns"][0])


@pytest.mark.parametrize("values", [[], [5.0], [math.nan], [0.0, 0.0], [1e9, 1e9 + 1e-3]])
def test_any_series_has_a_picture(values):
    _parsed(_chart(values, rules=(Rule("floor", 1.0),)))


def test_names_are_escaped():
    svg = bar_chart("<t>", [Bar("a & b", 1.0, "net", "<1>")])
    texts = [element.text for element in _parsed(svg).iter() if element.text]
    assert texts == ["<t>", "a & b", "<1>"]


def test_bars_of_nothing_and_of_losses_are_drawn():
    for values in ([0.0, 0.0], [-1.0, -2.0], [3.0, -2.0]):
        bars = [Bar(str(value), value, "net", str(value)) for value in values]
        rects = list(_parsed(bar_chart("t", bars)).iter("rect"))
        assert all(float(rect.get("width")) >= 1 for rect in rects)


def test_a_curve_shows_every_mean():
    svg = _parsed(curve("t", [CurvePoint("1 s", 0.5, 0.1), CurvePoint("5 s", -0.5, 0.0)]))
    assert len(list(svg.iter("circle"))) == 2
