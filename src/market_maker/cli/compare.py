"""`market_maker compare`: several strategies on one recording, judged on the same terms."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from market_maker.cli import replay_options as options
from market_maker.cli.compare_table import print_comparison
from market_maker.cli.equal_turnover import (
    EqualTurnover,
    choose_on_halves,
    compare_at_equal_turnover,
    print_held_out,
    print_standings,
)
from market_maker.cli.progress import venue_ready
from market_maker.cli.report_file import check_report, write_report
from market_maker.model.errors import InvalidFieldError
from market_maker.quoting.registry import STRATEGIES
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.research.comparing import Case, Comparison, Stress, cases_of, compare
from market_maker.research.comparison_report import render_comparison
from market_maker.research.comparison_result import comparison_result
from market_maker.research.kernel_cache import prepare_kernel
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.sweep_space import PARAMETERS, SweepDimension, dimension
from market_maker.storage.recording import read_recording

_ALL = ",".join(STRATEGIES)

_Strategies = Annotated[
    str,
    typer.Option(
        help=f"Names, comma-separated; the first is what others are measured against: "
        f"{', '.join(STRATEGIES)}.",
        metavar="A,B,C",
    ),
]
_Sweep = Annotated[
    list[str] | None,
    typer.Option(
        help="field=low:high:count, with :log behind it or not, or field=a,b,c; of a strategy's "
        f"own parameter {PARAMETERS}name=... May be given again: every combination is run. With "
        "--equal-turnover the best combination on one half of each recording is judged on the "
        "other half.",
        metavar="FIELD=VALUES",
    ),
]
_Jobs = Annotated[int | None, typer.Option(help="Processes. Default: one per processor.")]
_Seed = Annotated[int, typer.Option(help="Of the resampling behind the intervals.")]
_Recordings = Annotated[
    list[Path], typer.Argument(help="Made by `import`; several only with --equal-turnover.")
]
_Leads = Annotated[
    list[Path] | None,
    typer.Option(
        help="A second recording, whose market the pool follows: a term of the forecast of "
        "fair_price = regression. With several recordings once for each, in their order, or once "
        "for all. With --ablation the term is a row of its own.",
        metavar="RECORDING",
    ),
]
_Equal = Annotated[
    bool,
    typer.Option(
        "--equal-turnover",
        help="The pool of --config, or else the recommended one, against both references, whose "
        "spreads are set on the splits before so that all trade alike.",
    ),
]
_Match = Annotated[
    str | None,
    typer.Option(
        help="With --equal-turnover: set spreads on the splits `before`, or on the `judged` ones "
        "themselves, by turnover alone. Default: before; with --ablation judged.",
        metavar="SPLITS",
    ),
]
_Ablation = Annotated[
    bool,
    typer.Option(
        "--ablation",
        help="With --equal-turnover: the pool with one of its terms changed at a time.",
    ),
]
_Quick = Annotated[
    bool, typer.Option("--no-stress", help="Leave out the runs under doubled latency, other fees.")
]


def command(
    recordings: _Recordings,
    strategies: _Strategies = _ALL,
    sweep: _Sweep = None,
    config: options.ConfigPath = None,
    lead: _Leads = None,
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
    jobs: _Jobs = None,
    no_stress: _Quick = False,
    equal_turnover: _Equal = False,
    match: _Match = None,
    ablation: _Ablation = False,
    as_json: options.Json = False,
    report: options.Report = None,
    force: options.Force = False,
) -> None:
    """Replay strategies on the same data, latency, queue, fees, limits and seed, and compare."""
    ways = options.Latencies(latency_ms, feed_latency_ms, entry_latency_ms, response_latency_ms)
    exchange = options.exchange_settings(ways, queue, maker_fee_bps, queue_fit)
    terms, workers = options.shared_terms(exchange, step_ms, seed), options.jobs_of(jobs)
    _check_used({"match": match, "ablation": ablation}, "only with", unless=equal_turnover)
    named = "" if strategies == _ALL else strategies
    alone = {"strategies": named, "no-stress": no_stress, "report": report, "force": force}
    _check_used(alone, "without", unless=not equal_turnover)
    if equal_turnover:
        pool_of = (config, quote_rate)
        asked = EqualTurnover(recordings, lead or (), pool_of, terms, match, workers)
        _at_equal_turnover(asked, sweep or (), ablation=ablation, as_json=as_json)
        return
    recording = _only(recordings)
    names, sweeps = _names(strategies), [_sweep(text) for text in sweep or ()]
    check_report(report, recording, force=force)
    rows = read_recording(recording)
    second = options.lead_of_each(lead or (), 1)[0]
    pool = options.leading(second, rows, options.pool_config_of(config, rows, quote_rate)).pool
    cases = cases_of(pool, names, sweeps)
    stresses = (Stress.AS_RUN,) if no_stress else tuple(Stress)
    comparison = _compared((recording, second), cases, terms, stresses, workers)
    _show(comparison, report, as_json=as_json)


def _check_used(given: Mapping[str, object], how: str, *, unless: bool) -> None:
    """Raises InvalidFieldError for an option that would do nothing."""
    for name, value in given.items():
        if value and not unless:
            typed = f"--{name}" if value is True else f"--{name} {value}"
            raise InvalidFieldError("compare", typed, f"{how} --equal-turnover")


def _compared(
    files: tuple[Path, Path | None],
    cases: list[Case],
    terms: SharedTerms,
    stresses: Sequence[Stress],
    jobs: int,
) -> Comparison:
    """files: the recording, and that of the leading market."""
    recording, lead = files
    venue_ready()
    with _progress(cases, len(stresses)) as progress:
        prepare_kernel(wait=False)  # until it is compiled the runs are decided in Python
        return compare(
            recording, cases, terms, lead=lead, stresses=stresses, jobs=jobs, progress=progress
        )


def _at_equal_turnover(
    asked: EqualTurnover, sweep: Sequence[str], *, ablation: bool, as_json: bool
) -> None:
    if not sweep:
        print_standings(compare_at_equal_turnover(asked, ablation=ablation), as_json=as_json)
        return
    if ablation:
        allowed = "without --ablation: a term off, or values chosen, not both"
        raise InvalidFieldError("sweep", " ".join(sweep), allowed)
    found = choose_on_halves(asked, [_sweep(text) for text in sweep])
    print_held_out(found, as_json=as_json)


def _show(comparison: Comparison, report: Path | None, *, as_json: bool) -> None:
    if report is not None:
        write_report(report, render_comparison(comparison))
    if as_json:
        print(msgspec.json.encode(comparison_result(comparison)).decode())
    else:
        print_comparison(comparison)
    if report is not None:
        print(f"report: {report}", file=sys.stderr)


def _only(recordings: list[Path]) -> Path:
    if len(recordings) > 1:
        raise InvalidFieldError("recordings", len(recordings), "one, without --equal-turnover")
    return recordings[0]


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in STRATEGIES:
            raise InvalidFieldError("strategies", name, "one of " + ", ".join(STRATEGIES))
    return names


def _sweep(text: str) -> SweepDimension:
    found = dimension(text, "sweep")
    if found.field == "strategy":
        raise InvalidFieldError("sweep", text, "any other field: --strategies names these")
    if not found.values:
        raise InvalidFieldError("sweep", text, f"{found.field}=low:high:count")
    return found


@contextmanager
def _progress(cases: list[Case], stresses: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error while it is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    disable = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=disable) as bar:
        task = bar.add_task("replaying", total=len(cases) * stresses)
        yield lambda: bar.advance(task)
