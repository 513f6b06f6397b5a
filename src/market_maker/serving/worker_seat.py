"""One numbered seat of a worker: the symbols that belong to it, and the process that trades them
now. When that process is gone, another one is started, which is its successor."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from msgspec import Struct

from market_maker.execution.pass_watch import Shortage
from market_maker.execution.published_pool import PublishedPool
from market_maker.execution.supervisor import Failure, awaited
from market_maker.journaling.record_request import RecordRequest
from market_maker.journaling.recorder import Recorder
from market_maker.model.errors import MakerError, NotFoundError, ProcessLostError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.remote_controls import Stop
from market_maker.serving.worker_link import ANSWER_WITHIN_S, WorkerLink
from market_maker.serving.worker_process import Spawn, StandBy, WorkerProcess, in_words
from market_maker.serving.worker_wire import (
    EndAsked,
    MetricsAsked,
    OneWay,
    PoolsPublished,
    TakeUpAsked,
    Watched,
    WorkerEnded,
    WorkerQuestion,
    frames_on,
)
from market_maker.telemetry.logging import Logger

SILENT_MAX = Nanos(3 * NANOS_PER_SECOND)
"""A worker that says nothing for so long is killed: its lease has ended by then."""

STAND_BY_AFTER = Nanos(NANOS_PER_SECOND)
"""When one has been silent for so long its successor is started, so that it has only to be spoken
to where the silence goes on."""

STAND_BY_KEPT = Nanos(30 * NANOS_PER_SECOND)
"""How long it is kept where the silence ended."""

START_MAX = Nanos(60 * NANOS_PER_SECOND)
"""The same before its first word: a process starts on a loaded machine."""

TAKE_UP_S = 120.0
"""How long the recovery of all symbols of a seat may take."""

WATCH_S = 0.1
ROUND_MAX = Nanos(NANOS_PER_SECOND)
"""As much of a worker's silence counts for one round of the watch: where the edge itself stood
still for longer, it could read nothing."""

GONE_S, STOP_S = 1.0, 5.0
METRICS_S = 1.0
RECORDED_S = 5.0
PAUSE_S, PAUSE_MAX_S = 0.2, 30.0
"""Between the end of one process and the start of the next; twice as long after each that did not
live for STEADY."""
STEADY = Nanos(30 * NANOS_PER_SECOND)


class SeatParts(Struct, frozen=True):
    """What all seats share. refresh: configures engines with what the store holds now."""

    clock: Clock
    recorder: Recorder
    mirror: EnginesMirror
    log: Logger
    spawn: Spawn
    refresh: Callable[..., Awaitable[None]]


class Silence:
    """How long a worker has said nothing, as the rounds of a watch see it. span: nanoseconds."""

    def __init__(self, now: Nanos) -> None:
        self._round, self._heard = now, Nanos(0)
        self.span = 0

    def seen(self, now: Nanos, last_sign: Nanos) -> int:
        """One round; returns span."""
        if last_sign != self._heard:
            self._heard, self.span = last_sign, 0
        else:
            self.span += min(now - self._round, ROUND_MAX)
        self._round = now
        return self.span


class WorkerSeat:
    """remote_controls.CommandedWorker. symbols: that belong here. ready: set when the first process
    serves, or has failed. problem: why none serves now, empty while one does. ended: the last word
    of the last process, None without one."""

    def __init__(self, number: int, parts: SeatParts) -> None:
        self.number, self._parts = number, parts
        self.symbols: set[str] = set()
        self.ready, self.done = asyncio.Event(), asyncio.Event()
        self.problem = "is starting"
        self.ended: WorkerEnded | None = None
        self._link: WorkerLink | None = None
        self._process: WorkerProcess | None = None
        self._stand_by = StandBy(parts.spawn, number)
        self._stops: list[Stop] = []
        self._closing = False
        self._pause_s = PAUSE_S

    # CommandedWorker

    @property
    def name(self) -> str:
        return f"worker {self.number}"

    async def command(self, what: WorkerQuestion, within_s: float | None = None) -> object:
        if self._link is None or self.problem:
            raise ProcessLostError(f"{self.name} {self.problem}")
        return await self._link.ask(what, within_s or ANSWER_WITHIN_S)

    def pools(self) -> list[PublishedPool]:
        found = (self._parts.mirror.get(symbol) for symbol in sorted(self.symbols))
        return [pool for pool in found if pool is not None]

    def remember(self, what: Stop) -> None:
        """Of the same stop once, however often it was asked for: each takes its time, and the
        successor serves when it has done all of them."""
        if not any(_is_same(what, each) for each in self._stops):
            self._stops.append(what)

    # for the fleet

    @property
    def last_word(self) -> WorkerEnded | None:
        """How the last process ended, by its own word; None where it said none. Also of one that
        has said it and is not gone."""
        return self.ended if self._link is None else self._link.ended

    @property
    def lag_ns(self) -> int:
        """Of its loop."""
        return 0 if self._link is None else self._link.pulse.lag_ns

    @property
    def topics_lag(self) -> Nanos | None:
        """How late it reads the exchange's topics; None where it reads none, or is not known."""
        return None if self._link is None or self.problem else self._link.pulse.topics_lag

    @property
    def shortage(self) -> Shortage | None:
        """Of its processor time; None where it has enough, or is not known."""
        return None if self._link is None or self.problem else self._link.pulse.shortage

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with what it depends on, and with itself."""
        own = (
            {} if self._link is None else {n: p for n, p in self._link.pulse.problems.items() if p}
        )
        silent = self._silent_for()
        if self.problem:
            return {"worker": self.problem}
        if silent > NANOS_PER_SECOND:
            own["worker"] = f"silent for {silent / NANOS_PER_SECOND:.1f} s"
        return own

    def send(self, what: OneWay) -> None:
        """What needs no answer; nothing happens while no process serves, for its successor reads
        the store."""
        if self._link is not None:
            self._link.send(what)

    async def metrics(self) -> str:
        """Its page; empty where it does not answer."""
        if self._link is None or self.problem:
            return ""
        try:
            page: str = await self._link.ask(MetricsAsked(), METRICS_S)
        except ProcessLostError:
            return ""
        return page

    def close(self) -> None:
        """Ask the process to end in order; no other one is started. One that has not said a word
        has claimed nothing, and is not waited for: on a loaded machine it starts for as long as the
        whole end may take."""
        self._closing = True
        if self._link is None or self._link.begun:
            self.send(EndAsked())
        else:
            self.kill()

    def kill(self) -> None:
        """It has had its time."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def keep(self) -> None:
        """Keep a process at work until the seat is closed."""
        try:
            while not self._closing:
                began = self._parts.clock.now()
                why = await self._one_life()
                if not self._closing:
                    self._lost(why)
                    await self._pause(Nanos(self._parts.clock.now() - began))
        finally:
            await self._stand_by.dismiss()
            self.done.set()
            self.ready.set()

    # one process

    async def _one_life(self) -> str:
        """Why it is over."""
        parts = self._parts
        self.ended = None
        process, end = await self._stand_by.taken()
        self._process = process
        link = self._link = WorkerLink(await frames_on(end), parts.clock, self._take)
        if self._closing:
            self.kill()
        async with asyncio.TaskGroup() as group:
            # What breaks in one of them ends this life and no other.
            reading = group.create_task(awaited(link.run()))
            taking = group.create_task(awaited(self._take_up(link)))
            exiting = group.create_task(awaited(process.wait()))
            try:
                return await self._watched(link, process, taking, exiting)
            finally:
                self.ended, self._link = link.ended, None
                self.problem = self.problem or "is gone"
                reading.cancel()
                taking.cancel()
                self.kill()

    async def _watched(
        self,
        link: WorkerLink,
        process: WorkerProcess,
        taking: asyncio.Task[Failure | None],
        exiting: asyncio.Task[int | Failure],
    ) -> str:
        silence = Silence(self._parts.clock.now())
        while True:
            await asyncio.wait({exiting}, timeout=WATCH_S)
            if process.returncode is not None:
                return _why(process.returncode, link)
            if not link.is_open:
                return await self._gone(link, process)
            taken = taking.result() if taking.done() else None
            if isinstance(taken, Failure):
                return f"could not take up its symbols: {taken.line}"
            silent = silence.seen(self._parts.clock.now(), link.last_sign)
            if silent > (SILENT_MAX if link.begun else START_MAX):
                return f"was silent for {silent / NANOS_PER_SECOND:.1f} s and was killed"
            if link.begun:
                await self._prepare(silent)
                self._say_watched(link)
            if self._stops and not self.problem:
                # It hung: asked once more, it may do it.
                await self._stop_again(link)

    async def _prepare(self, silent: int) -> None:
        """A successor stands by while there is reason to think that it is needed."""
        now, since = self._parts.clock.now(), self._stand_by.since
        if silent > STAND_BY_AFTER and not self._closing:
            await self._stand_by.begin(now)
        elif since and now - since > STAND_BY_KEPT:
            await self._stand_by.dismiss()

    def _say_watched(self, link: WorkerLink) -> None:
        if self._parts.mirror.is_watched:
            link.send(Watched())

    async def _gone(self, link: WorkerLink, process: WorkerProcess) -> str:
        """Its end of the connection is closed. After its last word it has a deadline of its own."""
        with suppress(TimeoutError):
            async with asyncio.timeout(None if link.ended else GONE_S):
                return _why(await process.wait(), link)
        return "closed its connection and was killed"

    async def _take_up(self, link: WorkerLink) -> None:
        """Raises what the worker's claim raises, and ProcessLostError."""
        parts, symbols = self._parts, tuple(sorted(self.symbols))
        # What the process before left is on record before its successor reads the store.
        await parts.recorder.flushed(RECORDED_S)
        before = {symbol: parts.mirror.get(symbol) for symbol in symbols}
        await link.ask(TakeUpAsked(symbols), TAKE_UP_S)
        same = [name for name in symbols if parts.mirror.get(name) is before[name]]
        parts.mirror.take(PoolsPublished(gone=tuple(same)))
        await self._stop_again(link)
        self.problem = ""
        # Whatever was changed while they were being taken up.
        with suppress(NotFoundError):  # a deleted pool with a position has no configuration
            await parts.refresh(*symbols)
        parts.log.info("worker at work", worker=self.number, symbols=len(symbols))
        self.ready.set()

    async def _stop_again(self, link: WorkerLink) -> None:
        """Stops for which no worker was reached."""
        stops, self._stops = self._stops, []
        for stop in stops:
            try:
                await link.ask(stop, STOP_S)
            except ProcessLostError:
                self._stops.append(stop)
            except MakerError as error:
                # What it was for has no engine.
                self._parts.log.warning("stop refused", worker=self.number, problem=str(error))

    def _take(self, news: PoolsPublished) -> None:
        self._parts.mirror.take(news)

    def _silent_for(self) -> int:
        return 0 if self._link is None else self._parts.clock.now() - self._link.last_sign

    def _lost(self, why: str) -> None:
        """Its pools are PAUSED, and that is put on record: with it gone nothing quotes, and what
        it left is cancelled by its successor, or by the watchdog."""
        parts = self._parts
        self.problem = f"{why}, and is started again"
        parts.log.error("worker lost", worker=self.number, problem=why, symbols=len(self.symbols))
        for pool in parts.mirror.orphan(self.symbols, f"{self.name} {why}; was ACTIVE"):
            assert pool.moved is not None
            parts.recorder.put(RecordRequest(pool.instrument, pool.config.version, pool.moved))
        if not self.ready.is_set():
            # The first one: the service does not start without it.
            self.problem, self._closing = why, True

    async def _pause(self, lived: Nanos) -> None:
        if self._closing:
            return
        self._pause_s = PAUSE_S if lived >= STEADY else min(2 * self._pause_s, PAUSE_MAX_S)
        # One that was silent has lived for longer than any pause is needed for.
        if not self._stand_by.since:
            await asyncio.sleep(self._pause_s)


def _is_same(one: Stop, other: Stop) -> bool:
    """Whether both stop the same: who asked for it, and why, stands in the audit log."""
    fields = ("symbol", "unwind")
    return type(one) is type(other) and all(
        getattr(one, name, None) == getattr(other, name, None) for name in fields
    )


def _why(code: int, link: WorkerLink) -> str:
    failure = "" if link.ended is None else link.ended.failure
    return f"broke: {failure}" if failure else in_words(code)


def all_ended(seats: Iterable[WorkerSeat]) -> list[Awaitable[object]]:
    """Of each, when its last process has ended."""
    return [seat.done.wait() for seat in seats]
