"""One self-contained HTML page about live against simulation. How to read it:
docs/reading-a-report.md."""

import html
from collections.abc import Iterable, Sequence

import numpy as np

from market_maker.model.units import NANOS_PER_SECOND, Value
from market_maker.replay_venue.recorded_exchange import mids_at
from market_maker.research.bars import ChartSpan, interval_table
from market_maker.research.charts import ChartLine, TimeChart
from market_maker.research.parity import Parity, SideOutcome
from market_maker.research.parity_result import ParityResult, verdict
from market_maker.research.replay_accounting import pnl_path
from market_maker.research.report_page import Figure, report_page
from market_maker.research.wording import money_decimals, number, period, signed


def render_parity(parity: Parity, result: ParityResult) -> str:
    """The page. Equal comparisons have equal pages."""
    title = f"Live against simulation of {result.symbol}"
    parts = (
        _header(title, result),
        _equity(parity),
        _gap(result),
        _sides(result),
        _fills(result),
        _limits(result),
    )
    return report_page(title, parts)


def _header(title: str, result: ParityResult) -> str:
    when = period(result.since, result.until)
    line = f"{when} · {number(result.duration_s, 1)} s · {result.turns:,} turns"
    return (
        f'<h1>{html.escape(title)}</h1><p class="facts">{html.escape(line)}</p>'
        f'<p class="verdict">{html.escape(verdict(result))}</p>'
    )


def _equity(parity: Parity) -> Figure:
    recording = parity.stretch.recording
    seconds = np.arange(recording.end, recording.start, -NANOS_PER_SECOND, dtype=np.int64)[::-1]
    mids = mids_at(recording, seconds)
    unit = float(parity.instrument.money(Value(1)))
    drawn = (
        ("live", "case-0", parity.live),
        ("simulated", "case-1", parity.simulated),
        ("simulated, terms as seen", "case-2", parity.as_seen),
    )

    def line(label: str, style: str, side: SideOutcome) -> ChartLine:
        return ChartLine(label, style, seconds, pnl_path(side.fills, seconds, mids).net * unit)

    chart = TimeChart(
        title="Net PnL over time, live and simulated",
        start=recording.start,
        end=recording.end,
        lines=[line(*each) for each in drawn],
        height=340,
        with_zero=True,
    )
    note = "From a flat start, marked at the mid once a second, fees included, funding left out."
    return Figure("Net PnL over time", note, (chart,))


def _gap(result: ParityResult) -> str:
    decimals = max(4, money_decimals(result.pnl_currency))
    spans = []
    for part in result.parts:
        value = float(part.pnl)
        low, high = min(0.0, value), max(0.0, value)
        spans.append(ChartSpan(part.cause, value, low, high, signed(value, decimals)))
    rows = [
        [
            part.cause,
            signed(float(part.pnl), decimals),
            number(part.per_turnover_bps, 4),
            part.assumed,
            part.seen,
        ]
        for part in result.parts
    ]
    total = [
        "gap",
        signed(float(result.gap), decimals),
        number(result.gap_per_turnover_bps, 4),
        "",
        "",
    ]
    note = (
        f"{result.pnl_currency}, live less simulated. Each term that was seen live takes the place "
        "of the assumed one, one after another, by a replay with it; the parts add up to the gap."
    )
    heads = ("cause", "money", "bps of turnover", "assumed", "seen")
    picture = interval_table("Parts of the gap", spans)
    return _section("What the gap is made of", note, picture, _rows(heads, [*rows, total]))


def _sides(result: ParityResult) -> str:
    sides = (result.live, result.simulated, result.as_seen)
    decimals = max(4, money_decimals(result.pnl_currency))

    def money(name: str, field: str) -> list[str]:
        return [name, *(signed(float(getattr(side, field)), decimals) for side in sides)]

    def marked(name: str, field: str) -> list[str]:
        return [name, *(number(getattr(side.markout_bps, field), 3) for side in sides)]

    rows = [
        ["fills", *(str(side.fills) for side in sides)],
        ["turnover", *(number(float(side.turnover), 2) for side in sides)],
        money("spread", "spread"),
        money("inventory", "inventory"),
        money("fees", "fees"),
        money("funding", "funding"),
        money("net PnL", "net_pnl"),
        ["net PnL by turnover, bps", *(number(side.per_turnover_bps, 4) for side in sides)],
        ["maker fee, bps", *(number(side.fee_bps, 4) for side in sides)],
        marked("markout after 1 s, bps", "one_second"),
        marked("markout after 5 s, bps", "five_seconds"),
        marked("markout after 30 s, bps", "thirty_seconds"),
    ]
    note = f"{result.pnl_currency}; net = spread + inventory + fees + funding, exactly."
    return _section("Both sides", note, _rows(("", "live", "simulated", "terms as seen"), rows))


def _fills(result: ParityResult) -> str:
    matches, latency = result.matches, result.latency
    rows = [
        ["fills that both have", str(matches.both)],
        ["only live", str(matches.only_live)],
        ["only simulated", str(matches.only_simulated)],
    ]
    if latency is not None:
        rows += [
            ["orders acknowledged", str(latency.orders)],
            ["latency there and back, median", f"{latency.median_ms:.3f} ms"],
            ["90 % were faster than", f"{latency.p90_ms:.3f} ms"],
        ]
    note = "Live, and the simulation on all terms as they were seen."
    return _section("Fills and latency", note, _rows(("", ""), rows))


def _limits(result: ParityResult) -> str:
    listed = "".join(f"<li>{html.escape(text)}</li>" for text in result.limits)
    return f"<section><h2>What this does not know</h2><ul>{listed}</ul></section>"


def _section(heading: str, note: str, *parts: str) -> str:
    return (
        f"<section><h2>{html.escape(heading)}</h2><p>{html.escape(note)}</p>"
        f'<div class="plot">{"".join(parts)}</div></section>'
    )


def _rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"
