"""Amounts and intervals around a common zero: rows of a table with a bar in each, by the style
sheet alone."""

import html
from collections.abc import Sequence

from msgspec import Struct

_WHOLE = 100.0
"""Per cent of a track's width."""


class Bar(Struct, frozen=True):
    """One amount. style: a class of the style sheet."""

    label: str
    value: float
    style: str
    shown: str


class ChartSpan(Struct, frozen=True):
    """A value with the interval around it."""

    label: str
    value: float
    low: float
    high: float
    shown: str


class _Track(Struct, frozen=True):
    """Maps [low, high], which hold zero, to the width of a track."""

    low: float
    high: float

    def at(self, value: float) -> float:
        return _WHOLE * (value - self.low) / (self.high - self.low)

    def between(self, start: float, end: float) -> str:
        left, right = self.at(min(start, end)), self.at(max(start, end))
        return f"left:{left:.2f}%;width:{right - left:.2f}%"

    def zero(self) -> str:
        return f'<span class="zero" style="left:{self.at(0.0):.2f}%"></span>'


def bar_table(title: str, bars: Sequence[Bar]) -> str:
    """Bars from zero, their values written beside them."""
    track = _track([bar.value for bar in bars])
    rows = (
        _row(bar.label, track, _span(f"bar {bar.style}", track.between(0.0, bar.value)), bar.shown)
        for bar in bars
    )
    return _table(title, "".join(rows))


def interval_table(title: str, spans: Sequence[ChartSpan]) -> str:
    """Intervals, a dot at each value."""
    track = _track([each for span in spans for each in (span.low, span.high)])
    rows = []
    for span in spans:
        whisker = _span("whisker", track.between(span.low, span.high))
        dot = _span("dot", f"left:{track.at(span.value):.2f}%")
        rows.append(_row(span.label, track, whisker + dot, span.shown))
    return _table(title, "".join(rows))


def _track(values: Sequence[float]) -> _Track:
    low, high = min([0.0, *values]), max([0.0, *values])
    return _Track(low, high if high > low else low + 1.0)


def _span(style: str, place: str) -> str:
    return f'<span class="{style}" style="{place}"></span>'


def _row(label: str, track: _Track, drawn: str, shown: str) -> str:
    return (
        f'<tr><th scope="row">{html.escape(label)}</th>'
        f'<td class="track" aria-hidden="true"><div>{track.zero()}{drawn}</div></td>'
        f"<td>{html.escape(shown)}</td></tr>"
    )


def _table(title: str, rows: str) -> str:
    return f'<table class="bars"><caption>{html.escape(title)}</caption>{rows}</table>'
