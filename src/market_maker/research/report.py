"""One self-contained HTML page about a replay: no link leads out of the file.

How to read it: docs/reading-a-report.md.
"""

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from market_maker.model.orders import Side
from market_maker.model.units import BPS, NANOS_PER_SECOND
from market_maker.research import accounting
from market_maker.research.charts import (
    Bar,
    CurvePoint,
    Line,
    Markers,
    Rule,
    TimeChart,
    bar_chart,
    curve,
    number,
    time_chart,
)
from market_maker.research.evaluation import Evaluation
from market_maker.research.result import ReplayResult
from market_maker.research.timeline import NO_QUOTE

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

FILLS_FOR_A_MEAN = 30
"""Below this many fills the page says that their mean proves nothing."""

_QUOTE_CURRENCIES = ("USDT", "USDC", "USD")

_LIMITS = (
    "Our orders take nothing from the market: nobody reacts to them, and what traded against us "
    "still trades on in the data. Real fills would move the price and attract others.",
    "The place in the queue is a model, because the data show sizes and not orders. The "
    "pessimistic model advances only by trades, the probability model also by cancellations of "
    "others; the truth is likely between the two, so read both.",
    "Latencies are constants. Real ones grow exactly when the market moves.",
    "One recording is one sample of one market in one mood. Nothing here is a forecast.",
)


def render(evaluation: Evaluation) -> str:
    """The page. The same evaluation gives the same text."""
    style, script = (_resource(name) for name in ("report.css", "report.js"))
    result = evaluation.result
    sections = (
        _price(evaluation),
        _inventory(evaluation),
        _pnl(evaluation),
        _spread(evaluation),
        _markout(evaluation),
        _orders(evaluation),
        _settings(evaluation),
        _provenance(evaluation),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Replay of {html.escape(result.symbol)}</title><style>{style}</style></head>"
        f"<body><main>{_header(evaluation)}{''.join(sections)}"
        f"<footer>State hash <code>{result.state_hash}</code></footer></main>"
        f"<script>{script}</script></body></html>\n"
    )


def _resource(name: str) -> str:
    return resources.files("market_maker.research").joinpath(name).read_text("utf-8")


def quote_currency(symbol: str) -> str:
    """The currency that a symbol's name ends with, or words for it."""
    for currency in _QUOTE_CURRENCIES:
        if symbol.upper().endswith(currency):
            return currency
    return "quote currency"


# ---------------------------------------------------------------------------------------- header


def _header(evaluation: Evaluation) -> str:
    result, settings = evaluation.result, evaluation.result.settings
    facts = settings.recording
    period = f"{_utc(facts.start, '%Y-%m-%d %H:%M:%S')} to {_utc(facts.end, '%H:%M:%S')} UTC"
    strategy = str(settings.config["strategy"]).replace("_", " ")
    return (
        f"<h1>Replay of {html.escape(result.symbol)}</h1>"
        f'<p class="soft">{html.escape(strategy)} · {period} · '
        f"{number(result.duration_s, 1)} s · {settings.queue} queue · "
        f"latency {settings.entry_latency_ms} ms out, {settings.response_latency_ms} ms back</p>"
        f'<p class="verdict">{_verdict(result)}</p>'
        f'<dl class="tiles">{"".join(_tiles(evaluation))}</dl>'
    )


def _verdict(result: ReplayResult) -> str:
    if not result.fills:
        return "No order was filled, so there is no profit or loss to explain."
    money, net = quote_currency(result.symbol), float(result.net_pnl)
    outcome = "Made" if net > 0 else "Lost" if net < 0 else "Broke even:"
    per_turnover = BPS * net / float(result.turnover)
    text = (
        f"{outcome} {number(abs(net), 2)} {money} on {number(float(result.turnover), 0)} {money} "
        f"traded ({number(per_turnover, 2)} bps). Fills earned {_signed(result.pnl.spread)} "
        f"against the mid; the mid then moved by {_signed(result.pnl.inventory)} on the "
        f"position; fees were {_signed(result.pnl.fees)}."
    )
    if result.fills < FILLS_FOR_A_MEAN:
        text += f" With {result.fills} fills this says nothing about the strategy."
    return html.escape(text)


def _tiles(evaluation: Evaluation) -> list[str]:
    result, instrument = evaluation.result, evaluation.log.plan.recording.instrument
    money = quote_currency(result.symbol)
    five = next(m for m in evaluation.markouts if m.horizon_s == 5)  # noqa: PLR2004
    error = "" if five.standard_error is None else f"± {number(five.standard_error, 2)} bps"
    tiles = (
        ("Net PnL", _signed(result.net_pnl), money),
        ("Turnover", number(float(result.turnover), 0), f"{money}, {result.fills} fills"),
        ("Markout after 5 s", number(five.mean, 2), f"bps {error}"),
        ("Quoting uptime", _percent(result.quoting_uptime), "both sides live"),
        ("Mean spread", number(result.mean_spread_bps, 2), "bps, while quoting"),
        ("Largest position", result.max_abs_position, f"of {instrument.symbol}"),
    )
    return [
        f"<div><dt>{name}</dt><dd>{value}<small>{html.escape(note)}</small></dd></div>"
        for name, value, note in tiles
    ]


# ------------------------------------------------------------------------------------- pictures


def _price(evaluation: Evaluation) -> str:
    tick = float(evaluation.log.plan.recording.instrument.tick_size)
    fills, line, samples = evaluation.log.fills, evaluation.line, evaluation.samples
    lines = (
        Line("mid", "mid", samples.ts, _known(samples.mid_x2) * tick / 2),
        Line("our bid", "buy", line.ts, _known(line.bid) * tick, step=True),
        Line("our ask", "sell", line.ts, _known(line.ask) * tick, step=True),
    )
    bought, sold = fills.sign > 0, fills.sign < 0
    markers = (
        Markers("bought", "buy", fills.ts[bought], fills.ticks[bought] * tick, "up"),
        Markers("sold", "sell", fills.ts[sold], fills.ticks[sold] * tick, "down"),
    )
    chart = TimeChart(
        title="Mid, our best quotes and our fills over time",
        **_span(evaluation),
        lines=lines,
        markers=markers,
        height=380,
        decimals=max(0, -evaluation.log.plan.recording.instrument.tick_size.as_tuple().exponent),  # type: ignore[operator]
    )
    legend = _legend(("mid", "our bid", "our ask"), ("mid", "buy", "sell"), fills=True)
    return _figure("Price, quotes and fills", time_chart(chart), legend)
