"""What a sweep found: a row for each configuration, how sure the differences are, and what choosing
by the past would have earned (walk-forward)."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal

import numpy as np
from msgspec import Struct

from market_maker.research.idle_fields import IdleFields, SweptRuns, idle_fields
from market_maker.research.resampling import (
    Interval,
    RunDifference,
    RunSeries,
    best_by_chance,
    long_enough,
    paired_difference,
    total,
)
from market_maker.research.result import plain
from market_maker.research.sweep_folder import RunKey, SweepRun
from market_maker.research.sweep_plan import SweepPlan, SweepScore
from market_maker.research.sweep_score import ranked, score_of
from market_maker.research.sweep_space import shown_value
from market_maker.research.venue_terms import VenueTerms, milliseconds, venue_terms

INTERVALS_MAX = 2_000
"""Configurations whose intervals are worked out: the best ones."""

QUOTE_INTERVAL = "quote_interval_ms"
"""The time between two turns where none was given: that of each configuration."""

NO_INTERVAL = Interval(None, None, None)


class SweepRow(Struct, frozen=True, kw_only=True):
    """One configuration over everything that it ran on. rank: 1 is the best; those that halving
    left behind come last. of_time: the share of each first segment that it ran on, in the last rung
    that it reached. net_pnl: exact text. against_base: to the configuration as given; None for it,
    for those left behind, and where the recordings are too short. halted: runs that ended HALTED.
    """

    rank: int
    configuration: int
    label: str
    values: dict[str, str]
    of_time: float
    score: float | None
    net_pnl: str
    net_interval: Interval
    turnover: str
    per_turnover_bps: Interval
    against_base: RunDifference | None
    fills: int
    orders: int
    uptime: float | None
    mean_spread_bps: float | None
    max_drawdown: float | None
    halted: int


class SweepFold(Struct, frozen=True, kw_only=True):
    """One step of walking forward: chosen on all segments before `segment`, judged on it."""

    segment: int
    chosen: str
    score_before: float | None
    net_pnl: str
    base_net_pnl: str
    hindsight: str
    hindsight_net_pnl: str


class WalkForward(Struct, frozen=True, kw_only=True):
    """All of them: what the chosen earned on segments that had not been seen, against the
    configuration as given on the same."""

    folds: tuple[SweepFold, ...]
    net_pnl: str
    against_base: RunDifference | None


class SweepResult(Struct, frozen=True, kw_only=True):
    """A sweep's answer; equal plans have equal ones. remarks: of each recording, by its name, what
    is to be known of its data. step_ms: "quote_interval_ms" where the pool's own counted. idle:
    by strategy, the swept fields that changed nothing. best_by_chance: how often chance alone would
    put some configuration that far ahead of the one as given by the score, 0 to 1, of those that
    ran on everything; None where too short. blocks: of independent data, None where too short."""

    recordings: tuple[str, ...]
    remarks: dict[str, tuple[str, ...]]
    terms: VenueTerms
    step_ms: str
    segments: int
    method: str
    score: str
    seed: int
    runs: int
    rows: tuple[SweepRow, ...]
    idle: IdleFields
    blocks: int | None
    best_by_chance: float | None
    walk_forward: WalkForward | None


def sweep_result(plan: SweepPlan, done: Mapping[RunKey, SweepRun]) -> SweepResult:
    """From all runs of a plan."""
    rungs = _reached(plan, done)
    last = plan.rungs - 1
    finished = {each: runs for each, (rung, runs) in rungs.items() if rung == last}
    order = ranked(finished, plan.score)
    for rung in range(last - 1, -1, -1):
        dropped = {each: runs for each, (reached, runs) in rungs.items() if reached == rung}
        order += ranked(dropped, plan.score)
    rows = tuple(
        _row(plan, rank, number, rungs[number], finished[0]) for rank, number in enumerate(order, 1)
    )
    base = series_of(finished[0])
    rivals = [series_of(finished[each]) for each in order if each and each in finished]
    usable, by_turnover = long_enough(base), plan.score is SweepScore.PER_TURNOVER
    return SweepResult(
        recordings=tuple(each.name for each in plan.recordings),
        remarks={each.name: each.remarks for each in plan.recordings if each.remarks},
        terms=venue_terms(plan.terms.exchange),
        step_ms=QUOTE_INTERVAL if plan.terms.step_ns is None else milliseconds(plan.terms.step_ns),
        segments=plan.segments,
        method=plan.method,
        score=plan.score,
        seed=plan.terms.seed,
        runs=plan.runs,
        rows=rows,
        idle=_idle(plan, done),
        blocks=total(base, plan.terms.seed).blocks if usable else None,
        best_by_chance=best_by_chance(rivals, base, plan.terms.seed, per_turnover=by_turnover)
        if usable
        else None,
        walk_forward=_walk_forward(plan, finished) if plan.segments > 1 else None,
    )


def _idle(plan: SweepPlan, done: Mapping[RunKey, SweepRun]) -> IdleFields:
    """Fields that changed nothing wherever configurations ran side by side."""
    did: dict[int, dict[Hashable, str]] = defaultdict(dict)
    for (number, stretch), run in done.items():
        did[number][stretch] = run.state_hash
    fields = [each.field for each in plan.space]
    given = plan.recordings[0].config.strategy
    runs = []
    for number, hashes in did.items():
        if number:
            point = plan.points[number - 1]
            strategy = dict(zip(fields, point, strict=True)).get("strategy", given)
            runs.append(SweptRuns(str(strategy), point, hashes))
    return idle_fields(fields, runs)


def series_of(runs: Sequence[SweepRun]) -> list[RunSeries]:
    """What runs earned over time, for resampling."""
    return [RunSeries(np.array(run.pnl), np.array(run.traded), run.cell_seconds) for run in runs]


def _reached(
    plan: SweepPlan, done: Mapping[RunKey, SweepRun]
) -> dict[int, tuple[int, list[SweepRun]]]:
    """Of each configuration the last rung that it ran, and its runs there."""
    found: dict[int, tuple[int, list[SweepRun]]] = {}
    for rung in range(plan.rungs):
        stretches = plan.rung(rung)
        for number in range(plan.configurations):
            runs = [done.get((number, stretch)) for stretch in stretches]
            kept = [run for run in runs if run is not None]
            if len(kept) == len(stretches):
                found[number] = rung, kept
    return found


def _row(
    plan: SweepPlan,
    rank: int,
    number: int,
    reached: tuple[int, list[SweepRun]],
    base: Sequence[SweepRun],
) -> SweepRow:
    rung, runs = reached
    series = series_of(runs)
    judged = rank <= INTERVALS_MAX and long_enough(series)
    whole = total(series, plan.terms.seed) if judged else None
    paired = judged and number and rung == plan.rungs - 1
    point = plan.points[number - 1] if number else ()
    return SweepRow(
        rank=rank,
        configuration=number,
        label=plan.label(number),
        values={
            each.field: shown_value(value)
            for each, value in zip(plan.space, point, strict=bool(number))
        },
        of_time=runs[0].stretch.share,
        score=score_of(runs, plan.score),
        net_pnl=_sum([run.net_pnl for run in runs]),
        net_interval=NO_INTERVAL if whole is None else whole.net_pnl,
        turnover=_sum([run.turnover for run in runs]),
        per_turnover_bps=NO_INTERVAL if whole is None else whole.pnl_per_turnover_bps,
        against_base=paired_difference(series, series_of(base), plan.terms.seed)
        if paired
        else None,
        fills=sum(run.fills for run in runs),
        orders=sum(run.orders for run in runs),
        uptime=_mean([(run.uptime, run.seconds) for run in runs]),
        mean_spread_bps=_mean(
            [(run.mean_spread_bps, run.seconds * (run.uptime or 0.0)) for run in runs]
        ),
        max_drawdown=max(
            (run.max_drawdown for run in runs if run.max_drawdown is not None), default=None
        ),
        halted=sum(run.state == "HALTED" for run in runs),
    )


def _sum(texts: Sequence[str]) -> str:
    return plain(sum(map(Decimal, texts), Decimal(0)))


def _mean(pairs: Sequence[tuple[float | None, float]]) -> float | None:
    """Weighted; None without weight."""
    known = [(value, weight) for value, weight in pairs if value is not None]
    weight = sum(each for _, each in known)
    return sum(value * each for value, each in known) / weight if weight else None


def _walk_forward(plan: SweepPlan, finished: Mapping[int, list[SweepRun]]) -> WalkForward:
    folds: list[SweepFold] = []
    ours: list[SweepRun] = []
    theirs: list[SweepRun] = []
    for segment in range(1, plan.segments):
        past = {
            number: [run for run in runs if run.stretch.segment < segment]
            for number, runs in finished.items()
        }
        now = {
            number: [run for run in runs if run.stretch.segment == segment]
            for number, runs in finished.items()
        }
        chosen, hindsight = ranked(past, plan.score)[0], ranked(now, plan.score)[0]
        ours += now[chosen]
        theirs += now[0]
        folds.append(
            SweepFold(
                segment=segment,
                chosen=plan.label(chosen),
                score_before=score_of(past[chosen], plan.score),
                net_pnl=_sum([run.net_pnl for run in now[chosen]]),
                base_net_pnl=_sum([run.net_pnl for run in now[0]]),
                hindsight=plan.label(hindsight),
                hindsight_net_pnl=_sum([run.net_pnl for run in now[hindsight]]),
            )
        )
    pair = series_of(ours), series_of(theirs)
    usable = long_enough(pair[0])
    return WalkForward(
        folds=tuple(folds),
        net_pnl=_sum([run.net_pnl for run in ours]),
        against_base=paired_difference(*pair, plan.terms.seed) if usable else None,
    )
