"""`market_maker sweep`: many configurations on recordings, on every core or on a cluster."""

import resource
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from market_maker.cli import replay_options as options
from market_maker.cli.progress import venue_ready
from market_maker.cli.report_file import write_report
from market_maker.cli.sweep_choice import (
    RUNGS,
    SweepChoice,
    check_choice,
    identity_of,
    planned,
)
from market_maker.cli.sweep_progress import sweep_progress
from market_maker.cli.sweep_table import print_sweep
from market_maker.model.recording import Recording
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.research.equity import pnl_currency
from market_maker.research.kernel_cache import prepare_kernel
from market_maker.research.processes import run_in_processes
from market_maker.research.sweep_folder import (
    RunKey,
    SweepIdentity,
    SweepRun,
    check_folder,
    open_folder,
)
from market_maker.research.sweep_plan import (
    SweepMethod,
    SweepPlan,
    SweepScore,
    check_points,
    checksum_of,
)
from market_maker.research.sweep_report import render_sweep
from market_maker.research.sweep_result import SweepResult, sweep_result
from market_maker.research.sweep_run import Execute, run_sweep, unpack
from market_maker.research.sweep_surface import surfaces
from market_maker.research.sweep_table import csv_of
from market_maker.storage.recording import read_recording

TABLE_NAME, RESULT_NAME, PAGE_NAME = "sweep.csv", "sweep.json", "sweep.html"
_KIB_PER_MIB = 1_024
_METHODS = ", ".join(SweepMethod)
_SCORES = ", ".join(SweepScore)

_Recordings = Annotated[list[Path], typer.Argument(help="Recordings made by `import` or `record`.")]
_Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="Folder of the results; the same command goes on in it."),
]
_Over = Annotated[
    list[str] | None,
    typer.Option(
        help="What is varied: FIELD=low:high:count, FIELD=low:high:count:log or FIELD=a,b,c; a "
        "strategy's own parameter is strategy_params.NAME. May be given again.",
        metavar="FIELD=VALUES",
    ),
]
_Leads = Annotated[
    list[Path] | None,
    typer.Option(
        help="A second recording, whose market the pool follows: a term of the forecast of "
        "fair_price = regression. With several recordings once for each, in their order, or once "
        "for all.",
        metavar="RECORDING",
    ),
]
_Method = Annotated[str, typer.Option(help=f"How configurations are chosen: {_METHODS}.")]
_Samples = Annotated[
    int | None, typer.Option(help="Draw so many configurations; of a grid, out of its own.")
]
_Splits = Annotated[
    int,
    typer.Option(help="Cut each recording into so many segments of time, and walk forward."),
]
_Rungs = Annotated[int | None, typer.Option(help=f"Of halving. Default: {RUNGS}.")]
_Score = Annotated[str, typer.Option(help=f"What is better: {_SCORES}.")]
_Jobs = Annotated[int | None, typer.Option(help="Processes. Default: one per processor.")]
_Cluster = Annotated[
    str | None,
    typer.Option(help="Address of a Dask scheduler; the extra `cluster`.", metavar="ADDRESS"),
]
_Seed = Annotated[int, typer.Option(help="Of the draws, and of the resampling of intervals.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Make very many runs without asking.")]


def command(
    recordings: _Recordings,
    output: _Output,
    over: _Over = None,
    method: _Method = SweepMethod.GRID.value,
    samples: _Samples = None,
    splits: _Splits = 1,
    rungs: _Rungs = None,
    score: _Score = SweepScore.NET_PNL.value,
    config: options.ConfigPath = None,
    lead: _Leads = None,
    latency_ms: options.LatencyMs = options.DEFAULT_LATENCY_MS,
    feed_latency_ms: options.FeedLatencyMs = "0",
    entry_latency_ms: options.EntryLatencyMs = None,
    response_latency_ms: options.ResponseLatencyMs = None,
    queue: options.Queue = QueueModel.PROBABILITY.value,
    maker_fee_bps: options.MakerFeeBps = "0",
    step_ms: options.StepMs = None,
    quote_rate: options.QuoteRate = None,
    seed: _Seed = 0,
    jobs: _Jobs = None,
    cluster: _Cluster = None,
    yes: _Yes = False,
    as_json: options.Json = False,
) -> None:
    """Replay many configurations, and rank them with intervals that say what chance explains."""
    ways = options.Latencies(latency_ms, feed_latency_ms, entry_latency_ms, response_latency_ms)
    exchange = options.exchange_settings(ways, queue, maker_fee_bps)
    terms = options.shared_terms(exchange, step_ms, seed)
    workers = options.jobs_of(jobs)
    choice = SweepChoice(tuple(over or ()), method, samples, splits, rungs, score, yes)
    check_folder(output)
    check_choice(choice, len(recordings))
    leads = options.lead_of_each(lead or (), len(recordings))
    rows = [read_recording(path) for path in recordings]
    second = [None if path is None else read_recording(path) for path in leads]
    pools = [
        options.led(options.pool_config_of(config, each, quote_rate), each, other)
        for each, other in zip(rows, second, strict=True)
    ]
    names = [_named(*pair) for pair in zip(leads, second, strict=True)]
    plan = planned(choice, recordings, rows, pools, terms, names)
    check_points(plan)
    work = _Work(plan, identity_of(choice, plan), rows, second, output, workers, cluster)
    result = _run(work)
    _show(result, pnl_currency(rows[0].instrument), output, as_json=as_json)


def _named(path: Path | None, lead: Recording | None) -> str | None:
    return None if path is None or lead is None else f"{path.name} ({checksum_of(lead)})"


class _Work(Struct, frozen=True, eq=False):
    """What is to be run, and by whom."""

    plan: SweepPlan
    identity: SweepIdentity
    rows: list[Recording]
    leads: list[Recording | None]
    output: Path
    workers: int
    cluster: str | None


def _run(work: _Work) -> SweepResult:
    """All runs, then the files of the result."""
    folder = open_folder(work.output, work.identity)
    finished = False
    try:
        unpack(folder.columns, work.plan, work.rows, work.leads)
        venue_ready()  # once, here: the workers find the cache warm
        prepare_kernel(wait=False)  # until it is compiled the runs are decided in Python
        with _executing(work, folder.columns) as execute, sweep_progress() as progress:
            done = run_sweep(work.plan, folder, execute, progress)
        result = sweep_result(work.plan, done)
        _write(work, result, done)
        print(f"decided by {decided_by(done.values())}", file=sys.stderr)
        finished = True
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on in {work.output}", file=sys.stderr)
        raise
    else:
        return result
    finally:
        folder.close(finished=finished)


@contextmanager
def _executing(work: _Work, columns: Path) -> Iterator[Execute]:
    if work.cluster is None:
        yield lambda calls: run_in_processes(calls, work.workers)
        return
    from market_maker.research.cluster import Cluster  # noqa: PLC0415  an optional extra

    with closing(Cluster(work.cluster, columns.resolve())) as connected:
        yield connected.execute


def _write(work: _Work, result: SweepResult, done: Mapping[RunKey, SweepRun]) -> None:
    money = pnl_currency(work.rows[0].instrument)
    page = render_sweep(result, surfaces(work.plan, done), money)
    whole = msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n"
    for name, text in ((TABLE_NAME, csv_of(result)), (RESULT_NAME, whole), (PAGE_NAME, page)):
        write_report(work.output / name, text)


def _show(result: SweepResult, money: str, output: Path, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(result).decode())
    else:
        print_sweep(result, money)
    names = f"{TABLE_NAME}, {RESULT_NAME} and {PAGE_NAME} in {output}"
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // _KIB_PER_MIB
    memory = f"; at most {most} MiB of memory in one process" if most else ""
    print(f"{names}{memory}", file=sys.stderr)


def decided_by(runs: Iterable[SweepRun]) -> str:
    """How many runs each engine made, and why not the other."""
    counts = Counter((run.engine, run.engine_reason) for run in runs)
    return "; ".join(
        f"{engine}: {count:,} runs" + (f" ({why})" if why else "")
        for (engine, why), count in sorted(counts.items())
    )
