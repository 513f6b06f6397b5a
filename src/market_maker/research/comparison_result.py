"""What `compare` answers: the object of `--json`, and the rows of its table and page."""

from msgspec import Struct

from market_maker.research.comparing import CaseRun, Comparison, Stress
from market_maker.research.idle_fields import IdleFields
from market_maker.research.metrics import RunMetrics
from market_maker.research.resampling import RunDifference
from market_maker.research.result import ReplayResult


class CaseResult(Struct, frozen=True, kw_only=True):
    """One case. against_first: its difference to the first case, paired; None for the first, or
    where the recording is too short. stressed: net PnL under other terms, exact text."""

    label: str
    result: ReplayResult
    metrics: RunMetrics | None
    against_first: RunDifference | None
    stressed: dict[str, str]


class ComparisonResult(Struct, frozen=True, kw_only=True):
    """Cases in the order asked for. seconds: of the recording. idle: by strategy, the swept fields
    that changed nothing in any run."""

    symbol: str
    seconds: float
    seed: int
    idle: IdleFields
    cases: tuple[CaseResult, ...]


def comparison_result(comparison: Comparison) -> ComparisonResult:
    """Without the series; every figure is repeatable but events_per_second, which is left at
    that of one second of work."""
    return ComparisonResult(
        symbol=comparison.recording.instrument.symbol,
        seconds=comparison.of(comparison.cases[0].label).result.duration_s,
        seed=comparison.terms.seed,
        idle=comparison.idle,
        cases=tuple(_case(comparison, case.label) for case in comparison.cases),
    )


def _case(comparison: Comparison, label: str) -> CaseResult:
    run = comparison.of(label)
    others = [stress for stress in comparison.stresses if stress is not Stress.AS_RUN]
    return CaseResult(
        label=label,
        result=run.result,
        metrics=run.metrics,
        against_first=comparison.differences.get(label),
        stressed={stress: comparison.of(label, stress).result.net_pnl for stress in others},
    )


def per_turnover(run: CaseRun) -> float | None:
    """Net PnL per value traded, both in its currency, bps; None where nothing was."""
    turnover = float(run.outcome.turnover.sum())
    return 10_000.0 * float(run.result.net_pnl) / turnover if turnover else None
