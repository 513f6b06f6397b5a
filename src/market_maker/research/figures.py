"""The report's pictures, each with its heading, legend and what it shows in words."""

import html
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from market_maker.model.instrument import Instrument
from market_maker.model.units import BPS, VALUE_SCALE
from market_maker.research import replay_accounting
from market_maker.research.charts import (
    Bar,
    ChartLine,
    CurvePoint,
    Markers,
    Rule,
    TimeChart,
    bar_chart,
    curve,
    time_chart,
)
from market_maker.research.evaluation import Evaluation
from market_maker.research.timeline import NO_QUOTE
from market_maker.research.wording import number, quote_currency, signed

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

_FINE_DECIMALS = 4


def price(evaluation: Evaluation) -> str:
    """Mid, our best quotes and our fills."""
    instrument, fills = _instrument(evaluation), evaluation.log.fills
    tick, samples, line = np.float64(instrument.tick_size), evaluation.samples, evaluation.line
    bought, sold = fills.sign > 0, fills.sign < 0
    chart = TimeChart(
        title="Mid, our best quotes and our fills over time",
        start=evaluation.log.plan.start,
        end=evaluation.log.plan.end,
        lines=(
            ChartLine("mid", "mid", samples.ts, _known(samples.mid_x2) * tick / 2),
            ChartLine("our bid", "buy", line.ts, _known(line.bid) * tick, step=True),
            ChartLine("our ask", "sell", line.ts, _known(line.ask) * tick, step=True),
        ),
        markers=(
            Markers("bought", "buy", fills.ts[bought], fills.ticks[bought] * tick, "up"),
            Markers("sold", "sell", fills.ts[sold], fills.ticks[sold] * tick, "down"),
        ),
        height=400,
        decimals=_decimals(instrument),
    )
    keys = (("mid", "mid"), ("our bid", "buy"), ("our ask", "sell"))
    note = (
        "Best live order of ours on each side, at the venue's time. A triangle is a fill: full "
        "and upwards bought, hollow and downwards sold."
    )
    return _figure("Price, quotes and fills", time_chart(chart), note, keys, _FILL_KEYS)


def inventory(evaluation: Evaluation) -> str:
    """Position over time."""
    instrument, samples = _instrument(evaluation), evaluation.samples
    lots = replay_accounting.positions_at(evaluation.log.fills, samples.ts)
    chart = TimeChart(
        title="Our position over time",
        start=evaluation.log.plan.start,
        end=evaluation.log.plan.end,
        lines=(
            ChartLine(
                "position",
                "inventory",
                samples.ts,
                lots * np.float64(instrument.lot_size),
                step=True,
            ),
        ),
        height=200,
        decimals=_FINE_DECIMALS,
        with_zero=True,
    )
    ratio = evaluation.result.mean_abs_position_ratio
    note = (
        f"Base currency, long above zero. At most {evaluation.result.max_abs_position}; on "
        f"average {number(100 * ratio, 2)} % of the position limit was in use."
    )
    return _figure("Inventory", time_chart(chart), note, (("position", "inventory"),))


def pnl(evaluation: Evaluation) -> str:
    """The split: as it grew, and its totals."""
    instrument, samples = _instrument(evaluation), evaluation.samples
    path = replay_accounting.pnl_path(evaluation.log.fills, samples.ts, samples.mid_x2)
    unit = float(instrument.notional(1, 1)) / VALUE_SCALE
    series = (
        ("net", "net", path.net),
        ("spread", "spread", path.spread),
        ("inventory", "inventory", path.inventory),
        ("fees", "fees", path.fees),
    )
    chart = TimeChart(
        title="Cumulative PnL by cause over time",
        start=evaluation.log.plan.start,
        end=evaluation.log.plan.end,
        lines=[ChartLine(name, style, samples.ts, values * unit) for name, style, values in series],
        height=280,
        decimals=_FINE_DECIMALS,
        with_zero=True,
    )
    money = quote_currency(instrument.symbol)
    note = (
        f"{money}. Spread: what fills earned against the mid of their moment. Inventory: what the "
        "mid did afterwards, open position marked at the mid. Net is their sum with fees and "
        "funding, exactly."
    )
    pictures = time_chart(chart) + "<h3>Totals</h3>" + _totals(evaluation)
    keys = tuple((name, style) for name, style, _ in series)
    return _figure("PnL by cause", pictures, note, keys)


def _totals(evaluation: Evaluation) -> str:
    figures, result = evaluation.result.pnl, evaluation.result
    rows = (
        ("Net PnL", result.net_pnl, "net"),
        ("Spread", figures.spread, "spread"),
        ("Inventory", figures.inventory, "inventory"),
        ("… within 1 s", figures.adverse_1s, "part"),
        ("… within 5 s", figures.adverse_5s, "part"),
        ("… within 30 s", figures.adverse_30s, "part"),
        ("Fees", figures.fees, "fees"),
        ("Funding", figures.funding, "funding"),
    )
    bars = [
        Bar(name, float(value), style, signed(float(value), _FINE_DECIMALS))
        for name, value, style in rows
    ]
    return bar_chart("PnL by cause, totals", bars)


def spread(evaluation: Evaluation) -> str:
    """Our quoted spread over time, between its floor and its ceiling."""
    line, samples, config = evaluation.line, evaluation.samples, evaluation.log.plan.config
    index = np.maximum(np.searchsorted(samples.ts, line.ts, side="right") - 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = 2 * BPS * (_known(line.ask) - _known(line.bid)) / samples.mid_x2[index]
    floor, ceiling = float(config.min_spread_bps), float(config.max_spread_bps)
    rules = [Rule(f"floor {config.min_spread_bps} bps", floor)]
    shown = values[np.isfinite(values)]
    if len(shown) and 2 * float(shown.max()) > ceiling:
        rules.append(Rule(f"ceiling {config.max_spread_bps} bps", ceiling))
    chart = TimeChart(
        title="Our quoted spread over time",
        start=evaluation.log.plan.start,
        end=evaluation.log.plan.end,
        lines=(ChartLine("spread", "spread alone", line.ts, values, step=True),),
        rules=rules,
        height=220,
    )
    note = (
        "Our best ask minus our best bid, bps of the mid, where both are live. Prices in force "
        "are kept while they are close enough, so this moves in steps and may differ from what "
        f"the strategy wanted at that moment. The ceiling is {config.max_spread_bps} bps."
    )
    return _figure("Quoted spread", time_chart(chart), note, (("spread", "spread alone"),))


def markout(evaluation: Evaluation) -> str:
    """Mean price move after our fills, by horizon."""
    points = [
        CurvePoint(f"{point.horizon_s:g} s", point.mean, point.standard_error or 0.0)
        for point in evaluation.markouts
        if point.mean is not None
    ]
    note = (
        "Mean over fills, each counted once, of how much better than the later mid the fill's "
        "price was, bps. The whisker is one standard error for independent fills; fills come in "
        "bursts, so the true error is larger. Above zero we gained."
    )
    picture = curve("Markout by horizon", points) if points else "<p>No fill to measure.</p>"
    return _figure("Markout", picture + _markout_table(evaluation), note)


def _markout_table(evaluation: Evaluation) -> str:
    rows = "".join(
        f"<tr><td>{point.horizon_s:g} s</td><td>{number(point.edge, 3)}</td>"
        f"<td>{number(_move(point), 3)}</td><td>{number(point.mean, 3)}</td>"
        f"<td>{number(point.standard_error, 3)}</td><td>{point.count}</td></tr>"
        for point in evaluation.markouts
    )
    return (
        '<div class="plot"><table><tr><th>after</th><th>edge at the fill</th>'
        "<th>mid's move since</th><th>markout</th><th>standard error</th><th>fills</th></tr>"
        f"{rows}</table></div>"
    )


def _move(point: replay_accounting.Markout) -> float | None:
    return None if point.mean is None or point.edge is None else point.mean - point.edge


def _instrument(evaluation: Evaluation) -> Instrument:
    return evaluation.log.plan.recording.instrument


def _decimals(instrument: Instrument) -> int:
    """Digits after the point of half a tick, the finest step of a mid."""
    exponent = (instrument.tick_size / 2).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _known(prices: Int64s) -> Floats:
    """Prices as floats, NaN where there is none."""
    return np.where(prices == NO_QUOTE, np.nan, prices.astype(np.float64))


def _key(style: str) -> str:
    return (
        '<svg viewBox="0 0 30 12" aria-hidden="true">'
        f'<path class="line {style}" d="M0,6H30"/></svg>'
    )


_FILL_KEYS = (
    '<li><svg viewBox="0 0 30 12" aria-hidden="true"><path class="marker buy" '
    'd="M15,1l5,9h-10z"/></svg>bought</li>'
    '<li><svg viewBox="0 0 30 12" aria-hidden="true"><path class="marker sell" '
    'd="M15,11l5,-9h-10z"/></svg>sold</li>'
)


def _figure(
    heading: str,
    pictures: str,
    note: str,
    keys: Sequence[tuple[str, str]] = (),
    more_keys: str = "",
) -> str:
    legend = "".join(f"<li>{_key(style)}{html.escape(name)}</li>" for name, style in keys)
    return (
        f"<section><h2>{html.escape(heading)}</h2><figure>"
        f"<figcaption>{html.escape(note)}</figcaption>"
        f'<ul class="legend">{legend}{more_keys}</ul>'
        f'<div class="readout" aria-live="off"></div><div class="plot">{pictures}</div>'
        "</figure></section>"
    )
