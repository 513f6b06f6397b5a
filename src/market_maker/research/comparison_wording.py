"""Columns and phrases that the terminal's tables and the page of a comparison share."""

from collections.abc import Callable

from market_maker.research.comparing import CaseRun, Comparison
from market_maker.research.comparison_result import per_turnover
from market_maker.research.idle_fields import idle_words
from market_maker.research.resampling import Interval, RunDifference, few_blocks
from market_maker.research.wording import (
    CASH_DECIMALS,
    FILLS_FOR_A_MEAN,
    NONE,
    money_decimals,
    number,
    percent,
    signed,
)

Column = tuple[str, Callable[[CaseRun], str]]


def amount(run: CaseRun, exact: str) -> str:
    """An amount of the run, in the currency of its PnL."""
    return signed(float(exact), money_decimals(run.result.pnl_currency))


def _drawdown(run: CaseRun) -> str:
    decimals = money_decimals(run.result.pnl_currency)
    return NONE if run.metrics is None else number(run.metrics.max_drawdown, decimals)


MONEY: tuple[Column, ...] = (
    ("net PnL", lambda run: amount(run, run.result.net_pnl)),
    ("spread", lambda run: amount(run, run.result.pnl.spread)),
    ("inventory", lambda run: amount(run, run.result.pnl.inventory)),
    ("fees", lambda run: amount(run, run.result.pnl.fees)),
    ("funding", lambda run: amount(run, run.result.pnl.funding)),
    ("turnover", lambda run: number(float(run.result.turnover), 0)),
    ("bps of it", lambda run: number(per_turnover(run), 3)),
    ("drawdown", _drawdown),
    ("Sharpe*", lambda run: NONE if run.metrics is None else number(run.metrics.sharpe, 1)),
)
QUALITY: tuple[Column, ...] = (
    ("fills", lambda run: f"{run.result.fills:,}"),
    ("markout 1 s", lambda run: number(run.result.markout_bps.one_second, 3)),
    ("5 s", lambda run: number(run.result.markout_bps.five_seconds, 3)),
    ("30 s", lambda run: number(run.result.markout_bps.thirty_seconds, 3)),
    ("mean |q|", lambda run: percent(run.result.mean_abs_position_ratio, 2)),
    ("uptime", lambda run: percent(run.result.quoting_uptime)),
    ("spread bps", lambda run: number(run.result.mean_spread_bps, 2)),
    ("at floor", lambda run: percent(run.result.share_at_floor)),
    ("at ceiling", lambda run: percent(run.result.share_at_ceiling)),
    ("orders", lambda run: f"{run.result.orders_placed:,}"),
)
SHARPE_NOTE = (
    "* a year of 365 days, from changes of equity once a second: it compares runs on the same "
    "data and says nothing about a year."
)

DIFFERENCES = (
    *("net PnL", "interval", "bps of turnover", "interval"),
    *("at equal turnover", "interval", "blocks"),
)
"""Columns of a difference to another run."""


def differences_of(apart: RunDifference | None, currency: str) -> list[str]:
    """The cells under DIFFERENCES. currency: of the PnL."""
    if apart is None:
        return [NONE for _ in DIFFERENCES]
    cells, money = [], money_decimals(currency)
    for each, decimals in (
        (apart.net_pnl, money),
        (apart.pnl_per_turnover_bps, CASH_DECIMALS),
        (apart.at_equal_turnover, money),
    ):
        cells += [value(each, decimals), bracket(each, decimals, trusted=apart.trusted)]
    return [*cells, f"{apart.blocks} of {apart.block_seconds} s"]


def value(interval: Interval, decimals: int) -> str:
    """The difference itself."""
    return NONE if interval.value is None else signed(interval.value, decimals)


def bracket(interval: Interval, decimals: int, *, trusted: bool) -> str:
    """The interval, with a star where all of it lies on one side of 0 and it can be trusted."""
    if interval.low is None or interval.high is None:
        return NONE
    star = " *" if trusted and interval.decided else ""
    return f"[{signed(interval.low, decimals)}, {signed(interval.high, decimals)}]{star}"


def cautions(comparison: Comparison) -> list[str]:
    """What to know before anything is concluded: swept fields that changed nothing, too few blocks
    or fills, and what is wrong with the data; a sentence each."""
    found = idle_words(comparison.idle)
    apart = [each for each in comparison.differences.values() if each is not None]
    if apart and (few := few_blocks(apart[0].blocks)):
        found.append(few)
    rare = [
        f"{case.label} ({fills})"
        for case in comparison.cases
        if (fills := comparison.of(case.label).result.fills) < FILLS_FOR_A_MEAN
    ]
    if rare:
        found.append(f"Fewer than {FILLS_FOR_A_MEAN} fills prove nothing: {', '.join(rare)}.")
    return found + [f"Of the data: {remark}." for remark in comparison.recording.remarks]
