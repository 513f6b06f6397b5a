"""A picture of one dial: lines over the values of a parameter, places evenly apart."""

import html
import json
import math
from collections.abc import Sequence

from msgspec import Struct

from market_maker.research.charts import (
    BOTTOM,
    LEFT,
    PLOT_WIDTH,
    RIGHT,
    TOP,
    WIDTH,
    nice_ticks,
)
from market_maker.research.wording import NONE, number

HEIGHT = 230
_TICKS = 7


class Curve(Struct, frozen=True):
    """values: one for each place; None interrupts the line. style: a class of the style sheet."""

    label: str
    style: str
    values: Sequence[float | None]


class ChartLevel(Struct, frozen=True):
    """A level across the picture."""

    label: str
    value: float


class DialChart(Struct, frozen=True, kw_only=True):
    """places: values of the dial, as text. current: which place is the configuration's own, as a
    share of the width. title: for readers who cannot see it."""

    title: str
    places: Sequence[str]
    current: float
    curves: Sequence[Curve]
    levels: Sequence[ChartLevel] = ()


def dial_chart(chart: DialChart) -> str:
    """One `<svg>` element with the data of its read-out."""
    low, high = _bounds(chart)
    bottom = HEIGHT - BOTTOM

    def down(value: float | None) -> float:
        return math.nan if value is None else bottom - (value - low) * (bottom - TOP) / (high - low)

    here = LEFT + chart.current * PLOT_WIDTH
    parts = [
        *(_value_tick(value, down(value)) for value in nice_ticks(low, high)),
        *_place_ticks(chart, bottom),
        f'<line class="grid zero" y1="{TOP}" y2="{bottom}" x1="{here:.1f}" x2="{here:.1f}"/>',
        *(_level(level, down(level.value)) for level in chart.levels if low < level.value < high),
        *(
            f'<path class="line {each.style}" d="{_path([down(value) for value in each.values])}"/>'
            for each in chart.curves
        ),
        f'<line class="pointer" y1="{TOP}" y2="{bottom}" x1="-9" x2="-9"/>',
    ]
    readout = html.escape(_read_out(chart), quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="time" data-readout="{readout}">'
        f"<title>{html.escape(chart.title)}</title>{''.join(parts)}</svg>"
    )


def _bounds(chart: DialChart) -> tuple[float, float]:
    """Of the vertical axis: every curve, with zero and some room; levels only where they fit."""
    values = [value for each in chart.curves for value in each.values if value is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    margin = 0.08 * (high - low) or 1.0
    return (low - margin if low < 0 else 0.0), high + margin


def _value_tick(value: float, at: float) -> str:
    zero = "" if value else " zero"
    return (
        f'<line class="grid{zero}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{at:.1f}" dy=".32em" text-anchor="end">'
        f"{value:.4g}</text>"
    )


def _place_ticks(chart: DialChart, bottom: int) -> list[str]:
    last = len(chart.places) - 1
    parts = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>']
    for place in sorted({round(last * step / (_TICKS - 1)) for step in range(_TICKS)}):
        at = f"{LEFT + place / max(last, 1) * PLOT_WIDTH:.1f}"
        parts.append(
            f'<line class="axis" x1="{at}" x2="{at}" y1="{bottom}" y2="{bottom + 4}"/>'
            f'<text class="tick" x="{at}" y="{bottom + 18}" text-anchor="middle">'
            f"{html.escape(chart.places[place])}</text>"
        )
    return parts


def _level(level: ChartLevel, at: float) -> str:
    return (
        f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text class="tick over" x="{LEFT + 4}" y="{at - 5:.1f}">{html.escape(level.label)}</text>'
    )


def _path(down: Sequence[float]) -> str:
    words, drawing = [], False
    for place, at in enumerate(down):
        if math.isnan(at):
            drawing = False
            continue
        across = LEFT + place / max(len(down) - 1, 1) * PLOT_WIDTH
        words.append(f"{'L' if drawing else 'M'}{across:.1f},{at:.1f}")
        drawing = True
    return "".join(words)


def _read_out(chart: DialChart) -> str:
    """What the page's script shows under the pointer."""
    columns = [
        [NONE if value is None else number(value, 2) for value in each.values]
        for each in chart.curves
    ]
    labels = [each.label for each in chart.curves]
    return json.dumps(
        {
            "left": LEFT,
            "width": PLOT_WIDTH,
            "labels": labels,
            "clock": list(chart.places),
            "columns": columns,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
