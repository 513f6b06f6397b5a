"""Running a sweep: rung by rung, on whatever carries out calls, from where it was left.

The results depend on the plan only: not on how many processes there are, in what order they end, or
how often they were killed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from msgspec import Struct

from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.replay_venue.segments import beginning, equal_segments
from market_maker.research.comparing import Case, CaseRun, Stress, opened, run_case
from market_maker.research.processes import Call
from market_maker.research.resampling import Floats
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.sweep_folder import RunKey, SweepFolder, SweepRun
from market_maker.research.sweep_plan import Stretch, SweepPlan
from market_maker.research.sweep_score import ranked
from market_maker.storage.mapped_recording import write_mapped

BATCH = 2_000
"""Calls handed out at once: a sweep may have a million."""

Execute = Callable[[Sequence[Call[SweepRun]]], Iterator[tuple[int, SweepRun]]]
"""Carries out calls, in any order, and returns the place and the result of each."""

SweepProgress = Callable[[int, int], None]
"""Called with how many runs are done, and how many there are."""


class SweepTask(Struct, frozen=True):
    """One run, as a worker needs it: the unpacked segment, the configuration, and the unpacked
    recording whose market it follows, if it follows one."""

    configuration: int
    stretch: Stretch
    folder: Path
    config: PoolConfig
    terms: SharedTerms
    cell_seconds: int
    lead: Path | None


def unpack(
    folder: Path,
    plan: SweepPlan,
    recordings: Iterable[Recording],
    leads: Iterable[Recording | None] = (),
) -> None:
    """Every segment of every recording, for workers to map, and the whole of every lead. Raises
    InvalidFieldError for segments that hold nothing, and InvalidDataError for a folder that cannot
    be written to."""
    for place, lead in enumerate(leads):
        if lead is not None:
            write_mapped(lead_folder(folder, place), lead)
    for place, recording in enumerate(recordings):
        for number, part in enumerate(equal_segments(recording, plan.segments)):
            write_mapped(segment_folder(folder, place, number), part)


def segment_folder(folder: Path, recording: int, segment: int) -> Path:
    """Where a segment is unpacked."""
    return folder / f"{recording}-{segment}"


def lead_folder(folder: Path, recording: int) -> Path:
    """Where the lead of a recording is unpacked."""
    return folder / f"{recording}-lead"


def run_sweep(
    plan: SweepPlan, folder: SweepFolder, execute: Execute, progress: SweepProgress
) -> dict[RunKey, SweepRun]:
    """All runs of the plan, those of the folder included. Raises what a run raises, and
    ProcessLostError."""
    alive = list(range(plan.configurations))
    total, earlier = plan.runs, 0
    for number, kept in enumerate(plan.survivors()):
        if number:
            alive = _best(plan, folder, number - 1, alive, kept)
        # A stretch after the other: what is made ready of a recording serves all its runs.
        keys = [(each, stretch) for stretch in plan.rung(number) for each in alive]
        _run_rung(plan, folder, keys, execute, partial(_told, progress, earlier, total))
        earlier += len(keys)
    return folder.done


def _told(progress: SweepProgress, earlier: int, total: int, done: int) -> None:
    progress(earlier + done, total)


def _run_rung(
    plan: SweepPlan,
    folder: SweepFolder,
    keys: Sequence[RunKey],
    execute: Execute,
    progress: Callable[[int], None],
) -> None:
    left = [key for key in keys if key not in folder.done]
    done = len(keys) - len(left)
    progress(done)
    waiting = iter(left)
    while batch := list(islice(waiting, BATCH)):
        calls = [(run_task, (_task(plan, folder.columns, *key),)) for key in batch]
        for _, run in execute(calls):
            folder.add(run)
            done += 1
            progress(done)


def _best(
    plan: SweepPlan, folder: SweepFolder, rung: int, alive: Sequence[int], kept: int
) -> list[int]:
    """Who goes on: the configuration as given always."""
    stretches = plan.rung(rung)
    runs = {each: [folder.done[each, stretch] for stretch in stretches] for each in alive if each}
    return [0, *sorted(ranked(runs, plan.score)[: kept - 1])]


def _task(plan: SweepPlan, columns: Path, configuration: int, stretch: Stretch) -> SweepTask:
    return SweepTask(
        configuration=configuration,
        stretch=stretch,
        folder=segment_folder(columns, stretch.recording, stretch.segment),
        config=plan.config(configuration, stretch.recording),
        terms=plan.terms,
        cell_seconds=plan.cell_seconds,
        lead=lead_folder(columns, stretch.recording) if plan.leads[stretch.recording] else None,
    )


def run_task(task: SweepTask) -> SweepRun:
    """One run, in a worker."""
    recording = opened(task.folder)
    if task.stretch.share < 1.0:
        recording = beginning(recording, task.stretch.share)
    lead = None if task.lead is None else opened(task.lead)
    run = run_case(recording, Case("", task.config), Stress.AS_RUN, task.terms, lead)
    return _figures(task, run)


def _figures(task: SweepTask, run: CaseRun) -> SweepRun:
    result = run.result
    return SweepRun(
        configuration=task.configuration,
        stretch=task.stretch,
        net_pnl=result.net_pnl,
        turnover=result.turnover,
        fills=result.fills,
        orders=result.orders_placed,
        seconds=result.duration_s,
        uptime=result.quoting_uptime,
        mean_spread_bps=result.mean_spread_bps,
        max_drawdown=None if run.metrics is None else run.metrics.max_drawdown,
        state=run.state,
        state_hash=result.state_hash,
        cell_seconds=task.cell_seconds,
        pnl=_cells(run.outcome.pnl, task.cell_seconds),
        traded=_cells(run.outcome.turnover, task.cell_seconds),
        engine=result.engine,
        engine_reason=result.engine_reason,
    )


def _cells(series: Floats, seconds: int) -> tuple[float, ...]:
    sums: list[float] = np.add.reduceat(series, np.arange(0, len(series), seconds)).tolist()
    return tuple(sums)
