"""`market_maker estimates`: every estimator over a recording."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from market_maker.cli import progress
from market_maker.cli import replay_options as options
from market_maker.cli.report_file import check_report, write_report
from market_maker.cli.table_console import table_console
from market_maker.estimators.adverse_selection import DEPTHS_BPS, MarkoutRow
from market_maker.estimators.estimate import Estimate
from market_maker.model.units import Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.research.estimates_page import render
from market_maker.research.estimating import EstimatesReport, estimate_recording
from market_maker.research.inverse import as_linear
from market_maker.research.replay import ReplayPlan
from market_maker.research.wording import number
from market_maker.storage.recording import read_recording

_SIDES = ("bought", "sold")

_Html = Annotated[Path | None, typer.Option(help="Write an HTML page with charts over time here.")]


def command(
    recording: options.RecordingPath,
    config: options.ConfigPath = None,
    lead: options.Lead = None,
    latency_ms: options.LatencyMs = options.DEFAULT_LATENCY_MS,
    step_ms: options.StepMs = None,
    quote_rate: options.QuoteRate = None,
    as_json: options.Json = False,
    html: _Html = None,
    force: options.Force = False,
) -> None:
    """Run every estimator over a recording and print what each says at its end."""
    latencies = options.Latencies(common=latency_ms, feed="0", entry=None, response=None)
    exchange = options.exchange_settings(latencies, QueueModel.PROBABILITY.value, "0")
    step = None if step_ms is None else options.step_of("step_ms", step_ms)
    check_report(html, recording, force=force)
    rows = read_recording(recording)
    leader = options.leading(lead, rows, options.pool_config_of(config, rows, quote_rate))
    pool = leader.pool
    linear, inverse = as_linear(rows)
    plan = ReplayPlan(
        recording=linear,
        inverse=inverse,
        config=pool,
        lead=leader.recording,
        exchange=exchange,
        step_ns=step or options.step_of("quote_interval_ms", str(pool.quote_interval_ms)),
    )
    progress.venue_ready(len(linear.ts_recv))
    with progress.shown(f"estimating {rows.instrument.symbol}") as show:

        def advance(now: Nanos) -> None:
            show((now - rows.start) // 10**9, (rows.end - rows.start) // 10**9)

        report, history = estimate_recording(plan, advance)
    if html is not None:
        write_report(html, render(report, history))
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        _print(report, table_console())
    if html is not None:
        print(f"report: {html}", file=sys.stderr)


def _print(report: EstimatesReport, console: Console) -> None:
    title = f"{report.symbol}, {number(report.duration_s, 1)} s, {report.fills} fills of ours"
    console.print(_estimates(title, report.estimates))
    console.print(f"fair at the end: {report.fair_source}", highlight=False)
    console.print(_fits(report))
    if report.markouts:
        console.print(_markouts(report.markouts))
    for remark in report.remarks:
        console.print(f"Of the data: {remark}.", highlight=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2))
    for index, name in enumerate(columns):
        first = index == 0
        table.add_column(name, justify="left" if first else "right", overflow="fold", no_wrap=first)
    return table


def _estimates(title: str, estimates: tuple[Estimate, ...]) -> Table:
    table = _table(title, "estimate", "value", "unit", "rests on", "ready")
    for line in estimates:
        value = "-" if line.value is None else f"{line.value:,.6g}"
        ready = "yes" if line.ready else "no"
        table.add_row(line.name, value, line.unit, f"{line.count:,}", ready)
    return table


def _fits(report: EstimatesReport) -> Table:
    table = _table("Fits", "model", "figure", "value")
    fit, hawkes = report.fit, report.hawkes
    if fit is not None:
        verdict = "yes" if fit.usable else f"no: {fit.reason}"
        table.add_row("fill intensity", "kappa_hat with its prior, 1/bps", f"{fit.kappa_hat:.4g}")
        table.add_row("", "kappa_hat by likelihood, 1/bps", f"{fit.measured:.4g}")
        table.add_row("", "kappa_hat by the line, 1/bps", f"{fit.line:.4g}")
        table.add_row("", "A, orders of one side per hour", f"{fit.intensity:,.4g}")
        table.add_row("", "R^2 of the line", f"{fit.r_squared:.3f}")
        table.add_row("", "log-likelihood, nats per order", f"{fit.log_likelihood:.3f}")
        table.add_row("", "aggressive orders in the window", f"{fit.orders:,}")
        table.add_row("", "may be quoted on", verdict)
    if hawkes is None:
        table.add_row("Hawkes", "aggressive orders", "too few")
    else:
        laws = f"{hawkes.base:.3g}, {hawkes.jump:.3g}, {hawkes.decay:.3g}"
        table.add_row("Hawkes", "mu, alpha, beta, 1/s", laws)
        table.add_row("", "branching ratio", f"{hawkes.branching:.3f}")
        table.add_row("", "mean rate, 1/s", f"{hawkes.rate:.3g}")
        table.add_row("", "gain over a steady rate, nats per order", f"{hawkes.gain:.3f}")
        table.add_row("", "orders it was fitted to", f"{hawkes.orders:,}")
    return table


def _markouts(lines: tuple[MarkoutRow, ...]) -> Table:
    columns = ("after", "side", "depth, bps", "edge, bps", "adverse, bps", "error", "markout")
    table = _table("Markouts of our fills", *columns, "fills")
    for line in lines:
        error = "-" if line.standard_error is None else f"{line.standard_error:.3f}"
        table.add_row(
            f"{line.horizon_s:g} s",
            _SIDES[line.side],
            _depth(line.bucket),
            f"{line.edge:.3f}",
            f"{line.adverse:.3f}",
            error,
            f"{line.markout:.3f}",
            f"{line.count}",
        )
    return table


def _depth(bucket: int) -> str:
    low = f"{DEPTHS_BPS[bucket - 1]:g}" if bucket else ""
    high = f"{DEPTHS_BPS[bucket]:g}" if bucket < len(DEPTHS_BPS) else ""
    if not low:
        return f"below {high}"
    return f"{low} to {high}" if high else f"{low} and more"
