"""The report's pictures, each with its heading, legend and what it shows in words."""

import numpy as np
from numpy.typing import NDArray

from market_maker.model.instrument import Instrument
from market_maker.model.units import BPS
from market_maker.research import replay_accounting
from market_maker.research.bars import Bar, bar_table
from market_maker.research.charts import (
    ChartLine,
    Curve,
    CurveChart,
    Markers,
    Rule,
    TimeChart,
)
from market_maker.research.equity import equity_path
from market_maker.research.evaluation import Evaluation
from market_maker.research.report_page import Figure
from market_maker.research.timeline import NO_QUOTE
from market_maker.research.wording import money_decimals, number, signed, unit_of_position

Floats = NDArray[np.float64]
Int64s = NDArray[np.int64]

_FINE_DECIMALS = 4


def price(evaluation: Evaluation) -> Figure:
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
            ChartLine("our bid", "buy", line.ts, _known(line.bid) * tick),
            ChartLine("our ask", "sell", line.ts, _known(line.ask) * tick),
        ),
        markers=(
            Markers("bought", "buy", fills.ts[bought], fills.ticks[bought] * tick, "up"),
            Markers("sold", "sell", fills.ts[sold], fills.ticks[sold] * tick, "down"),
        ),
        height=400,
        decimals=_decimals(instrument),
    )
    note = (
        "Best live order of ours on each side, at the venue's time. A triangle is a fill: full "
        "and upwards bought, hollow and downwards sold."
    )
    return Figure("Price, quotes and fills", note, (chart,))


def inventory(evaluation: Evaluation) -> Figure:
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
            ),
        ),
        height=200,
        decimals=_FINE_DECIMALS,
        with_zero=True,
    )
    ratio = evaluation.result.mean_abs_position_ratio
    note = (
        f"{unit_of_position(instrument).capitalize()}, long above zero. At most "
        f"{evaluation.result.max_abs_position}; on average {number(100 * ratio, 2)} % of the "
        "position limit was in use."
    )
    return Figure("Inventory", note, (chart,))


def pnl(evaluation: Evaluation) -> Figure:
    """The split: as it grew, and its totals."""
    samples, money = evaluation.samples, evaluation.result.pnl_currency
    path = equity_path(evaluation.log, samples.ts, samples.mid_x2)
    series = (
        ("net", "net", path.net),
        ("spread", "spread", path.spread),
        ("inventory", "inventory", path.inventory),
        ("fees", "fees", path.fees),
        *((("funding", "funding", path.funding),) if evaluation.log.funding is not None else ()),
    )
    chart = TimeChart(
        title="Cumulative PnL by cause over time",
        start=evaluation.log.plan.start,
        end=evaluation.log.plan.end,
        lines=[ChartLine(name, style, samples.ts, values) for name, style, values in series],
        height=280,
        decimals=_fine(money),
        with_zero=True,
    )
    note = (
        f"{money}. Spread: what fills earned against the mid of their moment. Inventory: what the "
        "mid did afterwards, open position marked at the mid. Net is their sum with fees and "
        "funding, exactly."
    )
    return Figure("PnL by cause", note, (chart,), _totals(evaluation))


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
        Bar(name, float(value), style, signed(float(value), _fine(result.pnl_currency)))
        for name, value, style in rows
    ]
    return bar_table("Totals", bars)


def spread(evaluation: Evaluation) -> Figure:
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
        lines=(ChartLine("spread", "alone", line.ts, values),),
        rules=rules,
        height=220,
    )
    note = (
        "Our best ask minus our best bid, bps of the mid, where both are live. Prices in force "
        "are kept while they are close enough, so this moves in steps and may differ from what "
        f"the strategy wanted at that moment. The ceiling is {config.max_spread_bps} bps."
    )
    return Figure("Quoted spread", note, (chart,))


def markout(evaluation: Evaluation) -> Figure:
    """Mean price move after our fills, by horizon."""
    known = [point for point in evaluation.markouts if point.mean is not None]
    note = (
        "Mean over fills, each counted once, of how much better than the later mid the fill's "
        "price was, bps. The whisker is one standard error for independent fills; fills come in "
        "bursts, so the true error is larger. Above zero we gained."
    )
    chart = CurveChart(
        title="Markout by horizon",
        places=[f"{point.horizon_s:g} s" for point in known],
        curves=(
            Curve(
                "markout",
                "net",
                [point.mean for point in known],
                [point.standard_error or 0.0 for point in known],
            ),
        ),
    )
    table = _markout_table(evaluation)
    if not known:
        return Figure("Markout", note, (), "<p>No fill to measure.</p>" + table)
    return Figure("Markout", note, (chart,), table)


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
    return evaluation.log.plan.counted


def _fine(money: str) -> int:
    return max(_FINE_DECIMALS, money_decimals(money))


def _decimals(instrument: Instrument) -> int:
    """Digits after the point of half a tick, the finest step of a mid."""
    exponent = (instrument.tick_size / 2).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _known(prices: Int64s) -> Floats:
    """Prices as floats, NaN where there is none."""
    return np.where(prices == NO_QUOTE, np.nan, prices.astype(np.float64))
