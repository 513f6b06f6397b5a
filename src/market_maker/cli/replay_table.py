"""A replay's result as tables for a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from market_maker.cli.table_console import table_console
from market_maker.research.evaluation import Evaluation
from market_maker.research.metrics import RunMetrics
from market_maker.research.result import ReplayResult, RunSettings
from market_maker.research.wording import (
    few_fills,
    money_decimals,
    number,
    percent,
    period,
    quote_currency,
    unit_of_position,
)

_FINE_DECIMALS = 4

_SHOWN_CONFIG = (
    *("gamma", "kappa", "tau", "num_levels", "level_spacing_bps", "min_spread_bps"),
    *("max_spread_bps", "order_size_usdt", "max_pool_position_usdt", "price_threshold_bps"),
)


def print_result(evaluation: Evaluation, console: Console | None = None) -> None:
    """Print what happened, what it earned and under which settings."""
    console = console or table_console()
    result = evaluation.result
    console.print(_table(f"Replay of {result.symbol}", _activity(evaluation)))
    console.print(_table(f"PnL, {result.pnl_currency}", _pnl(result)))
    console.print(_table("Quality", _quality(evaluation)))
    if result.by_queue:
        console.print(_queues(result))
    console.print(_table("Settings as run", _settings(evaluation.settings)))
    if few := few_fills(result.fills):
        console.print(f"{few}.", highlight=False)
    for remark in evaluation.settings.recording.remarks:
        console.print(f"Of the data: {remark}.", highlight=False)
    console.print(f"state hash {result.state_hash}", highlight=False, soft_wrap=True)


def _table(title: str, rows: Iterable[tuple[str, object]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
    table.add_column(style="dim", min_width=28)
    table.add_column(justify="right", overflow="fold")
    for name, value in rows:
        table.add_row(name, str(value))
    return table


def _queues(result: ReplayResult) -> Table:
    """Between the two models lies what is not known about fills."""
    title = "By the queue model: the truth about fills is likely between"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2), header_style="dim")
    table.add_column("queue")
    for name in ("fills", "turnover", f"net PnL, {result.pnl_currency}"):
        table.add_column(name, justify="right", overflow="fold")
    for queue, figures in result.by_queue.items():
        table.add_row(queue, f"{figures.fills:,}", figures.turnover, figures.net_pnl)
    return table


def _activity(evaluation: Evaluation) -> Iterable[tuple[str, object]]:
    result, closing = evaluation.result, evaluation.closing
    unit = unit_of_position(evaluation.log.plan.counted)
    return (
        ("events", f"{result.events:,} in {number(result.duration_s, 1)} s"),
        ("speed", f"{number(result.events_per_second, 0)} events a second"),
        ("turns", f"{result.turns:,}"),
        ("orders placed", f"{result.orders_placed:,}"),
        ("orders cancelled", f"{result.orders_cancelled:,}"),
        ("orders rejected", f"{result.rejects:,}"),
        ("fills", f"{result.fills:,}"),
        ("cancelled per fill", number(result.cancels_per_fill, 1)),
        (f"volume, {unit}", result.volume),
        (f"turnover, {quote_currency(result.symbol)}", result.turnover),
        (f"position at the end, {unit}", f"{closing.position} at mid {closing.mid}"),
        ("open orders then", f"{closing.open_orders}, dropped: neither filled nor cancelled"),
        ("fair then", evaluation.log.snapshot.fair_source),
        ("pool then", f"{closing.state}: {closing.reason}"),
        ("decided by", _decided_by(result)),
        *_book_seen(result),
    )


def _book_seen(result: ReplayResult) -> Iterable[tuple[str, object]]:
    """What quotes that rest on more than the best prices were shown."""
    if result.book_levels == 1:
        yield "levels of the book", "1: the recording has best prices alone"
    elif result.book_levels:
        yield "levels of the book", f"up to {result.book_levels} a side"


def _decided_by(result: ReplayResult) -> str:
    name = "the compiled kernel" if result.engine == "compiled" else "the Python engine"
    return f"{name}: {result.engine_reason}" if result.engine_reason else name


def _pnl(result: ReplayResult) -> Iterable[tuple[str, object]]:
    pnl = result.pnl
    return (
        ("spread", pnl.spread),
        ("inventory", pnl.inventory),
        ("  of it within 1 s", pnl.adverse_1s),
        ("  of it within 5 s", pnl.adverse_5s),
        ("  of it within 30 s", pnl.adverse_30s),
        ("fees", pnl.fees),
        ("funding", pnl.funding),
        ("net", result.net_pnl),
    )


def _quality(evaluation: Evaluation) -> Iterable[tuple[str, object]]:
    result = evaluation.result
    markout = result.markout_bps
    unit = unit_of_position(evaluation.log.plan.counted)
    means = (markout.one_second, markout.five_seconds, markout.thirty_seconds)
    return (
        *_ratios(evaluation.metrics, result.pnl_currency),
        ("markout 1, 5, 30 s, bps", ", ".join(number(mean, 3) for mean in means)),
        (f"largest position, {unit}", result.max_abs_position),
        ("mean use of the limit", percent(result.mean_abs_position_ratio, 2)),
        ("quoting uptime", percent(result.quoting_uptime, 2)),
        ("  of the time with data", percent(result.quoting_uptime_net, 2)),
        ("mean spread, bps", number(result.mean_spread_bps, 3)),
        ("share at floor, ceiling", _pair(result.share_at_floor, result.share_at_ceiling)),
    )


def _ratios(metrics: RunMetrics | None, money: str) -> Iterable[tuple[str, object]]:
    if metrics is not None:
        decimals = max(_FINE_DECIMALS, money_decimals(money))
        yield f"largest drawdown, {money}", number(metrics.max_drawdown, decimals)
        yield "PnL per turnover, bps", number(metrics.pnl_per_turnover_bps, 3)
        yield "Sharpe a year, of 1 s steps", number(metrics.sharpe, 1)


def _pair(first: float | None, second: float | None) -> str:
    return f"{percent(first, 2)}, {percent(second, 2)}"


def _settings(settings: RunSettings) -> Iterable[tuple[str, object]]:
    recording = settings.recording
    yield "recorded", period(recording.start, recording.end)
    latencies = (settings.feed_latency_ms, settings.entry_latency_ms, settings.response_latency_ms)
    yield "strategy", settings.config["strategy"]
    for name in _SHOWN_CONFIG:
        yield name, settings.config[name]
    yield "step", f"{settings.step_ms} ms"
    yield "latency: feed, entry, answer", ", ".join(latencies) + " ms"
    yield "queue", settings.queue
    yield "maker fee", f"{settings.maker_fee_bps} bps"
    yield "seed", settings.seed
