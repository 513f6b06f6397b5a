"""The table of a sweep as CSV: a line for each configuration, the best first."""

import csv
import io
from collections.abc import Iterator

from market_maker.research.resampling import Interval
from market_maker.research.sweep_result import NO_INTERVAL, SweepResult, SweepRow

_BEFORE = ("rank",)
_AFTER = (
    *("of_time", "score", "net_pnl", "net_pnl_low", "net_pnl_high", "turnover"),
    *("per_turnover_bps", "per_turnover_bps_low", "per_turnover_bps_high"),
    *("against_base", "against_base_low", "against_base_high"),
    *("at_equal_turnover", "at_equal_turnover_low", "at_equal_turnover_high"),
    *("blocks", "fills", "orders", "uptime", "mean_spread_bps", "max_drawdown", "halted"),
)


def csv_of(result: SweepResult) -> str:
    """Numbers with all their digits; empty where there is none. The configuration as given has no
    values of its own."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    fields = next((list(row.values) for row in result.rows if row.values), [])
    writer.writerow([*_BEFORE, *fields, *_AFTER])
    for row in result.rows:
        values = [row.values.get(field, "") for field in fields]
        writer.writerow([row.rank, *values, *(_cell(each) for each in _figures(row))])
    return made.getvalue()


def _figures(row: SweepRow) -> Iterator[object]:
    yield from (row.of_time, row.score, row.net_pnl, row.net_interval.low, row.net_interval.high)
    yield row.turnover
    yield from _of(row.per_turnover_bps)
    apart = row.against_base
    yield from _of(NO_INTERVAL if apart is None else apart.net_pnl)
    yield from _of(NO_INTERVAL if apart is None else apart.at_equal_turnover)
    yield None if apart is None else apart.blocks
    yield from (row.fills, row.orders, row.uptime, row.mean_spread_bps, row.max_drawdown)
    yield row.halted


def _of(interval: Interval) -> tuple[float | None, float | None, float | None]:
    return interval.value, interval.low, interval.high


def _cell(value: object) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
