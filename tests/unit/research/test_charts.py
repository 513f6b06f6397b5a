import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.research.charts import (
    ChartLine,
    Curve,
    CurveChart,
    Markers,
    Rule,
    TimeChart,
    chart_data,
    extremes,
    thinned,
)

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
BUCKETS = 500


def _data(values, **more):
    ts = START + np.arange(len(values), dtype=np.int64) * SECOND
    line = ChartLine("mid", "mid", ts, np.array(values, dtype=float))
    fields = {"title": "t", "start": START, "end": START + 60 * SECOND, "lines": (line,)}
    return chart_data(thinned(TimeChart(**(fields | more)), BUCKETS))


def _read(line):
    """As the page's script reads it: ms since the start, and values with None for a gap."""
    total, values = 0, []
    for step in line["v"]:
        total += step or 0
        values.append(None if step is None else total / 10 ** line["places"])
    return np.cumsum(line["t"]).tolist(), values


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


@given(
    st.lists(st.one_of(st.integers(-9, 9), st.just(math.nan)), min_size=1, max_size=400),
    st.integers(1, 12),
    st.integers(1, 4),
)
def test_what_is_thinned_in_steps_is_what_is_thinned_at_once(values, buckets, times):
    line = ChartLine("mid", "mid", np.arange(len(values)), np.array(values, dtype=float))
    whole = TimeChart(title="t", start=0, end=len(values), lines=(line,))
    (once,) = thinned(whole, buckets).lines
    (stepped,) = thinned(thinned(whole, buckets * times), buckets).lines
    assert stepped.ts.tolist() == once.ts.tolist() or len(once.ts) == len(values)


@given(
    st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), max_size=60),
    st.integers(0, 8),
)
def test_what_the_page_reads_is_the_line_to_a_ten_thousandth_of_its_span(values, decimals):
    (line,) = _data(values, decimals=decimals)["lines"]
    times, read = _read(line)
    assert times == [1000 * i for i in range(len(values))]
    assert [each is None for each in read] == [math.isnan(value) for value in values]
    known = [value for value in values if math.isfinite(value)]
    span = max(known) - min(known) if known else 0.0
    shown_to = 0.5 * 10.0**-decimals
    apart = max(min(shown_to, span / 1e4) if span else shown_to, 1e-9)
    for value, shown in zip(values, read, strict=True):
        if shown is not None:
            assert abs(value - shown) <= apart + 1e-9  # of a half in binary


def test_a_line_that_moves_little_is_drawn_as_finely_as_one_that_moves_much():
    (line,) = _data([0.0, 0.00012, 0.00009], decimals=2)["lines"]
    assert _read(line)[1] == pytest.approx([0.0, 0.00012, 0.00009], abs=1e-9)


def test_marks_and_levels_keep_their_places():
    marks = Markers("sold", "sell", START + np.array([500_000_000]), np.array([1.5]), "down")
    data = _data([1.0, 2.0], markers=(marks,), rules=(Rule("floor", 1.0),))
    (shown,) = data["markers"]
    assert (shown["up"], _read(shown)) == (False, ([500], [1.5]))
    assert data["rules"] == [{"label": "floor", "value": 1.0}]


def test_a_curve_keeps_its_places_its_gaps_and_its_errors():
    curve = Curve("markout", "net", [0.5, None, math.nan], [0.1, 0.0, 0.0])
    chart = CurveChart(title="t", places=["1 s", "5 s", "9 s"], curves=(curve,), current=1)
    data = chart_data(thinned(chart, BUCKETS))
    assert (data["places"], data["current"]) == (["1 s", "5 s", "9 s"], 1)
    assert data["lines"][0]["values"] == [0.5, None, None]
    assert data["lines"][0]["errors"] == [0.1, 0.0, 0.0]
