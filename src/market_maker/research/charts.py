"""Static SVG pictures for the report: lines over time, bars, a curve with error bars.

Colours come from the page's style sheet through classes, so one picture serves a light and a
dark page and a printed one. Whatever colour distinguishes, a dash pattern, a shape or a label
distinguishes too.
"""

import html
import json
import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.research.wording import number, utc

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

WIDTH = 1080
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 10, 26
PLOT_WIDTH = WIDTH - LEFT - RIGHT
READ_OUT_COLUMNS = 360
"""Positions of the pointer that the read-out distinguishes."""

_MARKER_HALF_WIDTH = 5
_MARKERS_MANY = 60
"""More of one kind than this are drawn smaller."""

_TIME_STEPS_S = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800),
)
_MINUTE_S = 60
_TIME_TICKS_MAX = 9
_VALUE_TICKS = 5


class ChartLine(Struct, frozen=True, eq=False):
    """A series over time; NaN interrupts it. style: a class of the style sheet. step: a value
    holds until the next one, instead of moving there in a straight line."""

    label: str
    style: str
    ts: Int64s
    values: Floats
    step: bool = False


class Markers(Struct, frozen=True, eq=False):
    """Single events. shape: "up" or "down", a triangle that points there."""

    label: str
    style: str
    ts: Int64s
    values: Floats
    shape: str


class Rule(Struct, frozen=True):
    """A level across the whole picture."""

    label: str
    value: float


class TimeChart(Struct, frozen=True, kw_only=True):
    """A picture over [start, end], ns. title: for readers who cannot see it. decimals: digits
    after the point in the read-out."""

    title: str
    start: int
    end: int
    lines: Sequence[ChartLine]
    markers: Sequence[Markers] = ()
    rules: Sequence[Rule] = ()
    height: int = 240
    decimals: int = 2
    with_zero: bool = False


class _Axis(Struct, frozen=True):
    """Maps [low, high] to pixels [start, end]."""

    low: float
    high: float
    start: float
    end: float

    def at(self, values: Floats) -> Floats:
        span = self.high - self.low
        return self.start + (values - self.low) / span * (self.end - self.start)

    def one(self, value: float) -> float:
        return float(self.at(np.float64(value)))  # type: ignore[arg-type]


def nice_ticks(low: float, high: float, count: int = _VALUE_TICKS) -> list[float]:
    """About `count` round numbers within [low, high]; low < high."""
    rough = (high - low) / count
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = min((m * magnitude for m in (1, 2, 2.5, 5, 10)), key=lambda s: abs(s - rough))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def extremes(ts: Int64s, values: Floats, start: int, end: int, buckets: int) -> Int64s:
    """Indices that draw the same picture with fewer points: of every bucket of time the first,
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


def time_chart(chart: TimeChart) -> str:
    """The picture as one `<svg>` element with its read-out data."""
    bottom = chart.height - BOTTOM
    x = _Axis(0.0, max((chart.end - chart.start) / NANOS_PER_SECOND, 1e-9), LEFT, WIDTH - RIGHT)
    y = _value_axis(_all_values(chart), bottom, with_zero=chart.with_zero)
    parts = [
        _grid(y),
        _time_axis(chart.start, chart.end, x, bottom),
        *(_line(line, chart, x, y) for line in chart.lines),
        *(_rule(rule, y) for rule in chart.rules),
        *(_markers(markers, chart, x, y) for markers in chart.markers),
        f'<line class="pointer" y1="{TOP}" y2="{bottom}" x1="-9" x2="-9"/>',
    ]
    readout = html.escape(_read_out(chart), quote=True)
    return _svg(chart.title, chart.height, parts, f' class="time" data-readout="{readout}"')


def _svg(title: str, height: int, parts: Sequence[str], attributes: str = "") -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img"{attributes}>'
        f"<title>{html.escape(title)}</title>{''.join(parts)}</svg>"
    )


def _all_values(chart: TimeChart) -> Floats:
    series = [line.values for line in chart.lines] + [mark.values for mark in chart.markers]
    rules = np.array([rule.value for rule in chart.rules])
    return np.concatenate([*series, rules])


def _value_axis(values: Floats, bottom: float, *, with_zero: bool) -> _Axis:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if with_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    # A flat line stands in the middle of a readable scale.
    margin = 0.06 * (high - low) or max(abs(high) * 0.01, 1.0)
    return _Axis(low - margin, high + margin, bottom, TOP)


def _grid(y: _Axis) -> str:
    ticks = nice_ticks(y.low, y.high)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if not math.isclose(step, round(step, decimals), rel_tol=1e-6):
        decimals += 1  # Steps of 2.5 want one digit more.
    parts = []
    for value in ticks:
        at = f"{y.one(value):.1f}"
        zero = " zero" if abs(value) < step / 2 else ""
        parts.append(
            f'<line class="grid{zero}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>'
            f'<text class="tick" x="{LEFT - 8}" y="{at}" dy=".32em" text-anchor="end">'
            f"{number(value, decimals)}</text>"
        )
    return "".join(parts)


def _time_axis(start: int, end: int, x: _Axis, bottom: float) -> str:
    seconds = (end - start) / NANOS_PER_SECOND
    step = next((s for s in _TIME_STEPS_S if seconds / s <= _TIME_TICKS_MAX), _TIME_STEPS_S[-1])
    first = -(-start // (step * NANOS_PER_SECOND)) * step
    parts = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>']
    shape = "%H:%M:%S" if step < _MINUTE_S else "%H:%M"
    for moment in range(first, end // NANOS_PER_SECOND + 1, step):
        at = f"{x.one(moment - start / NANOS_PER_SECOND):.1f}"
        label = utc(moment * NANOS_PER_SECOND, shape)
        parts.append(
            f'<line class="axis" x1="{at}" x2="{at}" y1="{bottom}" y2="{bottom + 4}"/>'
            f'<text class="tick" x="{at}" y="{bottom + 18}" text-anchor="middle">{label}</text>'
        )
    return "".join(parts)


def _rule(rule: Rule, y: _Axis) -> str:
    at = y.one(rule.value)
    return (
        f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text class="tick over" x="{LEFT + 4}" y="{at - 5:.1f}">'
        f"{html.escape(rule.label)}</text>"
    )


def _line(line: ChartLine, chart: TimeChart, x: _Axis, y: _Axis) -> str:
    kept = extremes(line.ts, line.values, chart.start, chart.end, PLOT_WIDTH)
    ts, values = line.ts[kept], line.values[kept]
    if line.step and len(ts):  # The last value holds to the end.
        ts, values = np.append(ts, chart.end), np.append(values, values[-1])
    across = x.at((ts - chart.start) / NANOS_PER_SECOND)
    path = _path(across, y.at(values), step=line.step)
    return f'<path class="line {line.style}" d="{path}"/>'


def _path(across: Floats, down: Floats, *, step: bool) -> str:
    words: list[str] = []
    drawing = False
    for left, top in zip(across.tolist(), down.tolist(), strict=True):
        if math.isnan(top):
            if drawing and step:
                words.append(f"H{left:.1f}")
            drawing = False
        elif not drawing:
            words.append(f"M{left:.1f},{top:.1f}")
            drawing = True
        else:
            words.append(f"H{left:.1f}V{top:.1f}" if step else f"L{left:.1f},{top:.1f}")
    return "".join(words)


def _markers(markers: Markers, chart: TimeChart, x: _Axis, y: _Axis) -> str:
    across = x.at((markers.ts - chart.start) / NANOS_PER_SECOND)
    down = y.at(markers.values)
    # Two that would cover each other are drawn once.
    spots = dict.fromkeys(zip(across.round().tolist(), down.round().tolist(), strict=True))
    half = _MARKER_HALF_WIDTH if len(spots) <= _MARKERS_MANY else _MARKER_HALF_WIDTH - 2
    away, back = (-half, 2 * half) if markers.shape == "up" else (half, -2 * half)
    path = "".join(
        f"M{left:.0f},{top + away:.0f}l{half},{back}h{-2 * half}z" for left, top in spots
    )
    return f'<path class="marker {markers.style}" d="{path}"/>'


def _read_out(chart: TimeChart) -> str:
    """What the page's script shows under the pointer: one text per line and column."""
    span = chart.end - chart.start
    times = chart.start + np.arange(READ_OUT_COLUMNS + 1, dtype=np.int64) * (
        span // READ_OUT_COLUMNS
    )
    columns = []
    for line in chart.lines:
        index = np.searchsorted(line.ts, times, side="right") - 1
        values = [line.values[i] if i >= 0 else math.nan for i in index.tolist()]
        columns.append([number(value, chart.decimals) for value in values])
    clock = [utc(ts, "%H:%M:%S.%f")[:-5] for ts in times.tolist()]
    labels = [line.label for line in chart.lines]
    return json.dumps(
        {"left": LEFT, "width": PLOT_WIDTH, "labels": labels, "clock": clock, "columns": columns},
        ensure_ascii=False,
        separators=(",", ":"),
    )


class Bar(Struct, frozen=True):
    """One amount of a bar chart."""

    label: str
    value: float
    style: str
    shown: str


def bar_chart(title: str, bars: Sequence[Bar]) -> str:
    """Horizontal bars from a common zero, their values written beside them."""
    row, left, right = 30, 150, 130
    height = TOP + row * len(bars) + 8
    low = min(0.0, *(bar.value for bar in bars))
    high = max(0.0, *(bar.value for bar in bars))
    if low == high:
        high = 1.0
    # Room for the numbers of bars that point to the left.
    axis = _Axis(low, high, left + (right if low < 0 else 0), WIDTH - right)
    zero = axis.one(0.0)
    parts = [f'<line class="axis" x1="{zero:.1f}" x2="{zero:.1f}" y1="{TOP}" y2="{height - 8}"/>']
    for i, bar in enumerate(bars):
        at, tip = TOP + row * i, axis.one(bar.value)
        anchor, gap = ("end", -8) if bar.value < 0 else ("start", 8)
        parts.append(
            f'<text class="name" x="0" y="{at + row / 2:.1f}" dy=".32em">'
            f"{html.escape(bar.label)}</text>"
            f'<rect class="bar {bar.style}" x="{min(zero, tip):.1f}" y="{at + 5}" '
            f'width="{max(abs(tip - zero), 1):.1f}" height="{row - 10}"/>'
            f'<text class="amount" x="{tip + gap:.1f}" y="{at + row / 2:.1f}" dy=".32em" '
            f'text-anchor="{anchor}">{html.escape(bar.shown)}</text>'
        )
    return _svg(title, height, parts)


class CurvePoint(Struct, frozen=True):
    """A mean and its standard error at one place of the horizontal axis."""

    label: str
    mean: float
    error: float


def curve(title: str, points: Sequence[CurvePoint], height: int = 240) -> str:
    """Means joined by a line, with bars of one standard error; places evenly apart."""
    bottom = height - BOTTOM
    means = np.array([point.mean for point in points])
    errors = np.array([point.error for point in points])
    y = _value_axis(np.concatenate((means - errors, means + errors)), bottom, with_zero=True)
    across = LEFT + (np.arange(len(points)) + 0.5) * PLOT_WIDTH / max(len(points), 1)
    parts = [
        _grid(y),
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>',
        f'<path class="line net" d="{_path(across, y.at(means), step=False)}"/>',
    ]
    for point, left in zip(points, across.tolist(), strict=True):
        at = y.one(point.mean)
        low, high = y.one(point.mean - point.error), y.one(point.mean + point.error)
        parts.append(
            f'<path class="whisker" d="M{left:.1f},{low:.1f}V{high:.1f}'
            f'M{left - 6:.1f},{low:.1f}h12M{left - 6:.1f},{high:.1f}h12"/>'
            f'<circle class="dot" cx="{left:.1f}" cy="{at:.1f}" r="4"/>'
            f'<text class="amount" x="{left + 10:.1f}" y="{at - 9:.1f}">'
            f"{number(point.mean, 2)}</text>"
            f'<text class="tick" x="{left:.1f}" y="{bottom + 18}" text-anchor="middle">'
            f"{html.escape(point.label)}</text>"
        )
    return _svg(title, height, parts)


class ChartSpan(Struct, frozen=True):
    """A value with the interval around it."""

    label: str
    value: float
    low: float
    high: float
    shown: str


def intervals(title: str, spans: Sequence[ChartSpan]) -> str:
    """Horizontal intervals around a common zero, a dot at each value."""
    row, left, right = 30, 260, 130
    height = TOP + row * len(spans) + 8
    low = min(0.0, *(span.low for span in spans))
    high = max(0.0, *(span.high for span in spans))
    axis = _Axis(low, high if high > low else low + 1.0, left, WIDTH - right)
    zero = axis.one(0.0)
    parts = [f'<line class="axis" x1="{zero:.1f}" x2="{zero:.1f}" y1="{TOP}" y2="{height - 8}"/>']
    for i, span in enumerate(spans):
        at = TOP + row * (i + 0.5)
        start, end, dot = axis.one(span.low), axis.one(span.high), axis.one(span.value)
        parts.append(
            f'<text class="name" x="0" y="{at:.1f}" dy=".32em">{html.escape(span.label)}</text>'
            f'<path class="whisker" d="M{start:.1f},{at:.1f}H{end:.1f}'
            f'M{start:.1f},{at - 5:.1f}v10M{end:.1f},{at - 5:.1f}v10"/>'
            f'<circle class="dot" cx="{dot:.1f}" cy="{at:.1f}" r="4"/>'
            f'<text class="amount" x="{max(end, dot) + 10:.1f}" y="{at:.1f}" dy=".32em">'
            f"{html.escape(span.shown)}</text>"
        )
    return _svg(title, height, parts)
