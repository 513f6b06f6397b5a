"""One self-contained HTML page: no link leads out of the file, and its policy lets nothing out.

Its charts are drawn by uPlot, the library of the web panel: the built file and its licence are
those of the panel's lock, copied by `make panel` and compared by a test.
"""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

from msgspec import Struct

from market_maker.research.charts import Chart, TimeChart, chart_data, thinned

PAGE_BYTES = 400_000
"""A page is made to fit in this by drawing its lines from fewer points."""

_BUCKETS = (960, 480, 240, 120, 60, 30, 15)
"""Stretches of time that a line keeps the extremes of: 960 are pixels of a wide window. Each number
divides the one before, so that the long lines are gone through once."""

_HOW_TO = (
    "Charts: drag over a stretch to see it alone, in all charts over time; a double click shows "
    "all. With a chart focused, + and − zoom, the arrows move, 0 shows all. A click on a line's "
    "name hides it."
)


class Figure(Struct, frozen=True):
    """A section with charts. below: HTML that follows them."""

    heading: str
    note: str
    charts: Sequence[Chart]
    below: str = ""


def report_page(title: str, parts: Sequence[str | Figure], style: str = "") -> str:
    """The page of sections, each HTML or a figure. style: more of the style sheet. Equal parts
    have equal pages."""
    charts: list[Chart] = []
    body = "".join(part if isinstance(part, str) else _section(part, charts) for part in parts)
    around = _document(title, body, style, "" if not charts else _drawn(""))
    if not charts:
        return around
    room = PAGE_BYTES - len(around.encode())
    return _document(title, body, style, _drawn(_numbers(charts, room)))


def _section(figure: Figure, charts: list[Chart]) -> str:
    shown = []
    if figure.charts and not charts:
        shown.append(f'<p class="soft">{html.escape(_HOW_TO)}</p>')
    for chart in figure.charts:
        shown.append(_place(chart, len(charts), captioned=len(figure.charts) > 1))
        charts.append(chart)
    return (
        f"<section><h2>{html.escape(figure.heading)}</h2>"
        f'<p class="soft">{html.escape(figure.note)}</p>{"".join(shown)}{figure.below}</section>'
    )


def _place(chart: Chart, number: int, *, captioned: bool) -> str:
    title = html.escape(chart.title)
    caption = f"<figcaption>{title}</figcaption>" if captioned else ""
    keys = "".join(
        f'<span class="{each.style}">{"▲" if each.shape == "up" else "▽"} '
        f"{html.escape(each.label)}</span>"
        for each in (chart.markers if isinstance(chart, TimeChart) else ())
    )
    return (
        f'<figure>{caption}<p class="keys">{keys}</p>'
        f'<div class="chart" data-chart="{number}" tabindex="0" role="group" aria-label="{title}">'
        "</div></figure>"
    )


def _numbers(charts: Sequence[Chart], room: int) -> str:
    """The charts' numbers, as finely as fits in so many bytes."""
    text = ""
    for buckets in _BUCKETS:
        charts = [thinned(chart, buckets) for chart in charts]
        data = [chart_data(chart) for chart in charts]
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text = text.replace("<", "\\u003c")
        if len(text.encode()) <= room:
            break
    return text


def _drawn(numbers: str) -> str:
    scripts = "".join(f"<script>{each}</script>" for each in _scripts())
    return f'<script type="application/json" id="charts">{numbers}</script>{scripts}'


def _document(title: str, body: str, style: str, scripts: str) -> str:
    sheets = "".join(_resource(name) for name in ("uplot.min.css", "report.css"))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(drawn=bool(scripts))}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{sheets}{style}</style></head>"
        f"<body><main>{body}</main>{scripts}</body></html>\n"
    )


@cache
def _policy(*, drawn: bool) -> str:
    """Two scripts by their hash, or none; styles of the page; no address at all."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in _scripts())
    scripts = " ".join(f"'sha256-{each.decode()}'" for each in hashes) if drawn else "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _scripts() -> tuple[str, str]:
    """The chart library under its licence, and what draws this page's charts with it."""
    banner, _, library = _resource("uplot.min.js").partition("\n")
    version = banner.rpartition("(v")[2].partition(")")[0]
    licence = _resource("uplot.license.txt")
    return f"/*! uPlot {version}\n{licence}*/\n{library}", _resource("report.js")


@cache
def _resource(name: str) -> str:
    return resources.files("market_maker.research").joinpath(name).read_text("utf-8")
