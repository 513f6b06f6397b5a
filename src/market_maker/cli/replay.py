"""`market_maker replay`: the engine against a recording."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from market_maker.cli.replay_table import print_result
from market_maker.config import load_pool_config
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import rate_from_bps
from market_maker.model.pool import PoolConfig, decimal_of
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.quoting.registry import STRATEGIES
from market_maker.research import replay as research
from market_maker.research.evaluation import Evaluation, evaluate
from market_maker.research.report import render
from market_maker.sandbox.recorded_exchange import ReplaySettings
from market_maker.storage.recording import read_recording

QUEUES = ("pessimistic", "probability")
LATENCY_MS_MAX = 60_000
STEP_MS_MAX = 600_000

_DEFAULT_LATENCY_MS = "5"


class _Latencies(Struct, frozen=True):
    feed: Nanos
    entry: Nanos
    response: Nanos


def command(  # noqa: PLR0913
    recording: Annotated[Path, typer.Argument(help="A recording made by `import`.")],
    config: Annotated[
        Path | None,
        typer.Option(help="TOML file with the pool's fields. Without it: the documented start."),
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help=f"Instead of the config's: {', '.join(STRATEGIES)}.")
    ] = None,
    latency_ms: Annotated[
        str, typer.Option(help="Of our orders on their way, and of the answers.")
    ] = _DEFAULT_LATENCY_MS,
    feed_latency_ms: Annotated[
        str, typer.Option(help="Of market data, on top of what was recorded.")
    ] = "0",
    entry_latency_ms: Annotated[
        str | None, typer.Option(help="Of our orders, instead of --latency-ms.")
    ] = None,
    response_latency_ms: Annotated[
        str | None, typer.Option(help="Of the answers, instead of --latency-ms.")
    ] = None,
    queue: Annotated[
        str, typer.Option(help=f"What moves our orders up: {' or '.join(QUEUES)}.")
    ] = "probability",
    maker_fee_bps: Annotated[str, typer.Option(help="Cost > 0, rebate < 0.")] = "0",
    step_ms: Annotated[
        str | None, typer.Option(help="Time between two turns. Default: quote_interval_ms.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Part of the run's identity; nothing in a replay is drawn.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page here.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing report.")] = False,
) -> None:
    """Run the engine against a recording and say how well it did."""
    latencies = _Latencies(
        feed=_span("feed_latency_ms", feed_latency_ms, LATENCY_MS_MAX),
        entry=_span("entry_latency_ms", entry_latency_ms or latency_ms, LATENCY_MS_MAX),
        response=_span("response_latency_ms", response_latency_ms or latency_ms, LATENCY_MS_MAX),
    )
    exchange = _exchange(latencies, queue, maker_fee_bps)
    step = None if step_ms is None else _span("step_ms", step_ms, STEP_MS_MAX)
    _check_report(report, recording, force=force)
    rows = read_recording(recording)
    pool = _pool_config(config, strategy, rows)
    plan = research.ReplayPlan(
        recording=rows,
        config=pool,
        exchange=exchange,
        step_ns=step or Nanos(int(pool.quote_interval_ms * NANOS_PER_MS)),
        seed=seed,
    )
    evaluation = _run(plan)
    if report is not None:
        _write_atomically(report, render(evaluation))
    _print(evaluation, report, as_json=as_json)
