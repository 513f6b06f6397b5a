"""A comparison at equal turnover in several processes: a task for each recording and strategy.

First the pool runs on every recording; then every other strategy has its dial set against that,
each on its own. The splits are the same whatever the number of processes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from market_maker.model.recording import Recording
from market_maker.research.comparing import SharedTerms
from market_maker.research.equal_turnover import (
    Contender,
    Match,
    Split,
    runner,
    splits_of_first,
    splits_of_other,
)
from market_maker.research.fill_outcomes import FillOutcomes
from market_maker.research.kernel_cache import prepare_venue
from market_maker.research.processes import Call, run_in_processes
from market_maker.storage.recording import read_recording

_Result = TypeVar("_Result")

Contenders = Callable[[Recording], Sequence[Contender]]
Progress = Callable[[int, int], None]
"""Called with the tasks that have ended and all of them."""


class WalkTerms(Struct, frozen=True):
    """How all runs are judged. jobs: processes; with 1 the work is done in this one."""

    terms: SharedTerms
    match: Match
    jobs: int


def walk_in_processes(
    paths: Sequence[Path], contenders: Contenders, judgement: WalkTerms, progress: Progress
) -> dict[str, list[Split]]:
    """Every split of every recording, by the labels of the contenders. Raises what reading raises,
    InvalidFieldError, and ProcessLostError."""
    prepare_venue()
    cases = [contenders(read_recording(path)) for path in paths]
    count = sum(map(len, cases))
    firsts = [(_first, (path, each[0], judgement)) for path, each in zip(paths, cases, strict=True)]
    ours: dict[int, FillOutcomes] = {}
    for place, outcomes in _results(firsts, judgement.jobs):
        ours[place] = outcomes
        progress(len(ours), count)
    places = [(place, other) for place, each in enumerate(cases) for other in each[1:]]
    others = [(_other, (paths[at], ours[at], other, judgement)) for at, other in places]
    done: dict[int, list[Split]] = {}
    for number, splits in _results(others, judgement.jobs):
        done[number] = splits
        progress(len(paths) + len(done), count)
    return _by_label(paths, cases, ours, [done[number] for number in range(len(others))])


def _results(calls: Sequence[Call[_Result]], jobs: int) -> Iterator[tuple[int, _Result]]:
    """As they end, by their place among the calls."""
    if jobs > 1:
        yield from run_in_processes(calls, jobs, prepare_venue)
        return
    for place, (call, arguments) in enumerate(calls):
        yield place, call(*arguments)


def _by_label(
    paths: Sequence[Path],
    cases: Sequence[Sequence[Contender]],
    ours: dict[int, FillOutcomes],
    others: Sequence[list[Split]],
) -> dict[str, list[Split]]:
    """In the order of the recordings, and the first strategy first."""
    found: dict[str, list[Split]] = {}
    left = iter(others)
    for place, (path, (first, *rest)) in enumerate(zip(paths, cases, strict=True)):
        found.setdefault(first.label, []).extend(splits_of_first(path.stem, ours[place]))
        for other in rest:
            found.setdefault(other.label, []).extend(next(left))
    return found


_read = cache(read_recording)
"""A process judges several strategies on the same recording."""


def _first(path: Path, contender: Contender, judgement: WalkTerms) -> FillOutcomes:
    run = runner(judgement.terms.exchange, judgement.terms.step_ns)
    outcomes = run(_read(path), contender.config)
    list(splits_of_first(path.stem, outcomes))  # refuses a recording that is too short
    return outcomes


def _other(
    path: Path, ours: FillOutcomes, contender: Contender, judgement: WalkTerms
) -> list[Split]:
    run = runner(judgement.terms.exchange, judgement.terms.step_ns)
    against = (path.stem, ours, judgement.match)
    return splits_of_other(against, run, _read(path), contender.config)
