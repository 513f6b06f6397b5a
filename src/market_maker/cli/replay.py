"""`market_maker replay`: the engine against a recording."""

import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from market_maker.cli import replay_options as options
from market_maker.cli.progress import run_shown, venue_ready
from market_maker.cli.replay_table import print_result
from market_maker.cli.report_file import check_report, write_report
from market_maker.quoting.registry import STRATEGIES
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.research import replay as research
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.evaluation import Evaluation, evaluate
from market_maker.research.inverse import as_linear
from market_maker.research.kernel_cache import prepare_kernel
from market_maker.research.queue_range import with_both_queues
from market_maker.research.strategy_choice import with_strategy
from market_maker.research.uncollected import uncollected
from market_maker.storage.recording import read_recording

_StrategyName = Annotated[
    str | None, typer.Option(help=f"Instead of the config's: {', '.join(STRATEGIES)}.")
]
_Seed = Annotated[
    int, typer.Option(help="Part of the run's identity; nothing in a replay is drawn.")
]

_Engine = Annotated[
    str,
    typer.Option(
        help="What decides: python, compiled, or auto: the kernel where it knows the configuration "
        "and is compiled. The result is the same."
    ),
]

_ResumeAfter = Annotated[
    str | None,
    typer.Option(
        help="Resume so long after any halt, once its cause is gone. "
        "Without it only a halt by missing market data is resumed, as soon as they are back.",
        metavar="SECONDS",
    ),
]


_OneQueue = Annotated[
    bool,
    typer.Option(
        "--one-queue", help="Leave out the second run, under the other queue model: half the time."
    ),
]


@uncollected()  # what is loaded and counted stays until it is printed
def command(
    recording: options.RecordingPath,
    config: options.ConfigPath = None,
    strategy: _StrategyName = None,
    lead: options.Lead = None,
    latency_ms: options.LatencyMs = options.DEFAULT_LATENCY_MS,
    feed_latency_ms: options.FeedLatencyMs = "0",
    entry_latency_ms: options.EntryLatencyMs = None,
    response_latency_ms: options.ResponseLatencyMs = None,
    queue: options.Queue = QueueModel.PROBABILITY.value,
    queue_fit: options.QueueFitPath = None,
    maker_fee_bps: options.MakerFeeBps = "0",
    step_ms: options.StepMs = None,
    quote_rate: options.QuoteRate = None,
    seed: _Seed = 0,
    resume_after_halt: _ResumeAfter = None,
    engine: _Engine = EngineChoice.AUTO.value,
    one_queue: _OneQueue = False,
    as_json: options.Json = False,
    report: options.Report = None,
    force: options.Force = False,
) -> None:
    """Run the engine against a recording and say how well it did."""
    ways = options.Latencies(latency_ms, feed_latency_ms, entry_latency_ms, response_latency_ms)
    exchange = options.exchange_settings(ways, queue, maker_fee_bps, queue_fit)
    choice = options.engine_choice(engine)
    step = None if step_ms is None else options.step_of("step_ms", step_ms)
    check_report(report, recording, force=force)
    rows = read_recording(recording)
    pool = options.pool_config_of(config, rows, quote_rate)
    if strategy is not None:
        pool = with_strategy(pool, strategy)
    leader = options.leading(lead, rows, pool)
    linear, inverse = as_linear(rows)
    plan = research.ReplayPlan(
        recording=linear,
        inverse=inverse,
        config=leader.pool,
        lead=leader.recording,
        exchange=exchange,
        step_ns=step or options.step_of("quote_interval_ms", str(pool.quote_interval_ms)),
        seed=seed,
        resume_after_ns=options.resume_after(resume_after_halt),
    )
    both = None if one_queue else with_both_queues(plan, lambda each: _run(each, choice))
    evaluation = both or _run(plan, choice)
    if report is not None:
        write_report(report, _rendered(evaluation))
    _print(evaluation, report, as_json=as_json)


def _run(plan: research.ReplayPlan, engine: EngineChoice) -> Evaluation:
    # Seconds once in an installation, and none of the replay's.
    venue_ready(None if engine is EngineChoice.COMPILED else len(plan.recording.ts_recv))
    if engine is not EngineChoice.PYTHON:
        prepare_kernel(wait=engine is EngineChoice.COMPILED)
    played = plan.recording
    with run_shown(played.instrument.symbol, played.start, played.end) as progress:
        began = time.perf_counter()
        log = research.replay(plan, progress, engine=engine)
        return evaluate(log, time.perf_counter() - began)


def _rendered(evaluation: Evaluation) -> str:
    # Imported here: charts and templates are for those who ask for a page.
    from market_maker.research.report import render  # noqa: PLC0415

    return render(evaluation)


def _print(evaluation: Evaluation, report: Path | None, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(evaluation.result).decode())
    else:
        print_result(evaluation)
    if report is not None:
        print(f"report: {report}", file=sys.stderr)
