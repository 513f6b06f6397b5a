"""A seat: when its process ends, hangs or cannot take up, its pools are PAUSED, that is on record,
and a successor is started."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from market_maker.clocks import SimClock
from market_maker.execution.spare_time import AT_WORK
from market_maker.model.errors import ConflictError, ProcessLostError
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import Nanos
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.worker_end import WorkerEnd
from market_maker.serving.worker_seat import (
    ROUND_MAX,
    SILENT_MAX,
    SeatParts,
    Silence,
    WorkerSeat,
)
from market_maker.serving.worker_wire import (
    EnableAsked,
    FlattenAsked,
    KillAsked,
    PauseAsked,
    Watched,
    WorkerEnded,
    WorkerPulse,
    frames_on,
)
from tests.support.office import ANN, PATIENCE_S, SYMBOL, at_work, database
from tests.support.remote_office import Duties, Silent

pytestmark = pytest.mark.anyio


class Process:
    """A worker whose other end is in this process."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None
        self._over = asyncio.Event()

    async def wait(self):
        await self._over.wait()
        return self.returncode

    def end(self, code):
        if self.returncode is None:
            self.returncode = code
            self._over.set()

    def kill(self):
        self.end(-9)


class Workers:
    """Starts them. processes, ends, duties: of each, the last is the newest."""

    def __init__(self, office, group):
        self._office, self._group = office, group
        self.processes, self.frames, self.duties = [], [], []
        self.refuses = None
        self.publishes = self.starts = True
        self.spawned = lambda: None

    async def spawn(self, number):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        office, frames, duties = self._office, await frames_on(theirs), Duties()
        if self.refuses is not None:
            duties.take_up = self.refuses
        process = Process(number)
        controls = office.application.controls
        end = WorkerEnd(
            frames, office.engine_host, controls, duties, clock=office.clock, log=Silent()
        )
        work = []
        if self.starts:
            end.begin(f"worker-{len(self.processes)}")
            work = [end.answer(), *([end.pulse(0.0), end.publish(0.0)] if self.publishes else [])]
        tasks = [self._group.create_task(each) for each in work]
        self._group.create_task(self._end_with(process, frames, tasks))
        self.processes.append(process)
        self.spawned()
        self.frames.append(frames)
        self.duties.append(duties)
        return process, ours

    async def _end_with(self, process, frames, tasks):
        await process.wait()
        for task in tasks:
            task.cancel()
        frames.close()


@asynccontextmanager
async def seated(prepare=None, clock=None):
    """A seat at work, whose worker owns SYMBOL. clock: of its watch; the office's without."""
    async with database() as store, at_work(store) as office, asyncio.TaskGroup() as group:
        workers, log = Workers(office, group), Silent()
        if prepare is not None:
            prepare(workers)
        mirror = EnginesMirror(office.clock, shadow=False)
        clock, refresh = clock or office.clock, office.pools.refresh
        parts = SeatParts(clock, office.recorder, mirror, log, workers.spawn, refresh)
        seat = WorkerSeat(1, parts)
        seat.symbols.add(SYMBOL)
        keeping = group.create_task(seat.keep())
        await seat.ready.wait()
        try:
            yield office, seat, workers, mirror
        finally:
            seat.close()
            keeping.cancel()
            for process in workers.processes:
                process.kill()


async def seen(office, holds):
    while not holds():  # noqa: ASYNC110  another task's work
        await asyncio.sleep(0.001)
    assert office


async def test_a_worker_that_ends_leaves_its_pools_paused_on_record_and_has_a_successor():
    async with seated() as (office, seat, workers, mirror):
        await office.quoting()
        await seen(office, lambda: mirror.get(SYMBOL) is not None)
        workers.processes[0].end(-9)
        await seen(office, lambda: "started again" in seat.problem)
        pool = mirror.get(SYMBOL)
        reason = "worker 1 was ended by signal 9; was ACTIVE"
        assert (pool.state, pool.reason) == (PoolState.PAUSED, reason)
        assert seat.problems == {"worker": "was ended by signal 9, and is started again"}
        with pytest.raises(ProcessLostError, match="worker 1 was ended by signal 9"):
            await seat.command(EnableAsked(ANN, SYMBOL))
        seat.remember(KillAsked(ANN, "", "drill"))
        await seen(office, lambda: len(workers.processes) == 2 and not seat.problem)
        assert workers.duties[1].taken == [(SYMBOL,)]
        async with office.store.reading() as unit:
            rows = (await unit.states.page(SYMBOL, 10)).items
        assert reason in [row.reason for row in rows]
        # A stop that had not reached the worker is its successor's first command.
        assert office.engine_host.get(SYMBOL).state is PoolState.HALTED
        assert mirror.get(SYMBOL).state is PoolState.HALTED


async def test_a_worker_is_notified_again_and_again_that_live_pictures_are_read() -> None:
    async with seated() as (office, seat, workers, mirror):
        told, take = [], seat._link.send

        def send(what):
            told.append(what)
            take(what)

        seat._link.send = send
        await office.passes(1_000)
        assert told == []
        while len(told) < 2:
            await mirror.spare.turn(AT_WORK)
            await asyncio.sleep(0.001)
        assert set(map(type, told)) == {Watched}
        assert workers.processes[0].returncode is None


async def test_a_stop_that_was_asked_for_again_and_again_is_its_successors_command_once():
    async with seated() as (office, seat, workers, mirror):
        await office.quoting()
        await seen(office, lambda: mirror.get(SYMBOL) is not None)
        workers.processes[0].end(-9)
        await seen(office, lambda: "started again" in seat.problem)
        for number in range(100):
            seat.remember(KillAsked(ANN, "", f"try {number}"))
            seat.remember(FlattenAsked(ANN, SYMBOL, f"try {number}", unwind=False))
        assert len(seat._stops) == 2
        seat.remember(FlattenAsked(ANN, SYMBOL, "", unwind=True))
        seat.remember(KillAsked(ANN, SYMBOL, ""))
        assert len(seat._stops) == 4
        await seen(office, lambda: len(workers.processes) == 2 and not seat.problem)
        assert office.engine_host.get(SYMBOL).reason == "try 0"


async def test_a_worker_that_is_silent_is_killed():
    def quiet(workers):
        workers.publishes = False

    async with seated(quiet) as (office, seat, workers, _mirror):
        await office.passes(2 * SILENT_MAX // 1_000_000)
        await seen(office, lambda: workers.processes[0].returncode == -9)
        await seen(office, lambda: len(workers.processes) > 1)
        assert seat.number == 1


async def test_a_successor_stands_by_while_its_worker_is_silent_and_takes_its_place():
    def quiet(workers):
        workers.publishes = False

    async with seated(quiet) as (office, seat, workers, _mirror):
        await seen(office, lambda: len(workers.processes) == 2)
        first, second = workers.processes
        assert first.returncode is None
        assert workers.duties[1].taken == []
        await seen(office, lambda: workers.duties[1].taken == [(SYMBOL,)])
        assert (first.returncode, second.returncode) == (-9, None)
        assert "was silent for" in str(seat._parts.log.lines)


async def test_one_that_was_not_needed_is_ended_after_a_while_and_with_its_seat():
    def quiet(workers):
        workers.publishes = False

    async with seated(quiet) as (office, seat, workers, _mirror):
        await seen(office, lambda: len(workers.processes) == 2)
        speaking = WorkerPulse(0, {})
        while workers.processes[1].returncode is None:
            workers.frames[0].send(speaking)
            await asyncio.sleep(0.001)
        assert workers.processes[0].returncode is None
        assert seat.problem == ""


def test_while_the_edge_itself_stood_still_a_worker_was_not_silent_for_long():
    second = ROUND_MAX
    silence = Silence(0)
    assert silence.seen(second, 5) == 0
    assert silence.seen(2 * second, 5) == second
    # The edge was stopped for a minute: what the worker said meanwhile is not read yet.
    assert silence.seen(62 * second, 5) == 2 * second < SILENT_MAX
    assert silence.seen(62 * second + 1, 61 * second) == 0


async def test_a_seat_whose_first_worker_does_not_come_to_serve_is_given_up():
    async def refused(_symbols):
        raise ConflictError(SYMBOL, "another worker's", "cannot be taken up")

    def refusing(workers):
        workers.refuses = refused

    async with seated(refusing) as (_, seat, workers, _mirror):
        assert "could not take up its symbols: ConflictError" in seat.problem
        assert workers.processes[0].returncode == -9
        await seat.done.wait()
        assert len(workers.processes) == 1


async def test_a_seat_that_is_closed_waits_for_the_last_word_and_starts_no_other():
    async with seated() as (office, seat, workers, _mirror):
        assert await seat.metrics() == "# HELP one\n"
        seat.close()
        await seen(office, lambda: workers.duties[0].ended)
        workers.frames[0].send(WorkerEnded((), recorded=True, failure=""))
        await workers.frames[0].drain(1.0)
        await seen(office, lambda: seat.last_word is not None)
        assert not seat.done.is_set()
        workers.processes[0].end(0)
        await seat.done.wait()
        assert seat.last_word == WorkerEnded((), recorded=True, failure="")
        assert len(workers.processes) == 1
        assert await seat.metrics() == ""
        with pytest.raises(ProcessLostError):
            await seat.command(PauseAsked(ANN, SYMBOL, ""))


async def test_one_that_still_starts_when_its_seat_is_closed_is_ended_and_not_waited_for():
    """On a loaded machine it starts for as long as the whole end may take, and has claimed nothing;
    what the one before it left open is said to be."""
    async with seated(clock=SimClock(Nanos(0))) as (office, seat, workers, mirror):
        await office.quoting()
        await seen(office, lambda: mirror.get(SYMBOL) is not None)
        workers.starts = False
        workers.processes[0].end(-9)
        await seen(office, lambda: len(workers.processes) == 2)
        assert workers.processes[1].returncode is None
        seat.close()
        async with asyncio.timeout(PATIENCE_S):
            await seat.done.wait()
        assert workers.processes[1].returncode == -9
        assert seat.ended is None
        assert [pool.instrument.symbol for pool in seat.pools()] == [SYMBOL]


async def test_one_that_is_started_in_the_moment_in_which_its_seat_is_closed_is_ended():
    async with seated(clock=SimClock(Nanos(0))) as (_, seat, workers, _mirror):
        workers.starts, workers.spawned = False, seat.close
        workers.processes[0].end(-9)
        async with asyncio.timeout(PATIENCE_S):
            await seat.done.wait()
        assert [each.returncode for each in workers.processes] == [-9, -9]
