"""`python -m tests.simulation.moves`: a thousand symbols shared by 1, 2 and 4 workers on one
database, in simulated time, and symbols that change hands while all of them quote.

Whenever a symbol moves, and at the end, no symbol has live orders of two workers; every pool that
was moved quotes again. Printed: how long a moved symbol had no live order, in simulated time, in
which the database and the machine cost nothing: what is left are the proofs, and what the new
engine has to see before it quotes. `python -m bench workers` measures real processes.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from msgspec import Struct, structs
from typing_extensions import override

from market_maker.clocks import SimClock
from market_maker.execution.reconciliation import Reconciled
from market_maker.execution.symbol_lease import SymbolLease
from market_maker.model.errors import ConflictError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.views import PoolStatus
from market_maker.ports import Unit
from market_maker.sandbox.listings import LISTINGS
from market_maker.serving.hand_over import HandOver
from market_maker.serving.trading_life import TradingLife, TradingSide
from market_maker.storage.store import DatabaseStore
from market_maker.venues.instruments import SandboxInstruments
from tests.builders import participant
from tests.support.office import ANN, START, STEP, Office, at_work, config, database, member
from tests.support.quiet_venue import SleepingVenue
from tests.support.remote_office import Silent

LONG = Nanos(24 * 3_600 * NANOS_PER_SECOND)
"""Of leases: no worker dies here."""
WITHIN_S = 30
"""Simulated."""
TRIES = 100
STARTS_AT_ONCE = 20
"""More of them would turn the loop round for one another."""

WEIGHTS = (50, 30)
ORDERS = 2 * len(WEIGHTS)
"""Of a pool: two members, two sides."""


class Worker(Office):
    """An office that others share the clock with. hand_over: its duty."""

    past, kept_turns = Nanos(0), 10
    venue_kind = SleepingVenue
    hand_over: HandOver

    @override
    async def run(self) -> None:
        while True:
            if not self.store.busy:
                await self.engine_host.one_pass()
            await asyncio.sleep(0)

    def live(self, symbol: str) -> int:
        """Orders of its own at the venue."""
        venue = self.venues.get(symbol)
        return 0 if venue is None else len(venue.open)


class TimeKeeper(Worker):
    """The one whose passes move the clock; nothing moves while the database is asked."""

    @override
    async def run(self) -> None:
        while True:
            if not self.store.busy:
                self.clock.advance_to(Nanos(self.clock.now() + STEP))
                await self.engine_host.one_pass()
            await asyncio.sleep(0)


class CountingStore(DatabaseStore):
    """busy: how many wait for it."""

    busy = 0

    @override
    async def commit(self, work):
        self.busy += 1
        try:
            return await super().commit(work)
        finally:
            self.busy -= 1

    @override
    @asynccontextmanager
    async def transaction(self):
        self.busy += 1
        try:
            async with super().transaction() as unit:
                yield unit
        finally:
            self.busy -= 1

    @override
    @asynccontextmanager
    async def reading(self):
        self.busy += 1
        try:
            async with super().reading() as unit:
                yield unit
        finally:
            self.busy -= 1

    @override
    @asynccontextmanager
    async def glimpse(self):
        self.busy += 1
        try:
            async with super().glimpse() as unit:
                yield unit
        finally:
            self.busy -= 1


class ClockLoop(asyncio.SelectorEventLoop):
    """Its timers go by the clock of the simulation; there is always something to do on it."""

    clock: SimClock | None = None

    @override
    def time(self) -> float:
        return 0.0 if self.clock is None else self.clock.now() / NANOS_PER_SECOND


class Compared:
    """Reconciliation of which everything fits."""

    def counters(self, _symbol: str) -> Reconciled:
        return Reconciled(checked_at=Nanos(1))


class Moved(Struct, frozen=True):
    """gaps: seconds without a live order, of each move."""

    symbols: int
    workers: int
    gaps: list[float]

    def told(self) -> str:
        head = f"{self.symbols:,} symbols, {self.workers} worker{'s' * (self.workers > 1)}"
        if not self.gaps:
            return f"{head}: all quote; with one worker there is nowhere to move to"
        return (
            f"{head}: {len(self.gaps)} moves, no live order of the symbol for p50 "
            f"{median(self.gaps):.2f} s, worst {max(self.gaps):.2f} s; never two workers' orders"
        )


def simulated(main: Coroutine[Any, Any, Moved]) -> Moved:
    """Run it to its end on such a loop."""
    with asyncio.Runner(loop_factory=ClockLoop) as runner:
        return runner.run(main)


def listings(count: int) -> SandboxInstruments:
    first = LISTINGS[0]
    names = (f"S{number:04}USDT-PERP" for number in range(count))
    return SandboxInstruments(
        [
            structs.replace(first, instrument=structs.replace(first.instrument, symbol=name))
            for name in names
        ]
    )


def hired(worker: Worker, store, folder: Path) -> SymbolLease:
    """Its lease and its duty of handing over."""
    lease = SymbolLease(store, worker.clock, lease=LONG, retry_s=0.0)
    worker.intent_log.lease = lease
    side = TradingSide(
        store=store,
        clock=worker.clock,
        lease=lease,
        engine_host=worker.engine_host,
        recorder=worker.recorder,
        intent_log=worker.intent_log,
        journals=None,
        lines=None,
        reconciliation=Compared(),
        instruments=worker.instruments,
        controls=worker.application.controls,
    )
    life = TradingLife(side, folder, Silent(), alone=False)
    worker.hand_over = HandOver(side, life, Silent())
    return lease


@asynccontextmanager
async def crew(folder: Path, symbols: int, count: int) -> AsyncIterator[list[Worker]]:
    """All pools made and quoting, shared out in turn. They are made before any has an engine, in
    one transaction, and started some at a time: one by one each would wait for time in which
    all before it trade."""
    clock, instruments = SimClock(START), listings(symbols)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ClockLoop), "see simulated"
    loop.clock = clock
    async with database(CountingStore) as store, AsyncExitStack() as stack:
        workers = []
        for number in range(count):
            kind = Worker if number else TimeKeeper
            office = at_work(store, clock, kind, instruments=instruments)
            workers.append(await stack.enter_async_context(office))
            await hired(workers[-1], store, folder).begin(alone=False)
        names = instruments.symbols()
        await store.commit(partial(_put_down, names, clock.now()))
        for start in range(0, symbols, STARTS_AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for number, symbol in enumerate(names[start : start + STARTS_AT_ONCE], start):
                    group.create_task(enabled(workers[number % count], symbol))
        for number, symbol in enumerate(names):
            await quotes(workers[number % count], symbol)
        yield workers


async def _put_down(symbols: Sequence[str], now: Nanos, unit: Unit) -> None:
    """Pools of two members each."""
    for symbol in symbols:
        await unit.pools.add(config(symbol), now)
        for number, weight in enumerate(WEIGHTS):
            who = participant(f"{symbol}-{number}")
            await unit.participants.add(who)
            await unit.members.add(symbol, member(who.participant_id, weight), now)


async def enabled(worker: Worker, symbol: str) -> None:
    """As soon as the venue has said that nothing is open."""
    await worker.intent_log.lease.take(symbol)
    for _ in range(TRIES):
        try:
            await worker.application.controls.enable(ANN, symbol)
        except ConflictError:
            await worker.passes(10)
        else:
            return
    raise AssertionError(symbol)


async def quotes(worker: Worker, symbol: str) -> None:
    await worker.until(lambda: worker.live(symbol) == ORDERS, WITHIN_S)


def judge(workers: Sequence[Worker], symbols: Sequence[str]) -> None:
    """No symbol has live orders of two workers."""
    for symbol in symbols:
        quoting = [worker for worker in workers if worker.live(symbol)]
        assert len(quoting) <= 1, (symbol, len(quoting))


async def moved(symbols: int, count: int, moves: int, seed: int) -> Moved:
    """Raises AssertionError."""
    chance, gaps = Random(seed), []
    with tempfile.TemporaryDirectory() as folder:
        async with crew(Path(folder), symbols, count) as workers:
            names = workers[0].instruments.symbols()
            owners = {name: number % count for number, name in enumerate(names)}
            for _ in range(moves if count > 1 else 0):
                symbol = chance.choice(names)
                others = [number for number in range(count) if number != owners[symbol]]
                source, owners[symbol] = workers[owners[symbol]], chance.choice(others)
                gaps.append(await _move(source, workers[owners[symbol]], symbol))
                judge(workers, [symbol])
            judge(workers, names)
            for name in names:
                assert workers[owners[name]].live(name) == ORDERS, name
    return Moved(symbols, count, gaps)


async def _move(source: Worker, target: Worker, symbol: str) -> float:
    """Simulated seconds without a live order."""
    clock, gone = source.clock, asyncio.Event()

    async def watch() -> int:
        await source.until(lambda: not source.live(symbol), WITHIN_S)
        gone.set()
        return clock.now()

    async with asyncio.TaskGroup() as group:
        since = group.create_task(watch())
        released = await source.hand_over.release(ANN, symbol, "moved")
        assert not source.live(symbol)
        await gone.wait()
        view = await target.hand_over.take_over(ANN, symbol, released)
        assert view.state is PoolStatus.ACTIVE, view
        await quotes(target, symbol)
    return (clock.now() - since.result()) / NANOS_PER_SECOND


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.moves", description=__doc__)
    parser.add_argument("--symbols", type=int, default=1_000)
    parser.add_argument("--workers", default="1,2,4", help="how many, one after the other")
    parser.add_argument("--moves", type=int, default=100, help="of each")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    # The loop turns while the database's thread works, which would wait 5 ms for each of its turns.
    sys.setswitchinterval(0.0001)
    for count in map(int, given.workers.split(",")):
        found = simulated(moved(given.symbols, count, given.moves, given.seed))
        sys.stdout.write(f"{found.told()}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
