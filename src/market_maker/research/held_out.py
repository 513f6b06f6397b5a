"""Values of a pool's fields chosen on one half of each recording and judged on the other.

Of many values one has earned well by chance alone. So each recording is cut in two
after the warm-up, with the longest horizon left out between the halves. What earned most on one
half of all recordings is judged on the other, and the halves change places. Every contender has its
dial set on the half that chooses, to the turnover of the pool as given, so nothing of a half that
is judged has chosen or set anything.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.research.equal_turnover import (
    CLOSE_PCT,
    Match,
    Run,
    Split,
    Standing,
    dial_of,
    dial_runs,
    earned_by,
    edges_of,
    matching_step,
    standings,
    traded_within,
)
from market_maker.research.fill_outcomes import HORIZONS_S, FillOutcomes
from market_maker.research.idle_fields import IdleFields, SweptRuns, idle_fields
from market_maker.research.sweep_space import SweptValue

HALVES = (1, 2)
"""Of a recording."""

SweptPairs: TypeAlias = tuple[tuple[str, SweptValue], ...]

_Span = tuple[int, int]
"""Seconds, the last one not included."""


class HalfRun(Struct, frozen=True, kw_only=True):
    """What a contender did with its dial set on one half of a recording. half: that one; on: in it,
    off: in the other."""

    recording: str
    half: int
    dial: float
    on: FillOutcomes
    off: FillOutcomes


class Choice(Struct, frozen=True):
    """Something to choose. earned: bps of turnover on the choosing half of all recordings, mean of
    the horizons; None where it traded nothing."""

    label: str
    earned: float | None


class HeldOut(Struct, frozen=True, kw_only=True):
    """half: of every recording, on which was chosen. chosen: the choice that earned most there.
    table: that choice, the references and the pool as given, on the other halves. idle: by
    strategy, the swept fields that changed nothing on any half."""

    half: int
    choices: tuple[Choice, ...]
    chosen: str
    table: tuple[Standing, ...]
    idle: IdleFields = {}


def halves_of(
    against: tuple[str, FillOutcomes], run: Run, recording: Recording, config: PoolConfig
) -> list[HalfRun]:
    """Both halves of a contender. against: the recording's name, and what the pool did whose
    turnover the dial is set by. Raises InvalidFieldError for a recording that is too short and for
    a strategy without the dial."""
    name, ours = against
    start, middle, end = edges_of(name, len(ours.turnover), len(HALVES))
    # A fill is worth what the mid says a horizon later, which must not lie in the other half.
    spans = [(start, middle - HORIZONS_S[-1]), (middle, end)]
    at = dial_runs(run, recording, config)
    return [
        _half(name, half, _matched(at, ours, on), on, off)
        for half, (on, off) in zip(HALVES, (spans, spans[::-1]), strict=True)
    ]


def _matched(
    at: Callable[[int], FillOutcomes], ours: FillOutcomes, on: _Span
) -> tuple[float, FillOutcomes]:
    """The dial at which as much is traded within `on` as ours did, and what was done at it."""

    def traded(step: int) -> float:
        return traded_within(at(step), *on)

    step = matching_step(traded, traded_within(ours, *on), CLOSE_PCT[Match.JUDGED] / 100.0)
    return dial_of(step), at(step)


def _half(
    name: str, half: int, matched: tuple[float, FillOutcomes], on: _Span, off: _Span
) -> HalfRun:
    dial, done = matched
    return HalfRun(recording=name, half=half, dial=dial, on=done.within(*on), off=done.within(*off))


def held_out(
    runs: dict[str, list[HalfRun]], choices: Sequence[str], others: Sequence[str], seed: int
) -> list[HeldOut]:
    """The choice of each half, and how it stands on the other. choices, others: labels of `runs`;
    others are judged beside the chosen one."""
    return [_held_out(half, runs, choices, others, seed) for half in HALVES]


def idle_choices(
    runs: dict[str, list[HalfRun]], strategy: str, cases: Mapping[str, SweptPairs]
) -> IdleFields:
    """Swept fields of which any two values did the same. cases: by label, the fields and the
    values of a choice."""
    fields = list(dict.fromkeys(field for pairs in cases.values() for field, _ in pairs))
    return idle_fields(
        fields,
        [
            SweptRuns(
                strategy,
                tuple(value for _, value in pairs),
                {(each.recording, each.half): _did(each) for each in runs[label]},
            )
            for label, pairs in cases.items()
        ],
    )


def _did(run: HalfRun) -> str:
    """Equal where two runs traded, earned and held the same, second by second."""
    digest = hashlib.blake2b(repr(run.dial).encode(), digest_size=16)
    for part in (run.on, run.off):
        for series in (part.turnover, *part.worth.values(), part.held):
            digest.update(series.tobytes())
    return digest.hexdigest()


def _held_out(
    half: int,
    runs: dict[str, list[HalfRun]],
    choices: Sequence[str],
    others: Sequence[str],
    seed: int,
) -> HeldOut:
    mine = {label: [run for run in each if run.half == half] for label, each in runs.items()}
    tried = tuple(Choice(label, _earned(mine[label])) for label in choices)
    chosen = max(tried, key=_merit).label
    splits = {label: [_judged(run) for run in mine[label]] for label in (chosen, *others)}
    table = tuple(standings(splits, seed))
    return HeldOut(half=half, choices=tried, chosen=chosen, table=table)


def _earned(runs: Sequence[HalfRun]) -> float | None:
    earned = [earned_by([run.on for run in runs], horizon) for horizon in HORIZONS_S]
    known = [each for each in earned if each is not None]
    return sum(known) / len(known) if known else None


def _merit(choice: Choice) -> float:
    return float("-inf") if choice.earned is None else choice.earned


def _judged(run: HalfRun) -> Split:
    return Split(recording=run.recording, number=run.half, dial=run.dial, outcomes=run.off)
