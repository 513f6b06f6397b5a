"""A month on simulated time: the service's own engines, exchange, recorder, ledger and sampling on
a clock that runs as fast as the machine does.

Nothing waits for wall time, and nothing goes on before all that happened at a moment is stored. So
equal plans have equal fills and equal money, and what is left behind is a database on
which `market_maker serve` starts.
"""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from random import Random

from msgspec import Struct

from market_maker.accounting.marking import Marking
from market_maker.clocks import SimClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.intent_log import IntentLog
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.model.units import NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.operations.controls import Controls
from market_maker.operations.memberships import Memberships
from market_maker.operations.pools import PoolDirectory
from market_maker.performance.presence import PresenceBook
from market_maker.performance.rollup import RollUp
from market_maker.performance.sampling import Sampler
from market_maker.ports import Store
from market_maker.serving.factories import Factories
from market_maker.serving.sandbox_connector import SandboxConnector
from market_maker.serving.simulated_plan import (
    OPERATOR,
    PAST,
    PLAYERS,
    PUBLISHED,
    QUIET_LISTINGS,
    STEP,
    STEPS_PER_HOUR,
    MonthPlan,
    member_of,
    participant_of,
    pool_of,
)
from market_maker.serving.trading_parts import trading_parts
from market_maker.venues.instruments import SandboxInstruments

ENDING_STEPS = 40
"""The last step is taken in so many: pools are paused, and the venue has to say that nothing is
left open."""
AFTERWARDS = Nanos(300 * NANOS_PER_SECOND)
"""Of the next month, in which the last day is rolled up and the last mark is taken."""
SAMPLED = Nanos(60 * NANOS_PER_SECOND)
MARKED = Nanos(300 * NANOS_PER_SECOND)
"""How often presence is sampled, and how often mids after fills are stored."""
STORED_WITHIN_S = 60.0


class SimulatedResult(Struct, frozen=True):
    """What one participant came to in one symbol, as its engine knows it. Quote currency; position
    in base currency; fees > 0 are costs."""

    symbol: str
    participant_id: ParticipantId
    realised: Decimal
    fees: Decimal
    funding: Decimal
    position: Decimal


class Simulated(Struct, frozen=True):
    """How it ended. fills: all of them. halts: pools that a guard stopped on the way, and why."""

    fills: int
    standings: tuple[SimulatedResult, ...]
    halts: tuple[str, ...]


class _Unobserved:
    """engine_host.Observer of a run that measures nothing."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        """No measure."""

    def lagged(self, lag_ns: int) -> None:
        """No measure."""

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        """No alarm: the next step raises."""

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        """No alarm: the end of the run raises."""


class SimulatedMonth:
    """The service's parts, on a clock of their own. store: of an empty database."""

    def __init__(self, store: Store, plan: MonthPlan) -> None:
        self._store, self._plan = store, plan
        self._clock = clock = SimClock(plan.month.start)
        intent_log = IntentLog(store, Alarms())
        connector = SandboxConnector(
            plan.seed,
            clock,
            intent_log,
            lambda _: MemoryJournal(1),
            factories=Factories(listings=QUIET_LISTINGS),
            past=lambda _: PAST,
            published=PUBLISHED,
        )
        parts = self._parts = trading_parts(
            intent_log,
            clock,
            connector.connect,
            _Unobserved(),
            SandboxInstruments(),
        )
        trail, pools, self._engine_host = parts.trail, parts.pools, parts.engine_host
        self._pools = PoolDirectory(store, trail, clock, pools)
        self._members = Memberships(store, trail, clock, pools)
        self._controls = Controls(
            store,
            trail,
            clock,
            pools,
            parts.recorder,
            host=parts.engine_host,
            require_halt_review=False,
        )
        dice = Random(plan.seed)  # noqa: S311  a plan repeats itself
        self._sampler = Sampler(clock, self._engine_host, PresenceBook(store), dice, SAMPLED)
        self._marking = Marking(store, clock, self._engine_host)
        self._roll_up = RollUp(store, clock)

    async def run(self, told: Callable[[int], None]) -> Simulated:
        """Run it. `told` is called now and then with how many steps of the plan are done. Raises
        InvalidDataError for an engine that broke and for what could not be stored as it is,
        StoreUnavailableError."""
        async with asyncio.TaskGroup() as tasks:
            writers = [
                tasks.create_task(work)
                for work in (self._parts.recorder.run(), self._parts.intent_log.run())
            ]
            await self._open()
            for number in range(1, self._plan.steps):
                await self._step(STEP)
                await self._come_and_go(number)
                if number % STEPS_PER_HOUR == 0:
                    told(number)
            await self._close()
            for writer in writers:
                writer.cancel()
        told(self._plan.steps)
        return self._outcome()

    async def _open(self) -> None:
        now = self._clock.now()
        async with self._store.transaction() as unit:
            for player in PLAYERS:
                await unit.participants.add(participant_of(player, now))
        for symbol in self._plan.symbols:
            await self._pools.put(OPERATOR, pool_of(symbol))
        await self._come_and_go(0)
        for symbol in self._plan.symbols:
            await self._controls.enable(OPERATOR, symbol)

    async def _come_and_go(self, number: int) -> None:
        for player in PLAYERS:
            joins, leaves = self._due(player.joins_pct), self._due(player.leaves_pct)
            if number not in (joins, leaves):
                continue
            for symbol in self._plan.symbols:
                if number == leaves:
                    await self._members.remove(OPERATOR, symbol, player.participant_id)
                else:
                    await self._members.add(OPERATOR, symbol, member_of(player))

    def _due(self, pct: int) -> int:
        return self._plan.steps * pct // 100

    async def _step(self, span: Nanos) -> None:
        # A command turns an engine, too: what it ordered is not late because the clock moves.
        await self._stored()
        self._clock.advance_to(Nanos(self._clock.now() + span))
        for runner in self._engine_host.runners():
            runner.step(self._clock.now())
            if runner.failure is not None:
                raise InvalidDataError(runner.instrument.symbol, f"broke: {runner.trace}")
        await self._stored()
        await self._sampler.step()
        await self._roll_up.step()
        if self._clock.now() % MARKED:
            self._marking.sample()
        else:
            await self._marking.step()

    async def _stored(self) -> None:
        """The clock stands still while the database is at work, as if that took no time."""
        for writer in (self._parts.intent_log, self._parts.recorder):
            if not await writer.flushed(STORED_WITHIN_S):
                raise StoreUnavailableError(writer.away or "the database does not answer")
        for alarm in self._parts.alarms.drain():
            # A simulated month does not go on without its records.
            raise InvalidDataError(alarm.symbol, alarm.reason)

    async def _close(self) -> None:
        self._engine_host.pause_all("the simulated month is over")
        for _ in range(ENDING_STEPS):
            await self._step(Nanos(STEP // ENDING_STEPS))
        await self._step(AFTERWARDS)
        for quarantined in self._parts.recorder.quarantine:
            raise InvalidDataError(quarantined.note.of.symbol, quarantined.problem)
        open_orders = [s.instrument.symbol for s in self._engine_host.runners() if s.unconfirmed]
        if open_orders:
            raise InvalidDataError(", ".join(open_orders), "the venue still has open orders")

    def _outcome(self) -> Simulated:
        standings, fills = [], 0
        for runner in self._engine_host.runners():
            grid, picture = runner.instrument, runner.snapshot()
            fills += picture.counters.fills
            standings += [
                SimulatedResult(
                    grid.symbol,
                    member.participant_id,
                    grid.money(member.realised),
                    grid.money(member.fees),
                    grid.money(member.funding),
                    grid.quantity(member.position),
                )
                for member in picture.members
            ]
        halts = tuple(
            f"{runner.instrument.symbol}: {runner.halt.reason}"
            for runner in self._engine_host.runners()
            if runner.halt is not None
        )
        return Simulated(fills, tuple(standings), halts)
