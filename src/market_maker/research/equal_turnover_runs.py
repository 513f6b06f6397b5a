"""A comparison at equal turnover in several processes: a task for each recording and strategy.

First the pool runs on every recording; then every other strategy has its dial set against that,
each on its own. What is found is the same whatever the number of processes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from market_maker.model.recording import Recording
from market_maker.research.equal_turnover import (
    Contender,
    Match,
    Run,
    Split,
    runner,
    splits_of_first,
    splits_of_other,
)
from market_maker.research.fill_outcomes import FillOutcomes
from market_maker.research.held_out import HalfRun, halves_of
from market_maker.research.kernel_cache import prepare_kernel, prepare_venue
from market_maker.research.processes import Call, run_in_processes
from market_maker.research.shared_terms import SharedTerms
from market_maker.storage.recording import read_recording

_Result = TypeVar("_Result")

Contenders = Callable[[Recording, Recording | None], Sequence[Contender]]
"""Those of a recording and of the one whose market may lead its own."""

Progress = Callable[[int, int], None]
"""Called with the tasks that have ended and all of them."""


class LedRecording(Struct, frozen=True):
    """A recording's file, and that of a market that may lead it."""

    path: Path
    lead: Path | None = None


class WalkTerms(Struct, frozen=True):
    """How all runs are judged. jobs: processes; with 1 the work is done in this one."""

    terms: SharedTerms
    match: Match
    jobs: int


class _Ran(Struct, frozen=True):
    """The contenders of every recording, and what the first of them did, by the recording's
    place."""

    cases: list[Sequence[Contender]]
    ours: dict[int, FillOutcomes]


def walk_in_processes(
    markets: Sequence[LedRecording],
    contenders: Contenders,
    judgement: WalkTerms,
    progress: Progress,
) -> dict[str, list[Split]]:
    """Every split of every recording, by the labels of the contenders. Raises what reading raises,
    InvalidFieldError, and ProcessLostError."""
    ran = _firsts(markets, contenders, judgement, progress)
    others = _others(markets, ran, _splits, judgement, progress)
    found: dict[str, list[Split]] = {}
    for place, (market, (first, *rest)) in enumerate(zip(markets, ran.cases, strict=True)):
        mine = splits_of_first(market.path.stem, ran.ours[place])
        found.setdefault(first.label, []).extend(mine)
        for other in rest:
            found.setdefault(other.label, []).extend(next(others))
    return found


def halves_in_processes(
    markets: Sequence[LedRecording],
    contenders: Contenders,
    judgement: WalkTerms,
    progress: Progress,
) -> dict[str, list[HalfRun]]:
    """Both halves of every recording, by the labels of the contenders but the first, whose
    turnover dials are set by. Raises as walk_in_processes does."""
    ran = _firsts(markets, contenders, judgement, progress)
    others = _others(markets, ran, _halves, judgement, progress)
    found: dict[str, list[HalfRun]] = {}
    for _, *rest in ran.cases:
        for other in rest:
            found.setdefault(other.label, []).extend(next(others))
    return found


def _firsts(
    markets: Sequence[LedRecording],
    contenders: Contenders,
    judgement: WalkTerms,
    progress: Progress,
) -> _Ran:
    prepare_venue()
    prepare_kernel(wait=False)  # until it is compiled the runs are decided in Python
    cases = [contenders(read_recording(each.path), _lead_of(each)) for each in markets]
    calls = [
        (_first, (each, case[0], judgement)) for each, case in zip(markets, cases, strict=True)
    ]
    ran = _Ran(cases, {})
    for place, outcomes in _results(calls, judgement.jobs):
        ran.ours[place] = outcomes
        progress(len(ran.ours), sum(map(len, cases)))
    return ran


def _others(
    markets: Sequence[LedRecording],
    ran: _Ran,
    judge: Callable[["_Task"], list[_Result]],
    judgement: WalkTerms,
    progress: Progress,
) -> Iterator[list[_Result]]:
    """What was found of every contender but the first, recording by recording."""
    tasks = [
        _Task(markets[place], ran.ours[place], other, judgement)
        for place, each in enumerate(ran.cases)
        for other in each[1:]
    ]
    done: dict[int, list[_Result]] = {}
    for number, found in _results([(judge, (task,)) for task in tasks], judgement.jobs):
        done[number] = found
        progress(len(markets) + len(done), len(markets) + len(tasks))
    return iter([done[number] for number in range(len(tasks))])


def _results(calls: Sequence[Call[_Result]], jobs: int) -> Iterator[tuple[int, _Result]]:
    """As they end, by their place among the calls."""
    if jobs > 1:
        yield from run_in_processes(calls, jobs, prepare_venue)
        return
    for place, (call, arguments) in enumerate(calls):
        yield place, call(*arguments)


class _Task(Struct, frozen=True):
    """A contender to judge. ours: what the first one did."""

    market: LedRecording
    ours: FillOutcomes
    contender: Contender
    judgement: WalkTerms


_read = cache(read_recording)
"""A process judges several strategies on the same recording."""


def _lead_of(market: LedRecording) -> Recording | None:
    return None if market.lead is None else _read(market.lead)


def _run_on(market: LedRecording, judgement: WalkTerms) -> Run:
    return runner(judgement.terms.exchange, judgement.terms.step_ns, _lead_of(market))


def _first(market: LedRecording, contender: Contender, judgement: WalkTerms) -> FillOutcomes:
    outcomes = _run_on(market, judgement)(_read(market.path), contender.config)
    list(splits_of_first(market.path.stem, outcomes))  # refuses a recording that is too short
    return outcomes


def _splits(task: _Task) -> list[Split]:
    market, judgement = task.market, task.judgement
    against = (market.path.stem, task.ours, judgement.match)
    run = _run_on(market, judgement)
    return splits_of_other(against, run, _read(market.path), task.contender.config)


def _halves(task: _Task) -> list[HalfRun]:
    market = task.market
    run = _run_on(market, task.judgement)
    against = (market.path.stem, task.ours)
    return halves_of(against, run, _read(market.path), task.contender.config)
