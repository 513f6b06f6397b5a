"""What `sweep` was asked for, checked and made into a plan."""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.research.common_time import common_time
from market_maker.research.equity import pnl_currency
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.sweep_folder import SweepIdentity, plan_text
from market_maker.research.sweep_plan import (
    RUNGS_MAX,
    SEGMENTS_MAX,
    SweepMethod,
    SweepPlan,
    SweepRecording,
    SweepScore,
    check_size,
    planned_configurations,
    planned_points,
    sweep_recording,
)
from market_maker.research.sweep_space import dimensions

RUNGS = 3
"""Of halving, by default: a ninth of the time, a third, and all of it."""


class SweepChoice(Struct, frozen=True):
    """As typed. agreed: to very many runs."""

    over: tuple[str, ...]
    method: str
    samples: int | None
    splits: int
    rungs: int | None
    score: str
    agreed: bool


def check_choice(choice: SweepChoice, recordings: int) -> None:
    """What can be refused before any recording is read. Raises InvalidFieldError."""
    method, space = _method(choice), dimensions(choice.over)
    _score(choice)
    _rungs(choice)
    if not 1 <= choice.splits <= SEGMENTS_MAX:
        raise InvalidFieldError("splits", choice.splits, f"from 1 to {SEGMENTS_MAX}")
    planned_points(method, space, 1 if choice.samples else choice.samples, 0)
    many = planned_configurations(space, method, choice.samples)
    check_size(many, recordings * choice.splits, agreed=choice.agreed)


def planned(
    choice: SweepChoice,
    paths: Sequence[Path],
    recordings: Sequence[Recording],
    pools: Sequence[PoolConfig],
    terms: SharedTerms,
    leads: Sequence[str | None] = (),
) -> SweepPlan:
    """The plan. leads: of every recording, as in the plan; empty: none has one. Raises
    InvalidFieldError."""
    first = pnl_currency(recordings[0].instrument)
    for path, recording in zip(paths, recordings, strict=True):
        money = pnl_currency(recording.instrument)
        if money != first:
            allowed = f"recordings in one currency, {first} as in the first; this is in {money}"
            raise InvalidFieldError("recordings", str(path), allowed)
    space, method = dimensions(choice.over), _method(choice)
    played = tuple(
        sweep_recording(path.name, recording, pool)
        for path, recording, pool in zip(paths, recordings, pools, strict=True)
    )
    _check_different(played)
    named = [(path.name, each) for path, each in zip(paths, recordings, strict=True)]
    played = tuple(
        msgspec.structs.replace(each, remarks=each.remarks + shared)
        for each, shared in zip(played, common_time(named), strict=True)
    )
    return SweepPlan(
        recordings=played,
        leads=tuple(leads) or (None,) * len(recordings),
        space=space,
        method=method,
        points=tuple(planned_points(method, space, choice.samples, terms.seed)),
        segments=choice.splits,
        rungs=_rungs(choice),
        score=_score(choice),
        terms=terms,
    )


def _check_different(recordings: Sequence[SweepRecording]) -> None:
    """Raises InvalidFieldError for a recording that is there twice, whatever its name: its minutes
    would count as twice as many."""
    met: dict[str, str] = {}
    for each in recordings:
        if each.checksum in met:
            allowed = f"each recording once; {met[each.checksum]} holds the same"
            raise InvalidFieldError("recordings", each.name, allowed)
        met[each.checksum] = each.name


def identity_of(choice: SweepChoice, plan: SweepPlan) -> SweepIdentity:
    """What a folder is known by."""
    config, terms = plan_text(plan)
    return SweepIdentity(
        version=metadata.version("market_maker"),
        recordings=(
            *(f"{each.name} ({each.checksum})" for each in plan.recordings),
            *(f"led by {each}" for each in plan.leads if each),
        ),
        config=config,
        over=choice.over,
        method=choice.method,
        samples=choice.samples,
        splits=choice.splits,
        rungs=plan.rungs,
        score=choice.score,
        seed=plan.terms.seed,
        terms=terms,
    )


def _method(choice: SweepChoice) -> SweepMethod:
    try:
        return SweepMethod(choice.method)
    except ValueError:
        allowed = "one of " + ", ".join(SweepMethod)
        raise InvalidFieldError("method", choice.method, allowed) from None


def _score(choice: SweepChoice) -> SweepScore:
    try:
        return SweepScore(choice.score)
    except ValueError:
        raise InvalidFieldError("score", choice.score, "one of " + ", ".join(SweepScore)) from None


def _rungs(choice: SweepChoice) -> int:
    if _method(choice) is not SweepMethod.HALVING:
        if choice.rungs is not None:
            raise InvalidFieldError("rungs", choice.rungs, "nothing but with --method halving")
        return 1
    rungs = RUNGS if choice.rungs is None else choice.rungs
    if not 2 <= rungs <= RUNGS_MAX:  # noqa: PLR2004  one rung halves nothing
        raise InvalidFieldError("rungs", rungs, f"from 2 to {RUNGS_MAX}")
    return rungs
