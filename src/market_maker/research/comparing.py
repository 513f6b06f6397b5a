"""Several configurations on one recording: the same data, latency, queue, fees, limits and seed.

Every run is a process's work of its own; the order of results is the order of the cases, however
many processes there are.
"""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import rate_from_bps
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import (
    LATENCY_MAX_NS,
    ReplaySettings,
    mids_at,
)
from market_maker.research import replay_accounting
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.equity import equity_path, traded_by_fill
from market_maker.research.evaluation import Evaluation, evaluate, every_second
from market_maker.research.idle_fields import IdleFields, SweptRuns, idle_fields
from market_maker.research.inverse import as_linear
from market_maker.research.kernel_cache import prepare_venue
from market_maker.research.metrics import RunMetrics
from market_maker.research.processes import run_in_processes
from market_maker.research.queue_range import OTHER
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.resampling import (
    BLOCKS_MIN,
    Floats,
    RunDifference,
    RunSeries,
    difference,
)
from market_maker.research.result import ReplayResult
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.strategy_choice import with_strategy
from market_maker.research.sweep_space import (
    PARAMETERS,
    SweepDimension,
    SweptValue,
    configured,
    shown_value,
)
from market_maker.storage.mapped_recording import open_mapped, write_mapped
from market_maker.storage.recording import read_recording

CASES_MAX = 64

OPENED_MAX = 64
"""Recordings that a worker process keeps mapped."""


class Stress(StrEnum):
    """What the comparison must survive: the same runs under worse and other terms."""

    AS_RUN = "as run"
    LATENCY = "latency x2"
    FEES_UP = "fees +1 bp"
    FEES_DOWN = "fees -1 bp"
    QUEUE = "other queue"


class Case(Struct, frozen=True):
    """What is compared. label: unique. swept: the fields that are varied, and its values of
    them."""

    label: str
    config: PoolConfig
    swept: tuple[tuple[str, SweptValue], ...] = ()


class CaseRun(Struct, frozen=True, kw_only=True, eq=False):
    """One case under one stress. seconds: moments, ns; equity at each and outcome are in the
    currency of the PnL. state: the pool's at the end."""

    label: str
    stress: Stress
    result: ReplayResult
    metrics: RunMetrics | None
    markout_errors: tuple[tuple[float, float | None, float | None, int], ...]
    seconds: replay_accounting.Int64s
    equity: Floats
    outcome: RunSeries
    state: str


class Comparison(Struct, frozen=True, kw_only=True, eq=False):
    """lead: the recording whose market the cases follow, if there is one. runs: cases x stresses,
    in that order. differences: by label, of every case but the first
    to the first, as run; None where the recording is too short."""

    recording: Recording
    lead: Recording | None
    terms: SharedTerms
    cases: tuple[Case, ...]
    runs: tuple[CaseRun, ...]
    differences: dict[str, RunDifference | None]

    def of(self, label: str, stress: Stress = Stress.AS_RUN) -> CaseRun:
        """One run."""
        return next(r for r in self.runs if r.label == label and r.stress is stress)

    @property
    def currency(self) -> str:
        """Of the PnL of every run."""
        return self.runs[0].result.pnl_currency

    @property
    def idle(self) -> IdleFields:
        """Swept fields that changed nothing, in any run."""
        return idle_fields(
            [field for field, _ in self.cases[0].swept],
            [
                SweptRuns(
                    case.config.strategy,
                    tuple(value for _, value in case.swept),
                    {each: self.of(case.label, each).result.state_hash for each in self.stresses},
                )
                for case in self.cases
            ],
        )

    @property
    def stresses(self) -> tuple[Stress, ...]:
        """Those that were run."""
        return tuple(s for s in Stress if any(run.stress is s for run in self.runs))


def cases_of(
    config: PoolConfig, strategies: Sequence[str], sweeps: Sequence[SweepDimension]
) -> list[Case]:
    """Every strategy with every combination of swept values.

    Raises InvalidFieldError for what a pool does not allow, and for more than CASES_MAX.
    """
    for name in strategies:
        if strategies.count(name) > 1:
            raise InvalidFieldError("strategies", name, "each strategy once")
    names = [sweep.field for sweep in sweeps]
    for name in names:
        if names.count(name) > 1:
            raise InvalidFieldError("sweep", name, "each field once")
    count = len(strategies)
    for sweep in sweeps:
        count *= len(sweep.values)
    if count > CASES_MAX:
        raise InvalidFieldError("sweep", f"{count} cases", f"at most {CASES_MAX}")
    return list(_cases(config, strategies, sweeps))


def _cases(
    config: PoolConfig, strategies: Sequence[str], sweeps: Sequence[SweepDimension]
) -> Iterator[Case]:
    for name in strategies:
        own = with_strategy(config, name)
        for values in itertools.product(*(sweep.values for sweep in sweeps)):
            words = [
                f"{sweep.field.removeprefix(PARAMETERS)}={shown_value(value)}"
                for sweep, value in zip(sweeps, values, strict=True)
            ]
            pairs = zip((sweep.field for sweep in sweeps), values, strict=True)
            label, changed = " ".join([name, *words]), configured(own, sweeps, values)
            yield Case(label, changed, tuple(pairs))


Progress = Callable[[], None]
"""Called after every run."""


def compare(
    path: Path,
    cases: Sequence[Case],
    terms: SharedTerms,
    *,
    lead: Path | None = None,
    stresses: Sequence[Stress] = tuple(Stress),
    jobs: int | None = None,
    progress: Progress = lambda: None,
) -> Comparison:
    """Run every case under every stress, in `jobs` processes (as many as there are processors).
    lead: a second recording, whose market the cases name as their `lead_symbol`.

    Raises what reading the recording and building an engine raise, and ProcessLostError.
    """
    recording = read_recording(path)
    second = None if lead is None else read_recording(lead)
    prepare_venue()  # once, here: the workers find the cache warm
    tasks = [(case, stress) for case in cases for stress in stresses]
    runs = _run_all((recording, second), tasks, terms, _workers(jobs, len(tasks)), progress)
    first = runs[0].outcome
    base = {run.label: run for run in runs if run.stress is Stress.AS_RUN}
    long_enough = len(first.pnl) >= BLOCKS_MIN
    return Comparison(
        recording=recording,
        lead=second,
        terms=terms,
        cases=tuple(cases),
        runs=tuple(runs),
        differences={
            case.label: difference(base[case.label].outcome, first, terms.seed)
            if long_enough
            else None
            for case in cases[1:]
        },
    )


def _workers(jobs: int | None, tasks: int) -> int:
    return max(1, min(jobs or os.cpu_count() or 1, tasks))


def _run_all(
    markets: tuple[Recording, Recording | None],
    tasks: Sequence[tuple[Case, Stress]],
    terms: SharedTerms,
    workers: int,
    progress: Progress,
) -> list[CaseRun]:
    runs: dict[int, CaseRun] = {}
    with tempfile.TemporaryDirectory(prefix="market_maker-compare-") as folder:
        recording, lead = markets
        shared, second = Path(folder) / "recording", Path(folder) / "lead"
        write_mapped(shared, recording)
        if lead is not None:
            write_mapped(second, lead)
        folders = (shared, None if lead is None else second)
        calls = [(_run_in_worker, (folders, case, stress, terms)) for case, stress in tasks]
        for index, run in run_in_processes(calls, workers):
            runs[index] = run
            progress()
    return [runs[i] for i in range(len(tasks))]


@lru_cache(maxsize=OPENED_MAX)
def opened(folder: Path) -> Recording:
    """Of a worker process: an unpacked recording, mapped once."""
    return open_mapped(folder)


def _run_in_worker(
    folders: tuple[Path, Path | None], case: Case, stress: Stress, terms: SharedTerms
) -> CaseRun:
    shared, lead = folders
    return run_case(opened(shared), case, stress, terms, None if lead is None else opened(lead))


def run_case(
    recording: Recording,
    case: Case,
    stress: Stress,
    terms: SharedTerms,
    lead: Recording | None = None,
) -> CaseRun:
    """One run, with its figures; of an inverse contract too. lead: of the market that the case
    follows."""
    linear, inverse = as_linear(recording)
    plan = ReplayPlan(
        recording=linear,
        inverse=inverse,
        config=case.config,
        exchange=stressed(terms.exchange, stress),
        step_ns=terms.step_ns or Nanos(int(case.config.quote_interval_ms * 1_000_000)),
        seed=terms.seed,
        lead=lead if case.config.lead_symbol else None,
    )
    evaluation = evaluate(replay(plan, engine=EngineChoice.AUTO), wall_seconds=1.0)
    seconds, equity = _equity(evaluation)
    return CaseRun(
        label=case.label,
        stress=stress,
        result=evaluation.result,
        metrics=evaluation.metrics,
        markout_errors=tuple(
            (m.horizon_s, m.mean, m.standard_error, m.count) for m in evaluation.markouts
        ),
        seconds=seconds,
        equity=equity,
        outcome=RunSeries(np.diff(equity, prepend=0.0), _turnover(evaluation, seconds)),
        state=evaluation.closing.state,
    )


def stressed(exchange: ReplaySettings, stress: Stress) -> ReplaySettings:
    """`exchange` under other terms. Raises InvalidFieldError for a latency that cannot double."""
    bp = rate_from_bps("maker_fee_bps", Decimal(1))
    match stress:
        case Stress.LATENCY:
            ways = {
                name: Nanos(2 * getattr(exchange, name))
                for name in ("feed_latency_ns", "entry_latency_ns", "response_latency_ns")
            }
            if max(ways.values()) > LATENCY_MAX_NS:
                allowed = f"at most {LATENCY_MAX_NS // 2_000_000} ms, so that it can be doubled"
                raise InvalidFieldError("latency_ms", max(ways.values()) // 2_000_000, allowed)
            return msgspec.structs.replace(exchange, **ways)
        case Stress.FEES_UP:
            return msgspec.structs.replace(exchange, maker_rate=exchange.maker_rate + bp)
        case Stress.FEES_DOWN:
            return msgspec.structs.replace(exchange, maker_rate=exchange.maker_rate - bp)
        case Stress.QUEUE:
            return msgspec.structs.replace(exchange, queue=OTHER[exchange.queue])
        case _:
            return exchange


def _equity(evaluation: Evaluation) -> tuple[replay_accounting.Int64s, Floats]:
    """Net PnL once a second, marked at the mid."""
    log = evaluation.log
    seconds = every_second(log.plan)
    path = equity_path(log, seconds, mids_at(log.plan.recording, seconds))
    return seconds, path.net


def _turnover(evaluation: Evaluation, seconds: replay_accounting.Int64s) -> Floats:
    log = evaluation.log
    slot = np.minimum(np.searchsorted(seconds, log.fills.ts), len(seconds) - 1)
    traded = np.zeros(len(seconds))
    np.add.at(traded, slot, traded_by_fill(log))
    return traded
