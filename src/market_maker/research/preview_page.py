"""A preview as one self-contained HTML page: the ladder, and a picture of every dial."""

import html
from collections.abc import Iterable, Sequence

from market_maker.operations.preview import Dial, Preview
from market_maker.operations.quoted_ladder import Quoted
from market_maker.research.charts import Curve, CurveChart, Rule
from market_maker.research.report_page import Figure, report_page
from market_maker.research.wording import NONE, number

_NOTES = {
    "gamma": "Risk aversion, from an eighth of the configured one to eight times.",
    "kappa": "Decay of fill intensity, from an eighth of the configured one to eight times.",
    "sigma": "Volatility in bps per square root of hour; its long-run level stays.",
    "position": "From a full short to a full long position, base currency.",
}

_ROOM = 1.08
"""Of the largest value: a limit up to there is drawn."""

_FOOTER = (
    "The book is taken to be one tick wide around the mid, fair is the mid, and the terms that "
    "estimates would add are neutral."
)


def render(found: Preview) -> str:
    """The page. Equal previews have equal pages."""
    title = f"Preview of {found.symbol}"
    parts: tuple[str | Figure, ...] = (
        f"<h1>{html.escape(title)}</h1>",
        _header(found),
        _ladder(found),
        *(_dial(found, dial) for dial in found.dials if dial.curve),
        f"<footer>{html.escape(_FOOTER)}</footer>",
    )
    return report_page(title, parts)


def _header(found: Preview) -> str:
    moment, now = found.moment, found.now
    facts = (
        f"{found.strategy.replace('_', ' ')} · mid {moment.mid} · sigma "
        f"{moment.sigma:g} bps per square root of hour (long run {moment.sigma_ref:g}) · position "
        f"{moment.position} ({number(100 * found.q_hat, 1)} % of the limit)"
    )
    tiles = (
        ("Spread wanted", _bps(now.raw_spread_bps), "bps, total"),
        ("Spread quoted", _bps(now.spread_bps), f"bps, {now.clamp.value} the clamps"),
        ("Shift", _bps(now.shift_bps), "bps, both quotes lower"),
        ("Bid, ask", f"{_bps(now.bid_bps)} / {_bps(now.ask_bps)}", "bps from fair"),
    )
    shown = "".join(
        f"<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>"
        for name, value, note in tiles
    )
    warnings = "".join(f"<li>{html.escape(text)}</li>" for text in found.warnings)
    listed = f"<section><h2>Warnings</h2><ul>{warnings}</ul></section>" if warnings else ""
    return (
        f'<p class="facts">{html.escape(facts)}</p><dl class="tiles">{shown}</dl>'
        f'<p class="soft">{html.escape(found.feasibility)}</p>{listed}'
    )


def _bps(value: float | None) -> str:
    return number(value, 2)


def _ladder(found: Preview) -> str:
    members = list(found.quotes[0].members) if found.quotes else []
    head = ("", "Level", "Price", "From mid, bps", "Size", "Value", *members, "")
    asks = [quote for quote in found.quotes if quote.side == "ask"]
    bids = [quote for quote in found.quotes if quote.side == "bid"]
    rows = (_ladder_cells(quote, members) for quote in (*reversed(asks), *bids))
    return f"<section><h2>The ladder</h2>{_table(head, rows)}</section>"


def _ladder_cells(quote: Quoted, members: Sequence[str]) -> tuple[str, ...]:
    return (
        quote.side,
        str(quote.level),
        NONE if quote.price is None else str(quote.price),
        number(quote.distance_bps, 2),
        str(quote.size),
        number(float(quote.value), 2),
        *(f"{quote.members[name]} lots" for name in members),
        quote.problem,
    )


def _dial(found: Preview, dial: Dial) -> Figure:
    spreads = (
        Curve("wanted", "mid", [point.raw_spread_bps for point in dial.curve]),
        Curve("quoted", "net", [point.spread_bps for point in dial.curve]),
    )
    sides = (
        Curve("bid below fair", "buy", [point.bid_bps for point in dial.curve]),
        Curve("ask above fair", "sell", [point.ask_bps for point in dial.curve]),
        Curve("shift", "inventory", [point.shift_bps for point in dial.curve]),
    )
    limits = (
        Rule(f"floor {found.min_spread_bps:g}", found.min_spread_bps),
        Rule(f"ceiling {found.max_spread_bps:g}", found.max_spread_bps),
    )
    charts = (
        _chart(dial, "Total spread, bps", spreads, limits),
        _chart(dial, "Distances and shift, bps", sides, ()),
    )
    unit = f", {dial.unit}" if dial.unit else ""
    heading = f"{dial.name} (now {dial.current:g}{unit})"
    return Figure(heading, _NOTES[dial.name], charts, _dial_table(dial))


def _chart(dial: Dial, caption: str, curves: Sequence[Curve], limits: Sequence[Rule]) -> CurveChart:
    most = max((each or 0.0 for curve in curves for each in curve.values), default=0.0)
    return CurveChart(
        title=f"{caption}, against {dial.name}",
        places=[f"{point.value:.4g}" for point in dial.curve],
        curves=curves,
        # A limit far above the curves would press them into a flat line.
        rules=[limit for limit in limits if limit.value <= most * _ROOM],
        current=_current(dial),
    )


def _current(dial: Dial) -> int:
    """The place of the curve that is nearest to the value of now."""
    values = [point.value for point in dial.curve]
    return min(range(len(values)), key=lambda place: abs(values[place] - dial.current))


def _dial_table(dial: Dial) -> str:
    head = (dial.name, "Wanted", "Quoted", "Shift", "Bid", "Ask", "Clamps")
    rows = (
        (
            f"{point.value:.6g}",
            _bps(point.raw_spread_bps),
            _bps(point.spread_bps),
            _bps(point.shift_bps),
            _bps(point.bid_bps),
            _bps(point.ask_bps),
            point.clamp.value,
        )
        for point in dial.points
    )
    return _table(head, rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{titles}</tr>{body}</table>"
