"""One self-contained HTML page about a comparison. How to read it: docs/comparing-strategies.md."""

import html
from collections.abc import Iterable, Sequence

from market_maker.research.bars import ChartSpan, interval_table
from market_maker.research.charts import ChartLine, TimeChart
from market_maker.research.comparing import Comparison, Stress
from market_maker.research.comparison_wording import (
    DIFFERENCES,
    MONEY,
    QUALITY,
    SHARPE_NOTE,
    Column,
    amount,
    bracket,
    cautions,
    differences_of,
    value,
)
from market_maker.research.report import LIMITS
from market_maker.research.report_page import Figure, report_page
from market_maker.research.resampling import CONFIDENCE_PCT, RunDifference
from market_maker.research.venue_terms import milliseconds, terms_in_words, venue_terms
from market_maker.research.wording import (
    NONE,
    money_decimals,
    period,
    quote_currency,
    signed,
)

LINES_MAX = 8
"""More lines than this cannot be distinguished in one chart: the best and the first are drawn."""


def render_comparison(comparison: Comparison) -> str:
    """The page. Equal comparisons have equal pages."""
    parts = (
        _header(comparison),
        _equity(comparison),
        _section("What each earned", _money_note(comparison), _table(comparison, MONEY)),
        _section("How each quoted", "Markouts in bps.", _table(comparison, QUALITY)),
        _differences(comparison),
        _stressed(comparison),
        _settings(comparison),
    )
    return report_page(f"Strategies on {comparison.recording.instrument.symbol}", parts)


def verdict(comparison: Comparison) -> str:
    """Which case is ahead, and whether that is more than chance, in one or two sentences."""
    money = comparison.currency
    ranked, decimals = _ranked(comparison), money_decimals(money)
    best, first = ranked[0], comparison.cases[0].label
    run = comparison.of(best)
    text = f"{best} comes out ahead with {amount(run, run.result.net_pnl)} {money}."
    if best == first:
        text += _rivals(comparison)
    elif (apart := comparison.differences[best]) is not None:
        decided = apart.trusted and apart.net_pnl.decided
        sure = "more than chance" if decided else "not more than chance explains"
        text += (
            f" Against {first} that is {value(apart.net_pnl, decimals)}, {CONFIDENCE_PCT} % "
            f"interval {bracket(apart.net_pnl, decimals, trusted=apart.trusted)}: {sure}, on "
            f"{apart.blocks} blocks of {apart.block_seconds} s."
        )
    return " ".join([text, *cautions(comparison)])


def _rivals(comparison: Comparison) -> str:
    apart = [d for d in comparison.differences.values() if d is not None]
    beaten = sum(d.trusted and d.net_pnl.decided for d in apart)
    return f" Its lead is more than chance over {beaten} of {len(apart)} others." if apart else ""


def _ranked(comparison: Comparison) -> list[str]:
    labels = [case.label for case in comparison.cases]
    return sorted(labels, key=lambda name: -float(comparison.of(name).result.net_pnl))


def _header(comparison: Comparison) -> str:
    recording = comparison.recording
    when = period(recording.start, recording.end)
    terms = terms_in_words(venue_terms(comparison.terms.exchange))
    line = f"{len(comparison.cases)} cases · {when} · {terms}"
    return (
        f"<h1>Strategies on {html.escape(recording.instrument.symbol)}</h1>"
        f'<p class="facts">{html.escape(line)}</p>'
        f'<p class="verdict">{html.escape(verdict(comparison))}</p>'
    )


def _drawn(comparison: Comparison) -> list[str]:
    """Labels in the order of the cases."""
    labels = [case.label for case in comparison.cases]
    kept = [labels[0], *(name for name in _ranked(comparison) if name != labels[0])][:LINES_MAX]
    return [name for name in labels if name in kept]


def _equity(comparison: Comparison) -> Figure:
    drawn = _drawn(comparison)
    runs = [comparison.of(label) for label in drawn]
    chart = TimeChart(
        title="Net PnL of each case over time",
        start=comparison.recording.start,
        end=int(runs[0].seconds[-1]),
        lines=[
            ChartLine(run.label, f"case-{i}", run.seconds, run.equity) for i, run in enumerate(runs)
        ],
        height=340,
        with_zero=True,
    )
    left_out = len(comparison.cases) - len(drawn)
    note = "Marked at the mid, once a second, fees included."
    if left_out:
        note += f" {left_out} more are in the tables only."
    return Figure("Net PnL over time", note, (chart,))


def _money_note(comparison: Comparison) -> str:
    turnover = quote_currency(comparison.recording.instrument.symbol)
    sums = "net = spread + inventory + fees + funding, exactly."
    return f"{comparison.currency}; turnover in {turnover}; {sums} {SHARPE_NOTE}"


def _section(heading: str, note: str, *parts: str) -> str:
    return (
        f"<section><h2>{html.escape(heading)}</h2><p>{html.escape(note)}</p>"
        f'<div class="plot">{"".join(parts)}</div></section>'
    )


def _table(comparison: Comparison, columns: Sequence[Column]) -> str:
    runs = [comparison.of(case.label) for case in comparison.cases]
    rows = ([run.label, *(shown(run) for _, shown in columns)] for run in runs)
    return _rows(["case", *(name for name, _ in columns)], rows)


def _rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _differences(comparison: Comparison) -> str:
    known = {name: d for name, d in comparison.differences.items() if d is not None}
    if not known:
        return ""
    first = comparison.cases[0].label
    note = (
        f"Each case minus {first}, second by second, and where {CONFIDENCE_PCT} % of its block "
        "resamples lie. A bar across zero: these data cannot distinguish the two. Few blocks, wide "
        "doubt."
    )
    picture = interval_table(
        f"Net PnL against {first}",
        [_span(name, apart, money_decimals(comparison.currency)) for name, apart in known.items()],
    )
    heads = ("case", *DIFFERENCES)
    rows = ((name, *differences_of(apart, comparison.currency)) for name, apart in known.items())
    return _section("How sure the differences are", note, picture, _rows(heads, rows))


def _span(name: str, apart: RunDifference, decimals: int) -> ChartSpan:
    net = apart.net_pnl
    middle = net.value or 0.0
    return ChartSpan(name, middle, net.low or 0.0, net.high or 0.0, signed(middle, decimals))


def _stressed(comparison: Comparison) -> str:
    if len(comparison.stresses) == 1:
        return ""
    rows = (
        [
            case.label,
            *(
                amount(run := comparison.of(case.label, stress), run.result.net_pnl)
                for stress in comparison.stresses
            ),
        ]
        for case in comparison.cases
    )
    note = (
        "Net PnL of the same cases when every latency doubles, when the maker fee is a basis point "
        "higher or lower, and under the other queue model, whose distance is what is not known "
        "about fills. An order that changes here was never a fact about the strategies."
    )
    return _section("Under other terms", note, _rows(["case", *comparison.stresses], rows))


def _settings(comparison: Comparison) -> str:
    terms = comparison.terms
    venue = venue_terms(terms.exchange)
    configs = {
        case.label: comparison.of(case.label, Stress.AS_RUN).result.state_hash
        for case in comparison.cases
    }
    facts = (
        ("Latency of market data", f"{venue.feed_latency_ms} ms"),
        ("Latency of our orders", f"{venue.entry_latency_ms} ms"),
        ("Latency of the answers", f"{venue.response_latency_ms} ms"),
        ("Queue model", venue.queue),
        ("Queue exponent", f"{venue.queue_exponent:g}"),
        ("Maker fee", f"{venue.maker_fee_bps} bps"),
        ("Time between two turns", _step(comparison)),
        ("Seed of the resampling", str(terms.seed)),
        ("Origin of the data", comparison.recording.origin),
        *((("Leading market", comparison.lead.origin),) if comparison.lead else ()),
    )
    limits = "".join(f"<li>{html.escape(text)}</li>" for text in LIMITS)
    parameters = _rows(
        ["case", "strategy_params", "state hash"],
        (
            (case.label, _parameters(case.config.strategy_params), configs[case.label])
            for case in comparison.cases
        ),
    )
    return (
        _section("Settings as run", "The same for every case.", _rows(["", ""], facts), parameters)
        + f"<section><h2>What a replay cannot know</h2><ul>{limits}</ul></section>"
    )


def _step(comparison: Comparison) -> str:
    step = comparison.terms.step_ns
    return "quote_interval_ms" if step is None else f"{milliseconds(step)} ms"


def _parameters(given: dict[str, str | int | float | bool | None]) -> str:
    return ", ".join(f"{name}={each}" for name, each in given.items()) or NONE
