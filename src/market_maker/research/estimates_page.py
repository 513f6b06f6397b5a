"""Estimates over a recording as one self-contained HTML page: a chart for each kind."""

import html
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from market_maker.estimators.estimate import Estimate
from market_maker.research.charts import ChartLine, Rule, TimeChart
from market_maker.research.estimating import EstimatesReport, History
from market_maker.research.report_page import Figure, report_page
from market_maker.research.wording import number

_STYLES = ("mid", "buy", "sell", "inventory")
_BANDS = (Rule("widen", 0.3), Rule("shrink", 0.5), Rule("pull", 0.8), Rule("halt", 0.95))


class EstimateChart(Struct, frozen=True):
    """names: estimates in one unit, drawn together."""

    heading: str
    names: tuple[str, ...]
    note: str
    rules: tuple[Rule, ...] = ()
    decimals: int = 3


CHARTS = (
    EstimateChart(
        "Volatility, bps per square root of hour",
        ("sigma", "sigma_clean", "sigma_ref", "sigma_volume_clock"),
        "With jumps, without them, the long run, and on the volume clock.",
        decimals=1,
    ),
    EstimateChart(
        "Jump ratio",
        ("jump_ratio",),
        "Realised over bipower variance: about 1 without jumps, toxic from 1.5.",
        (Rule("toxic", 1.5),),
    ),
    EstimateChart(
        "Decay of fill intensity, 1/bps",
        ("kappa_hat", "kappa_hat_line"),
        "By likelihood with the configured kappa as its prior, and by a line through the counts.",
    ),
    EstimateChart(
        "How well the law fits", ("fit_r_squared",), "R² of that line.", (Rule("least", 0.8),)
    ),
    EstimateChart(
        "Imbalances, -1 to 1",
        ("book_imbalance", "flow_imbalance"),
        "Best prices of the book, and trades of the last minute; bids and buyers above 0.",
    ),
    EstimateChart("VPIN", ("vpin",), "Mean imbalance of the last 50 volume buckets."),
    EstimateChart(
        "Regression microprice, bps from the mid",
        ("microprice_deviation",),
        "As far as the imbalances say, within half the spread.",
    ),
    EstimateChart(
        "What imbalances foretell, fraction per unit",
        ("beta_book", "beta_flow"),
        "Learned one second ahead.",
        decimals=6,
    ),
    EstimateChart(
        "Aggressive orders, 1/s",
        ("hawkes_intensity",),
        "Intensity in which each order excites the next.",
        decimals=1,
    ),
    EstimateChart(
        "Cascade severity",
        ("cascade_severity",),
        "Large aggressive orders that follow one another, and what each level asks for.",
        _BANDS,
    ),
    EstimateChart("Market spread, bps of the mid", ("market_spread",), "Half-life ten seconds."),
    EstimateChart(
        "Adverse selection, bps",
        ("adverse_selection",),
        "How far the mid went against us after our fills.",
    ),
)


def render(report: EstimatesReport, history: History) -> str:
    """The page. Equal runs have equal pages."""
    title = f"Estimates of {report.symbol}"
    facts = (
        f"{number(report.duration_s, 1)} s · {report.fills} fills of ours · estimates once a second"
    )
    parts = (
        f'<h1>{html.escape(title)}</h1><p class="facts">{html.escape(facts)}</p>',
        *(f'<p class="soft">{html.escape(f"Of the data: {each}.")}</p>' for each in report.remarks),
        *(_section(wanted, history) for wanted in CHARTS),
        _table(report.estimates),
    )
    return report_page(title, parts)


def _section(wanted: EstimateChart, history: History) -> str | Figure:
    """A figure; in words where nothing was ever estimated."""
    lines = _lines(wanted, history)
    if not lines:
        heading, note = html.escape(wanted.heading), html.escape(wanted.note)
        return f"<section><h2>{heading}</h2><p>{note} There was nothing to estimate.</p></section>"
    chart = TimeChart(
        title=f"{wanted.heading}, over time",
        start=int(history.ts[0]),
        end=int(history.ts[-1]),
        lines=lines,
        rules=wanted.rules,
        decimals=wanted.decimals,
    )
    return Figure(wanted.heading, wanted.note, (chart,))


def _lines(wanted: EstimateChart, history: History) -> Sequence[ChartLine]:
    return [
        ChartLine(name, style, history.ts, history.values[name])
        for name, style in zip(wanted.names, _STYLES, strict=False)
        if name in history.values and not np.isnan(history.values[name]).all()
    ]


def _table(estimates: Sequence[Estimate]) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("", "Value", "Unit", "Rests on", "Ready"))
    rows = "".join(
        f"<tr><td>{html.escape(line.name)}</td><td>{_shown(line)}</td>"
        f"<td>{html.escape(line.unit)}</td><td>{line.count:,}</td>"
        f"<td>{'yes' if line.ready else 'no'}</td></tr>"
        for line in estimates
    )
    return (
        f"<section><h2>At the end</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _shown(line: Estimate) -> str:
    return "–" if line.value is None else f"{line.value:,.6g}"
