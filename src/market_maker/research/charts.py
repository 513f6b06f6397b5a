"""What a page's charts show, as the numbers that its script draws from.

Colours come from the page's style sheet by the name of a style, so one chart serves a light and a
dark page and a printed one. Whatever colour distinguishes, a dash pattern or a shape does too.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from market_maker.model.units import NANOS_PER_MS

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

_DIGITS = 4
"""Digits that distinguish values within the span of a line, at least."""

_PLACES_MAX = 12
"""Digits after the point, at most: the last ones of a float are noise."""


class ChartLine(Struct, frozen=True, eq=False):
    """A series over time: a value holds until the next one, NaN interrupts it. style: a name that
    the page's script knows."""

    label: str
    style: str
    ts: Int64s
    values: Floats


class Markers(Struct, frozen=True, eq=False):
    """Single events. shape: "up" or "down", a triangle that points there."""

    label: str
    style: str
    ts: Int64s
    values: Floats
    shape: str


class Rule(Struct, frozen=True):
    """A level across the whole chart."""

    label: str
    value: float


class TimeChart(Struct, frozen=True, kw_only=True):
    """A chart over [start, end], ns. title: for readers who cannot see it. decimals: digits after
    the point of the values shown. height: pixels."""

    title: str
    start: int
    end: int
    lines: Sequence[ChartLine]
    markers: Sequence[Markers] = ()
    rules: Sequence[Rule] = ()
    height: int = 240
    decimals: int = 2
    with_zero: bool = False


class Curve(Struct, frozen=True):
    """values: one for each place; None interrupts the line. errors: one standard error each, where
    whiskers are drawn."""

    label: str
    style: str
    values: Sequence[float | None]
    errors: Sequence[float] = ()


class CurveChart(Struct, frozen=True, kw_only=True):
    """A chart over places evenly apart, with zero. current: the place that a line marks."""

    title: str
    places: Sequence[str]
    curves: Sequence[Curve]
    rules: Sequence[Rule] = ()
    current: int | None = None
    height: int = 240
    decimals: int = 2


Chart = TimeChart | CurveChart


def thinned(chart: Chart, buckets: int) -> Chart:
    """The same picture, of at most five points of a line for each of the buckets. Thinning a
    thinned chart to a divisor of its buckets is thinning the chart."""
    if isinstance(chart, CurveChart):
        return chart
    return structs.replace(chart, lines=[_thinned(line, chart, buckets) for line in chart.lines])


def _thinned(line: ChartLine, chart: TimeChart, buckets: int) -> ChartLine:
    kept = extremes(line.ts, line.values, chart.start, chart.end, buckets)
    return structs.replace(line, ts=line.ts[kept], values=line.values[kept])


def chart_data(chart: Chart) -> dict[str, object]:
    """A chart for the page's script."""
    if isinstance(chart, CurveChart):
        return _over_places(chart)
    return {
        "title": chart.title,
        "start": chart.start // NANOS_PER_MS,
        "end": -(-(chart.end - chart.start) // NANOS_PER_MS),
        "height": chart.height,
        "decimals": chart.decimals,
        "zero": chart.with_zero,
        "rules": _rules(chart.rules),
        "lines": [_line(line, chart) for line in chart.lines],
        "markers": [_markers(each, chart) for each in chart.markers],
    }


def _over_places(chart: CurveChart) -> dict[str, object]:
    return {
        "title": chart.title,
        "places": list(chart.places),
        "current": chart.current,
        "height": chart.height,
        "decimals": chart.decimals,
        "zero": True,
        "rules": _rules(chart.rules),
        "lines": [
            {
                "label": each.label,
                "style": each.style,
                "values": [_finite(value) for value in each.values],
                "errors": list(each.errors),
            }
            for each in chart.curves
        ],
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _rules(rules: Iterable[Rule]) -> list[dict[str, object]]:
    return [{"label": rule.label, "value": rule.value} for rule in rules]


def _line(line: ChartLine, chart: TimeChart) -> dict[str, object]:
    return {"label": line.label, "style": line.style} | _points(line.ts, line.values, chart)


def _markers(markers: Markers, chart: TimeChart) -> dict[str, object]:
    points = _points(markers.ts, markers.values, chart)
    named = {"label": markers.label, "style": markers.style, "up": markers.shape == "up"}
    return named | points


def _points(ts: Int64s, values: Floats, chart: TimeChart) -> dict[str, object]:
    """t: ms since the chart's start. v: values in units of 10^-places; None is a gap. Both as
    differences from the one before, which are short."""
    places = _places(values, chart.decimals)
    known = np.isfinite(values)
    whole = np.rint(values[known] * 10.0**places).astype(np.int64)
    steps = iter(np.diff(whole, prepend=0).tolist())
    return {
        "places": places,
        "t": np.diff((ts - chart.start) // NANOS_PER_MS, prepend=0).tolist(),
        "v": [next(steps) if each else None for each in known.tolist()],
    }


def _places(values: Floats, decimals: int) -> int:
    """Digits after the point that are kept: as shown, and enough to draw a line that moves little
    as finely as one that moves much."""
    finite = values[np.isfinite(values)]
    span = float(np.ptp(finite)) if len(finite) else 0.0
    needed = _DIGITS - math.floor(math.log10(span)) if span > 0 else 0
    return min(max(decimals, needed), _PLACES_MAX)


def extremes(ts: Int64s, values: Floats, start: int, end: int, buckets: int) -> Int64s:
    """Indices that draw the same chart with fewer points: of every bucket of time the first,
    lowest, highest and last, and one gap where there is any. All of them where few."""
    count = len(ts)
    if count <= 4 * buckets:
        return np.arange(count, dtype=np.int64)
    bucket = ((ts - start) * np.float64(buckets) / max(end - start, 1)).astype(np.int64)
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    last = np.append(first[1:], count) - 1
    by_value = np.lexsort((values, bucket))  # NaN sorts behind everything.
    finite = np.add.reduceat(np.isfinite(values).astype(np.int64), first)
    highest = by_value[first + np.maximum(finite - 1, 0)]
    gaps = by_value[last][finite <= last - first]
    kept = np.unique(np.concatenate((first, last, by_value[first], highest, gaps)))
    return kept.astype(np.int64)
