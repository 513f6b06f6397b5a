"""The worker's end of the connection to its edge: answers commands, publishes its pools."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.pass_watch import PROCESS
from market_maker.execution.published_pool import (
    PoolFingerprint,
    PoolTerms,
    PublishedPool,
    fingerprint_of,
    published,
)
from market_maker.execution.supervisor import Failure, attempted, awaited
from market_maker.model.caller import Caller
from market_maker.model.errors import MakerError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.operations.pool_controls import PoolCommands
from market_maker.operations.views import StateView
from market_maker.ports import Clock
from market_maker.serving.worker_wire import (
    WORKER_DECODER,
    Answered,
    Configure,
    EnableAsked,
    EndAsked,
    FlattenAsked,
    KillAsked,
    MetricsAsked,
    OneWay,
    PauseAsked,
    PoolsPublished,
    ReleaseAsked,
    Released,
    RemoveAsked,
    ResumeAsked,
    ReviewAsked,
    StartChecked,
    TakeOverAsked,
    TakeUpAsked,
    TellExposure,
    ToWorker,
    Watched,
    WireFailure,
    WorkerBegun,
    WorkerEnded,
    WorkerFrames,
    WorkerPulse,
    WorkerQuestion,
    failure_of,
)
from market_maker.telemetry.logging import Logger
from market_maker.telemetry.tracing import tracing

PUBLISH_S = 0.1
"""How soon a pool is published in which something was done; what a command changed is published
with its answer."""

WATCHED_S, UNWATCHED_S = 0.2, 1.0
"""How often every pool is published, for its market moves: while live pictures are read, as often
as they are sent; else as often as the edge itself needs one, for samples, series and alerts. Five
times a second was a tenth of the processor time of a worker."""

WATCHED_FOR = Nanos(NANOS_PER_SECOND)
"""How long the edge's word that they are read holds. It is repeated ten times a second."""

SHARE = 20
"""Rounds of either kind take at most one part in so many of the worker's time."""

PAUSE_MAX_S = 1.0
"""Readers wait no longer than this for the next round, however long the one before seemed to take:
on a machine with other work, and in Python's collections, time passes that publishing did not
cost."""

SLICE = Nanos(NANOS_PER_MS // 2)
"""After so long of publishing, the engines have their turn."""

BACKLOG_MAX = 4 * 1024 * 1024
"""Bytes that the edge may leave in the connection before pools are published again: an edge that
hangs costs this much memory, and no quote."""


NOTHING = msgspec.Raw(b"null")


class WorkerDuties(Protocol):
    """What a worker is asked beside commands of pools."""

    async def take_up(self, symbols: tuple[str, ...]) -> None:
        """Claim them and recover their pools. Raises ConflictError."""

    async def release(self, caller: Caller, symbol: str, reason: str) -> Released:
        """Stop, cancel, prove and give up a symbol. Raises NotFoundError, ConflictError."""

    async def take_over(self, caller: Caller, symbol: str, released: Released) -> StateView:
        """Take up a symbol that another worker has given up. Raises ConflictError."""

    async def metrics(self) -> str:
        """The page."""

    def problems(self) -> Mapping[str, str]:
        """What is wrong with what it depends on, by name."""

    def topics_lag(self) -> Nanos | None:
        """How late it reads the exchange's topics; None where it reads none."""

    def end(self) -> None:
        """The edge asks for the end, or is gone."""


class WorkerEnd:
    """backlog_max: bytes that may wait for the edge."""

    def __init__(
        self,
        frames: WorkerFrames,
        host: EngineHost,
        commands: PoolCommands,
        duties: WorkerDuties,
        *,
        clock: Clock,
        log: Logger,
        backlog_max: int = BACKLOG_MAX,
    ) -> None:
        self._frames, self._host, self._commands, self._duties = frames, host, commands, duties
        self._clock, self._log, self.backlog_max = clock, log, backlog_max
        self._shown: dict[str, PoolFingerprint] = {}
        self._terms: dict[str, PoolTerms] = {}
        self._whole_at = self._watched_until = Nanos(0)

    def begin(self, worker: str) -> None:
        """Who is at this end."""
        self._frames.send(WorkerBegun(worker, os.getpid()))

    def say(self, ended: WorkerEnded) -> None:
        """How it ends, as far as that is known."""
        self._frames.send(ended)

    async def end(self, ended: WorkerEnded, within_s: float) -> None:
        """The last word."""
        self.say(ended)
        await self._frames.drain(within_s)
        self._frames.close()

    async def answer(self) -> None:
        """Carry out what the edge asks, until it is gone; commands side by side."""
        async with asyncio.TaskGroup() as tasks:
            while (content := await self._frames.next()) is not None:
                asked = WORKER_DECODER.decode(content)
                if asked.number:
                    tasks.create_task(self._answer(asked))
                else:
                    self._do(asked.what)
            self._duties.end()

    async def publish(self, every_s: float = PUBLISH_S) -> None:
        """Publish again and again, until cancelled."""
        while True:
            now = self._clock.now()
            if whole := now >= self._whole_at:
                rest = WATCHED_S if now < self._watched_until else UNWATCHED_S
                self._whole_at = Nanos(now + int(max(rest, every_s) * NANOS_PER_SECOND))
            busy = await self._round(whole=whole)
            if whole:
                pause = int(pause_after(busy, 0.0) * NANOS_PER_SECOND)
                self._whole_at = Nanos(max(self._whole_at, self._clock.now() + pause))
            await asyncio.sleep(every_s if whole else pause_after(busy, every_s))

    def _watched(self) -> None:
        """Live pictures are read: the next round has every pool, if they were not before."""
        now = self._clock.now()
        if now >= self._watched_until:
            self._whole_at = min(self._whole_at, now)
        self._watched_until = Nanos(now + WATCHED_FOR)

    async def pulse(self, every_s: float = PUBLISH_S) -> None:
        """Say again and again that the worker lives, until cancelled: a pause between two rounds
        must not pass for silence, after which the edge kills a worker. An edge that hangs has
        more than one to read when it goes on."""
        while True:
            if self._frames.waiting <= self.backlog_max:
                problems, topics_lag = dict(self._duties.problems()), self._duties.topics_lag()
                shortage = self._host.shortages.get(PROCESS)
                self._frames.send(WorkerPulse(self._host.lag_ns, problems, topics_lag, shortage))
            await asyncio.sleep(every_s)

    async def _round(self, *, whole: bool = True) -> int:
        """How long it worked, nanoseconds. whole: every pool, and not only those in which
        something was done."""
        if self._frames.waiting > self.backlog_max:
            return 0
        busy, began = 0, self._clock.now()
        pools, gone = list[PublishedPool](), list[str]()
        there = self._symbols()
        for symbol in (*there, *sorted(self._shown.keys() - set(there))):
            if whole or self._is_news(symbol):
                self._add(symbol, pools, gone)
            if (took := self._clock.now() - began) >= SLICE:
                self._send(pools, gone)
                pools, gone = [], []
                busy += took
                await asyncio.sleep(0)
                began = self._clock.now()
        self._send(pools, gone)
        return busy

    def _symbols(self) -> tuple[str, ...]:
        return tuple(runner.instrument.symbol for runner in self._host.runners())

    def _is_news(self, symbol: str) -> bool:
        runner = self._host.get(symbol)
        return runner is None or self._shown.get(symbol) != fingerprint_of(runner)

    def _publish(self, *symbols: str) -> None:
        pools, gone = list[PublishedPool](), list[str]()
        for symbol in symbols:
            self._add(symbol, pools, gone)
        self._send(pools, gone)

    def _add(self, symbol: str, pools: list[PublishedPool], gone: list[str]) -> None:
        runner = self._host.get(symbol)
        if runner is not None:
            pool = attempted(lambda: published(runner, self._terms.get(symbol)))
            if isinstance(pool, PublishedPool):
                self._shown[symbol] = fingerprint_of(runner)
                if pool.terms is not None:
                    self._terms[symbol] = pool.terms
                pools.append(pool)
        elif symbol in self._shown:
            del self._shown[symbol], self._terms[symbol]
            gone.append(symbol)

    def _send(self, pools: list[PublishedPool], gone: list[str]) -> None:
        if pools or gone:
            self._frames.send(PoolsPublished(tuple(pools), tuple(gone)))

    def _do(self, what: WorkerQuestion | OneWay) -> None:
        if isinstance(what, Configure):
            self._host.configure(what.config)
        elif isinstance(what, TellExposure):
            self._host.tell(what.symbol, what.event)
        elif isinstance(what, Watched):
            self._watched()
        elif isinstance(what, EndAsked):
            self._duties.end()

    async def _answer(self, asked: ToWorker) -> None:
        with tracing(asked.trace_id, asked.traceparent):
            answer = await awaited(self._answered(asked))
            if isinstance(answer, Failure):
                self._log.error("command failed", problem=answer.line, trace=answer.trace)
                answer = Answered(asked.number, NOTHING, WireFailure("", answer.line, {}))
        symbol = getattr(asked.what, "symbol", "")
        self._publish(*((symbol,) if symbol else self._symbols()))
        self._frames.send(answer)

    async def _answered(self, asked: ToWorker) -> Answered:
        try:
            value = await self._carry_out(asked.what)
        except MakerError as error:
            return Answered(asked.number, NOTHING, failure_of(error))
        return Answered(asked.number, msgspec.Raw(msgspec.json.encode(value)))

    def _carry_out(self, what: WorkerQuestion | OneWay) -> Awaitable[Any]:
        return _CALLS[type(what)](self._commands, self._duties, what)


def pause_after(busy: int, every_s: float) -> float:
    """Seconds to the next round, after one that took `busy` nanoseconds."""
    return max(every_s, min(PAUSE_MAX_S, busy * SHARE / NANOS_PER_SECOND))


_Call = Callable[[PoolCommands, WorkerDuties, Any], Awaitable[Any]]

_CALLS: dict[type, _Call] = {
    EnableAsked: lambda pools, _, what: pools.enable(what.caller, what.symbol),
    ResumeAsked: lambda pools, _, what: pools.resume(what.caller, what.symbol, what.review),
    StartChecked: lambda pools, _, what: pools.check_may_start(what.caller, what.symbol),
    ReviewAsked: lambda pools, _, what: pools.review(what.caller, what.symbol, what.note),
    PauseAsked: lambda pools, _, what: pools.pause(what.caller, what.symbol, what.reason),
    # The edge has entered it in the audit log.
    KillAsked: lambda pools, _, what: pools.kill(
        what.caller, what.reason, what.symbol, entered=True
    ),
    FlattenAsked: lambda pools, _, what: pools.flatten(
        what.caller, what.reason, what.symbol, unwind=what.unwind, entered=True
    ),
    RemoveAsked: lambda pools, _, what: pools.remove(what.caller, what.symbol, force=what.force),
    TakeUpAsked: lambda _, duties, what: duties.take_up(what.symbols),
    ReleaseAsked: lambda _, duties, what: duties.release(what.caller, what.symbol, what.reason),
    TakeOverAsked: lambda _, duties, what: duties.take_over(
        what.caller, what.symbol, what.released
    ),
    MetricsAsked: lambda _, duties, __: duties.metrics(),
}
