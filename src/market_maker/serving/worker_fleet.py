"""The workers of a service, as its edge sees them: which symbols each owns, and what became of
each. The rule: a symbol without an owner goes to the worker with the fewest symbols, the lowest
number first, and stays there. The edge proposes; the database decides by the epoch of the symbol,
which the worker claims before it reads anything."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import cast

from market_maker.api.health import Dependency, Probe
from market_maker.execution.pass_watch import Shortage
from market_maker.execution.recovery import to_open
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.recorder import Recorder
from market_maker.model.caller import Caller
from market_maker.model.errors import (
    ConflictError,
    InvalidDataError,
    InvalidFieldError,
    NotFoundError,
    ProcessLostError,
)
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.operations.views import StateView
from market_maker.ports import Clock
from market_maker.serving.engines_mirror import EnginesMirror
from market_maker.serving.trading_life import FINISH_S, Broke, TradingEnd
from market_maker.serving.venue_lines import told_lag
from market_maker.serving.worker_process import Spawn
from market_maker.serving.worker_seat import SeatParts, WorkerSeat, all_ended
from market_maker.serving.worker_wire import OneWay, ReleaseAsked, Released, TakeOverAsked
from market_maker.telemetry.logging import Logger
from market_maker.venues.conversation import ageless

SYMBOLS_NAMED = 20
"""Of a worker, in /health."""


class WorkerFleet:
    """EngineSide, and remote_controls.CommandedWorkers. mirror: the engines. pools: the directory
    in which the mirror stands."""

    def __init__(
        self,
        count: int,
        pools: RunningPools,
        mirror: EnginesMirror,
        recorder: Recorder,
        *,
        clock: Clock,
        log: Logger,
        spawn: Spawn,
        beside: tuple[Callable[[], Awaitable[None]], ...] = (),
    ) -> None:
        """beside: what else this process must run for readers."""
        self._pools, self.mirror, self._recorder = pools, mirror, recorder
        self._clock, self._log, self._beside = clock, log, beside
        parts = SeatParts(clock, recorder, mirror, log, spawn, pools.refresh)
        self.seats = tuple(WorkerSeat(number, parts) for number in range(1, count + 1))
        self._owners: dict[str, WorkerSeat] = {}
        self._moving = asyncio.Lock()
        self.broke: Broke = lambda _failure, _trace: None
        mirror.forward, mirror.slowest = self._forward, self._slowest
        mirror.short = self._short

    # CommandedWorkers

    def of(self, symbol: str) -> WorkerSeat:
        known = self._owners.get(symbol)
        if known is not None:
            return known
        seat = min(self.seats, key=lambda each: len(each.symbols))
        if self._pools.instruments.find(symbol) is not None:
            self._owners[symbol] = seat
            seat.symbols.add(symbol)
        return seat

    def all(self) -> tuple[WorkerSeat, ...]:
        return self.seats

    async def move(self, caller: Caller, symbol: str, worker: int) -> StateView:
        """One move at a time; a symbol is its new owner's from the moment on in which the old one
        has given it up."""
        if not 1 <= worker <= len(self.seats):
            raise InvalidFieldError("worker", worker, f"a worker's number, 1 to {len(self.seats)}")
        target = self.seats[worker - 1]
        async with self._moving:
            source = self.of(symbol)
            if source is target:
                raise ConflictError("worker", worker, f"{symbol} is there already")
            if target.problem:
                raise ProcessLostError(f"{target.name} {target.problem}")
            reason = f"moved from {source.name} to {target.name}"
            released = await source.command(ReleaseAsked(caller, symbol, reason))
            assert isinstance(released, Released)
            source.symbols.discard(symbol)
            target.symbols.add(symbol)
            self._owners[symbol] = target
            view = await target.command(TakeOverAsked(caller, symbol, released))
        # Whatever was changed while it had no engine.
        with suppress(NotFoundError):  # a deleted pool with a position has no configuration
            await self._pools.refresh(symbol)
        self._log.info("symbol moved", symbol=symbol, source=source.number, target=worker)
        return cast("StateView", view)

    def has_engine(self, symbol: str) -> bool:
        return self.mirror.get(symbol) is not None

    # EngineSide

    async def begin(self) -> None:
        """Share out what is known; each worker claims its own."""
        for symbol in sorted(await to_open(self._pools.store)):
            self.of(symbol)

    def work(self) -> tuple[Awaitable[None], ...]:
        beside = (run() for run in self._beside)
        return (self._recorder.run(), *beside, *(seat.keep() for seat in self.seats))

    async def recover(self) -> None:
        """Raises InvalidDataError where a worker does not come to serve."""
        for seat in self.seats:
            await seat.ready.wait()
            if seat.problem:
                raise InvalidDataError(seat.name, seat.problem)

    def stop_quoting(self) -> None:
        for seat in self.seats:
            seat.close()

    async def end(self, deadline: Nanos) -> TradingEnd:
        self.stop_quoting()
        # They have the same deadline, and send their last word after it.
        left = max(0, deadline - self._clock.now()) / NANOS_PER_SECOND + FINISH_S / 2
        try:
            async with asyncio.timeout(left):
                await asyncio.gather(*all_ended(self.seats))
        except TimeoutError:
            for seat in self.seats:
                seat.kill()
        recorded = await self._recorder.flushed(FINISH_S / 4)
        unproved: list[str] = []
        for seat in self.seats:
            unproved += self._unproved(seat)
            word = seat.last_word
            recorded &= word is not None and word.recorded
        return TradingEnd(tuple(sorted(unproved)), recorded)

    def ended(self, *, proved: bool) -> None:
        """Each worker said its own."""

    # for readers

    @property
    def probes(self) -> Mapping[str, Probe]:
        """For /health: one for each worker, and the venue's and the topics' as all of them see
        it."""
        probes: dict[str, Probe] = {"venue": self._venue, "topics": self._topics}
        probes |= {seat.name: partial(_probe, seat) for seat in self.seats}
        return probes

    async def _venue(self) -> str:
        said: dict[str, tuple[str, list[str]]] = {}
        for seat in self.seats:
            if problem := seat.problems.get("venue", ""):
                said.setdefault(ageless(problem), (problem, []))[1].append(str(seat.number))
        return "; ".join(f"{_workers(numbers)}: {problem}" for problem, numbers in said.values())

    async def _topics(self) -> Dependency:
        late = ((seat.name, told_lag(seat.topics_lag)) for seat in self.seats)
        said = "; ".join(f"{name}: {told}" for name, told in late if told)
        return Dependency(ready=True, detail=said)

    def _unproved(self, seat: WorkerSeat) -> Iterable[str]:
        word = seat.last_word
        if word is not None:
            return word.unproved
        return [pool.instrument.symbol for pool in seat.pools() if not self.mirror.shadow]

    def _forward(self, symbol: str, what: OneWay) -> None:
        self.of(symbol).send(what)

    def _slowest(self) -> int:
        return max(seat.lag_ns for seat in self.seats)

    def _short(self) -> Mapping[str, Shortage]:
        return {each.name: short for each in self.seats if (short := each.shortage) is not None}


def _workers(numbers: Sequence[str]) -> str:
    *others, last = numbers
    return f"workers {', '.join(others)} and {last}" if others else f"worker {last}"


async def _probe(seat: WorkerSeat) -> Dependency:
    problems = seat.problems
    said = [f"{name}: {problem}" for name, problem in problems.items() if name != "worker"]
    own = [problems["worker"]] if "worker" in problems else []
    if (short := seat.shortage) is not None:
        own.append(f"short of processor, {short.late_ns // NANOS_PER_MS} ms late")
    return Dependency(not problems, "; ".join((*own, *said, _whose(seat.symbols))))


def _whose(symbols: Collection[str]) -> str:
    """Which symbols belong to a worker, for who moves one at night."""
    named = sorted(symbols)[:SYMBOLS_NAMED]
    more = len(symbols) - len(named)
    rest = f" and {more} more" if more else ""
    return f"trades {', '.join(named) or 'nothing'}{rest}"
