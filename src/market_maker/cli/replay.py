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
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.instrument import rate_from_bps
from market_maker.model.pool import PoolConfig, decimal_of
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.quoting.registry import STRATEGIES
from market_maker.research import replay as research
from market_maker.research.evaluation import Evaluation, evaluate
from market_maker.research.report import render
from market_maker.sandbox.queue_position import QueueModel
from market_maker.sandbox.recorded_exchange import (
    LATENCY_MAX_NS,
    ReplaySettings,
    compile_kernels,
)
from market_maker.storage.recording import read_recording

QUEUES = tuple(model.value for model in QueueModel)
LATENCY_MS_MAX = LATENCY_MAX_NS // NANOS_PER_MS
STEP_MS_MIN, STEP_MS_MAX = Decimal("0.1"), 600_000

_DEFAULT_LATENCY_MS = "5"


class _Latencies(Struct, frozen=True):
    feed: Nanos
    entry: Nanos
    response: Nanos


_Recording = Annotated[Path, typer.Argument(help="A recording made by `import`.")]
_Config = Annotated[
    Path | None,
    typer.Option(help="TOML file with the pool's fields. Without it: the documented start."),
]
_StrategyName = Annotated[
    str | None, typer.Option(help=f"Instead of the config's: {', '.join(STRATEGIES)}.")
]
_LatencyMs = Annotated[
    str, typer.Option(help="Of our orders on their way, and of the answers.", metavar="MS")
]
_FeedLatencyMs = Annotated[
    str, typer.Option(help="Of market data, on top of what was recorded.", metavar="MS")
]
_EntryLatencyMs = Annotated[
    str | None, typer.Option(help="Of our orders, instead of --latency-ms.", metavar="MS")
]
_ResponseLatencyMs = Annotated[
    str | None, typer.Option(help="Of the answers, instead of --latency-ms.", metavar="MS")
]
_Queue = Annotated[str, typer.Option(help=f"What moves our orders up: {' or '.join(QUEUES)}.")]
_MakerFeeBps = Annotated[str, typer.Option(help="Cost > 0, rebate < 0.", metavar="BPS")]
_StepMs = Annotated[
    str | None,
    typer.Option(help="Time between two turns. Default: quote_interval_ms.", metavar="MS"),
]
_Seed = Annotated[
    int, typer.Option(help="Part of the run's identity; nothing in a replay is drawn.")
]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
_Report = Annotated[Path | None, typer.Option(help="Write an HTML page here.")]
_Force = Annotated[bool, typer.Option("--force", help="Replace an existing report.")]


def command(
    recording: _Recording,
    config: _Config = None,
    strategy: _StrategyName = None,
    latency_ms: _LatencyMs = _DEFAULT_LATENCY_MS,
    feed_latency_ms: _FeedLatencyMs = "0",
    entry_latency_ms: _EntryLatencyMs = None,
    response_latency_ms: _ResponseLatencyMs = None,
    queue: _Queue = QueueModel.PROBABILITY.value,
    maker_fee_bps: _MakerFeeBps = "0",
    step_ms: _StepMs = None,
    seed: _Seed = 0,
    as_json: _Json = False,
    report: _Report = None,
    force: _Force = False,
) -> None:
    """Run the engine against a recording and say how well it did."""
    latencies = _Latencies(
        feed=_latency("feed_latency_ms", feed_latency_ms),
        entry=_one_way("entry_latency_ms", entry_latency_ms, latency_ms),
        response=_one_way("response_latency_ms", response_latency_ms, latency_ms),
    )
    exchange = _exchange(latencies, queue, maker_fee_bps)
    step = None if step_ms is None else _step("step_ms", step_ms)
    _check_report(report, recording, force=force)
    rows = read_recording(recording)
    pool = _pool_config(config, strategy, rows)
    plan = research.ReplayPlan(
        recording=rows,
        config=pool,
        exchange=exchange,
        step_ns=step or _step("quote_interval_ms", str(pool.quote_interval_ms)),
        seed=seed,
    )
    evaluation = _run(plan)
    if report is not None:
        _write_report(report, render(evaluation))
    _print(evaluation, report, as_json=as_json)


def _span(field: str, text: str, least_ms: Decimal, most_ms: int) -> Nanos:
    milliseconds = decimal_of(field, text)
    span = milliseconds * NANOS_PER_MS
    if not least_ms <= milliseconds <= most_ms or span != span.to_integral_value():
        allowed = f"milliseconds from {least_ms} to {most_ms}, at most six digits after the point"
        raise InvalidFieldError(field, milliseconds, allowed)
    return Nanos(int(span))


def _latency(field: str, text: str) -> Nanos:
    return _span(field, text, Decimal(0), LATENCY_MS_MAX)


def _one_way(field: str, own: str | None, common: str) -> Nanos:
    return _latency("latency_ms", common) if own is None else _latency(field, own)


def _step(field: str, text: str) -> Nanos:
    return _span(field, text, STEP_MS_MIN, STEP_MS_MAX)


def _exchange(latencies: _Latencies, queue: str, maker_fee_bps: str) -> ReplaySettings:
    if queue not in QUEUES:
        raise InvalidFieldError("queue", queue, "one of " + ", ".join(QUEUES))
    return ReplaySettings(
        feed_latency_ns=latencies.feed,
        entry_latency_ns=latencies.entry,
        response_latency_ns=latencies.response,
        queue=QueueModel(queue),
        maker_rate=rate_from_bps("maker_fee_bps", decimal_of("maker_fee_bps", maker_fee_bps)),
    )


def _check_report(report: Path | None, recording: Path, *, force: bool) -> None:
    """Refuse before the long run what could not be written after it."""
    if report is None:
        return
    if not report.parent.is_dir():
        raise InvalidFieldError("report", str(report), "a file in a folder that exists")
    if not os.access(report.parent, os.W_OK):
        raise InvalidFieldError("report", str(report), "a file in a folder we may write to")
    if report.exists() and not report.is_file():
        raise InvalidFieldError("report", str(report), "a file, not a folder, a pipe or a device")
    if report.exists() and recording.exists() and report.samefile(recording):
        raise InvalidFieldError("report", str(report), "any file but the recording")
    if report.exists() and not force:
        raise InvalidFieldError("report", str(report), "a new file; --force replaces a report")


def _pool_config(path: Path | None, strategy: str | None, recording: Recording) -> PoolConfig:
    symbol = recording.instrument.symbol
    if path is None:
        pool = research.default_config(symbol)
    else:
        pool = research.with_in_house_member(load_pool_config(path, symbol))
    return pool if strategy is None else research.with_strategy(pool, strategy)


def _run(plan: research.ReplayPlan) -> Evaluation:
    with _progress(plan.recording) as progress:
        compile_kernels()  # seconds once in an installation, and none of the replay's
        began = time.perf_counter()
        log = research.replay(plan, progress)
        return evaluate(log, time.perf_counter() - began)


@contextmanager
def _progress(recording: Recording) -> Iterator[research.Progress | None]:
    """A bar on standard error while it is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        span = recording.end - recording.start
        # Until the first report nothing runs but numba, for some seconds where its cache is cold.
        task = bar.add_task("preparing (the first run compiles)", total=span)

        def advance(now: Nanos) -> None:
            done = now - recording.start
            bar.update(task, completed=done, description=f"replaying {recording.instrument.symbol}")

        yield advance


def _write_report(path: Path, page: str) -> None:
    try:
        _write_atomically(path, page)
    except OSError as error:
        problem = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise InvalidDataError(str(path), problem) from None


def _write_atomically(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


def _print(evaluation: Evaluation, report: Path | None, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(evaluation.result).decode())
    else:
        print_result(evaluation)
    if report is not None:
        print(f"report: {report}", file=sys.stderr)
