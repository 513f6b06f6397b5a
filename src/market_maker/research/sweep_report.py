"""One self-contained HTML page about a sweep: no link leads out of the file. How to read it:
docs/sweeps.md."""

import html
from collections.abc import Iterable, Sequence

from market_maker.research.bars import ChartSpan, interval_table
from market_maker.research.idle_fields import idle_words
from market_maker.research.report import LIMITS
from market_maker.research.report_page import report_page
from market_maker.research.resampling import (
    CONFIDENCE_PCT,
    Interval,
    RunDifference,
    few_blocks,
)
from market_maker.research.sweep_plan import BASE
from market_maker.research.sweep_result import SweepResult, SweepRow, WalkForward
from market_maker.research.sweep_surface import Surface, SurfaceCell
from market_maker.research.venue_terms import terms_in_words
from market_maker.research.wording import (
    NONE,
    few_fills,
    money_decimals,
    number,
    percent,
    signed,
)

DRAWN_MAX = 20
"""Configurations in the picture: the best."""

ROWS_MAX = 200
"""Rows of the table on the page; the file of the table holds all."""

SHADES = 6
"""Steps of colour on either side of 0."""

_STYLE = """
td.cell { text-align: center; padding: 6px 8px; border: 1px solid var(--grid); }
td.cell small { display: block; color: var(--soft); }
""" + "\n".join(
    f"td.{side}{step}{{background:color-mix(in srgb, var(--{colour}) {9 * step}%, var(--card)) }}"
    for side, colour in (("up", "buy"), ("down", "sell"))
    for step in range(1, SHADES + 1)
)


def render_sweep(result: SweepResult, surfaces: Sequence[Surface], money: str) -> str:
    """The page. Equal results have equal pages. money: the currency of the PnL."""
    title = f"Sweep of {len(result.rows) - 1} configurations"
    parts = (
        f"<h1>{title}</h1>",
        f'<p class="facts">{html.escape(", ".join(result.recordings))}</p>',
        f'<p class="facts">{html.escape(terms_in_words(result.terms))}</p>',
        f'<p class="verdict">{html.escape(" ".join(_verdict(result, money)))}</p>',
        *(_surface(each, money) for each in surfaces),
        _best(result, money),
        _walk_forward(result.walk_forward, money),
        _table(result, money),
        _limits(result),
    )
    return report_page(title, parts, _STYLE)


def _verdict(result: SweepResult, money: str) -> list[str]:
    return [sweep_verdict(result, money), *sweep_cautions(result)]


def sweep_verdict(result: SweepResult, money: str) -> str:
    """What was found, and how much of it chance explains, in a few sentences."""
    best = result.rows[0]
    base = next(row for row in result.rows if row.label == BASE)
    text = f"Best by {result.score}: {best.label}, net {_amount(best.net_pnl, money)} {money}"
    text += f"; {BASE} {_amount(base.net_pnl, money)}." if best is not base else "."
    if result.best_by_chance is not None and best is not base:
        text += (
            f" If none were better than the one given, the best of {_finished(result)} would"
            f" still lead by as much in {number(100 * result.best_by_chance, 1)} % of cases"
            f"{_left_behind(result)}."
        )
    if (walk := result.walk_forward) is not None:
        text += f" Chosen by the past alone, they earned {_amount(walk.net_pnl, money)} {money}"
        text += f" where they had not been seen{_against(walk.against_base, money)}."
    return text


def sweep_cautions(result: SweepResult) -> list[str]:
    """What to know before anything is concluded: fields that changed nothing, too few blocks or
    fills, and what is wrong with the data; a sentence each."""
    found = idle_words(result.idle)
    if result.blocks is None:
        found.append("The recordings are too short for intervals: read the order as a hint.")
    elif few := few_blocks(result.blocks):
        found.append(few)
    best = result.rows[0]
    if few := few_fills(best.fills):
        found.append(f"{best.label}: {few}.")
    return found + [
        f"Of {name}: {remark}." for name, remarks in result.remarks.items() for remark in remarks
    ]


def _finished(result: SweepResult) -> int:
    """Configurations beside the one as given that ran on everything."""
    return sum(row.of_time == 1.0 and row.label != BASE for row in result.rows)


def _left_behind(result: SweepResult) -> str:
    many = len(result.rows) - 1 - _finished(result)
    return f", and {many} more were left behind on a part of the data" if many else ""


def _amount(exact: str, money: str) -> str:
    return signed(float(exact), money_decimals(money))


def _against(apart: RunDifference | None, money: str) -> str:
    if apart is None:
        return ""
    return f", {_with_interval(apart.net_pnl, money, trusted=apart.trusted)} against {BASE}"


def _with_interval(interval: Interval, money: str, *, trusted: bool = False) -> str:
    if interval.value is None:
        return NONE
    value, *ends = (
        None if each is None else signed(each, money_decimals(money))
        for each in (interval.value, interval.low, interval.high)
    )
    if None in ends:
        return f"{value}"
    star = " *" if trusted and interval.decided else ""
    return f"{value} [{ends[0]}, {ends[1]}]{star}"


def _section(heading: str, note: str, body: str) -> str:
    return (
        f"<section><h2>{html.escape(heading)}</h2><p>{html.escape(note)}</p>"
        f'<div class="plot">{body}</div></section>'
    )


def _rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _surface(surface: Surface, money: str) -> str:
    known = [cell for row in surface.cells for cell in row if cell is not None]
    most = max((abs(cell.net_pnl.value or 0.0) for cell in known), default=0.0)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in surface.across)
    lines = (
        (name, "".join(_cell(cell, most, money) for cell in cells))
        for name, cells in zip(surface.down, surface.cells, strict=True)
    )
    body = "".join(f"<tr><th>{html.escape(name)}</th>{cells}</tr>" for name, cells in lines)
    fields = " by ".join(name for name in (surface.down_field, surface.across_field) if name)
    note = (
        f"Mean net PnL of the configurations with these values, {money}, and where "
        f"{CONFIDENCE_PCT} % of its block resamples lie. Where the brackets of two cells overlap, "
        "the data may not distinguish them: the table below compares in pairs."
    )
    corner = f"{surface.down_field} ↓ {surface.across_field + ' →' if surface.across_field else ''}"
    table = f"<table><tr><th>{html.escape(corner)}</th>{head}</tr>{body}</table>"
    return _section(f"Net PnL by {fields}", note, table)


def _cell(cell: SurfaceCell | None, most: float, money: str) -> str:
    if cell is None or cell.net_pnl.value is None:
        return f'<td class="cell">{NONE}</td>'
    interval, value, decimals = cell.net_pnl, cell.net_pnl.value, money_decimals(money)
    step = round(SHADES * abs(value) / most) if most else 0
    shade = f" {'up' if value > 0 else 'down'}{step}" if step else ""
    bracket = (
        f"<small>[{signed(interval.low, decimals)}, {signed(interval.high, decimals)}]</small>"
        if interval.low is not None and interval.high is not None
        else ""
    )
    many = f"<small>of {cell.count}</small>" if cell.count > 1 else ""
    return f'<td class="cell{shade}">{signed(value, decimals)}{bracket}{many}</td>'


def _best(result: SweepResult, money: str) -> str:
    drawn = [row for row in result.rows if row.against_base is not None][:DRAWN_MAX]
    if not drawn:
        return ""
    note = (
        f"Each minus the configuration as given, on the same stretches, {money}: the best "
        f"{len(drawn)} by {result.score}. A bar across zero: these data cannot distinguish the "
        "two. The best of many is partly the luckiest of many."
    )
    picture = interval_table(f"Net PnL against {BASE}", [_span(row, money) for row in drawn])
    return _section("How sure the differences are", note, picture)


def _span(row: SweepRow, money: str) -> ChartSpan:
    assert row.against_base is not None
    net = row.against_base.net_pnl
    middle = net.value or 0.0
    shown = signed(middle, money_decimals(money))
    return ChartSpan(row.label, middle, net.low or 0.0, net.high or 0.0, shown)


def _walk_forward(walk: WalkForward | None, money: str) -> str:
    if walk is None:
        return ""
    rows = (
        (
            str(fold.segment + 1),
            fold.chosen,
            number(fold.score_before, 3),
            _amount(fold.net_pnl, money),
            _amount(fold.base_net_pnl, money),
            fold.hindsight,
            _amount(fold.hindsight_net_pnl, money),
        )
        for fold in walk.folds
    )
    heads = ("segment", "chosen before it", "score until then", "net PnL on it", BASE)
    note = (
        f"In each segment what was best in all segments before it, {money}; the last columns are "
        f"what was best in that very segment, which is known only after it. In all: "
        f"{_amount(walk.net_pnl, money)}{_against(walk.against_base, money)}."
    )
    return _section("Walking forward", note, _rows((*heads, "best in it", "its net PnL"), rows))


def _table(result: SweepResult, money: str) -> str:
    heads = (
        *("rank", "configuration", "net PnL", f"against {BASE}", "at equal turnover"),
        *("bps of turnover", "turnover", "fills", "uptime", "spread bps", "drawdown", "halted"),
    )
    note = f"{money}; {CONFIDENCE_PCT} % intervals in brackets, a star where one excludes zero."
    if len(result.rows) > ROWS_MAX:
        note += f" The best {ROWS_MAX} of {len(result.rows)}."
    shown = (sweep_line(row, money) for row in result.rows[:ROWS_MAX])
    return _section("Configurations", note, _rows(heads, shown))


def sweep_line(row: SweepRow, money: str) -> tuple[str, ...]:
    """A row as the page and the terminal show it. money: currency of the PnL."""
    apart = row.against_base
    part = "" if row.of_time == 1.0 else f" (on {percent(row.of_time, 0)} of the first segment)"
    pair = (
        (NONE, NONE)
        if apart is None
        else tuple(
            _with_interval(each, money, trusted=apart.trusted)
            for each in (apart.net_pnl, apart.at_equal_turnover)
        )
    )
    return (
        str(row.rank),
        row.label + part,
        _with_interval(row.net_interval, money)
        if row.net_interval.value is not None
        else _amount(row.net_pnl, money),
        *pair,
        number(row.per_turnover_bps.value, 3),
        number(float(row.turnover), 0),
        f"{row.fills:,}",
        percent(row.uptime),
        number(row.mean_spread_bps, 2),
        number(row.max_drawdown, money_decimals(money)),
        str(row.halted),
    )


def _limits(result: SweepResult) -> str:
    more = (
        f"{len(result.rows)} configurations were tried on the same data. The one that comes out "
        "first owes part of its lead to that, and only data that chose nothing can say how much."
    )
    words = "".join(f"<li>{html.escape(text)}</li>" for text in (more, *LIMITS))
    return f"<section><h2>What a sweep cannot know</h2><ul>{words}</ul></section>"
