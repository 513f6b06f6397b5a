"""The engine host: one task steps every engine of this process; a failing one affects no other.

When an engine is stepped:

    1. at once, when its line rings: something arrived from the venue (`Bell`, `_rest`);
    2. in each pass, every TICK, where the line does not ring and the engine says it is due;
    3. in every WHOLE_PASS-th pass, whatever rings: quote intervals and staleness run on time alone;
    4. outside the task, within the call, when an operator's command is carried out (`command`).

Between slices of work, at most SLICE long, the event loop has its turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Protocol, TypeAlias

import msgspec
from msgspec import Struct

from market_maker.engine.engine import Engine
from market_maker.execution.actor import VenuePorts
from market_maker.execution.alarms import MOVING, Alarm, Alarms
from market_maker.execution.bell import Bell
from market_maker.execution.leaders import Leaders
from market_maker.execution.order_gate import OrderGate
from market_maker.execution.order_gateway import OrderGateway
from market_maker.execution.pass_watch import PassWatch, Shortage
from market_maker.execution.pool_runner import PULLING, PoolRunner
from market_maker.execution.recovery import PoolStart
from market_maker.execution.spare_time import ALWAYS, AT_WORK, SpareTime
from market_maker.execution.stops import EVERYTHING, Stops
from market_maker.execution.supervisor import attempted
from market_maker.journaling.audit import AuditEntry
from market_maker.journaling.recorder import BACKLOG_MAX, Recorder
from market_maker.model.actions import RecordRefusal
from market_maker.model.events import ExposureTold
from market_maker.model.lifecycle import Command
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock, VenueLists

TICK = Nanos(2 * NANOS_PER_MS)
"""Interval between two passes of the engine loop."""

WHOLE_PASS = 5
"""Every so many passes go over all engines. The others leave out those whose lines ring: asking
three hundred engines five hundred times a second takes a tenth of a core."""

SLICE = Nanos(NANOS_PER_MS)
"""The longest stretch of stepping engines; then everything else in the process has its turn."""

PAST_STEP = Nanos(20 * NANOS_PER_MS)
"""How a market's past is run through."""

PROOF_POLL_S = 0.02

ALARM_AFTER = Nanos(5 * NANOS_PER_SECOND)
ALARM_INTERVAL = Nanos(60 * NANOS_PER_SECOND)
"""Alarm delay and repeat interval for unconfirmed cancels."""

STOPPING = (Command.PAUSE, Command.HALT, Command.UNWIND)


class ConnectRequest(Struct, frozen=True):
    """What a connection is made for. order_gate: checked last before an order goes out. ring: to
    be called when something has arrived, where that is known."""

    start: PoolStart
    order_gate: OrderGate
    now: Nanos
    ring: Callable[[], None] = lambda: None


class Connection(Struct, frozen=True):
    """A connection. begins: where its market data begin; what lies between then and now is run
    through at once, so that estimates need no warming up. close: called when the pool is gone
    for good. gateway, lists: what reconciliation compares; None where nothing is sent. rings:
    whatever arrives from the venue is rung for, so that it need not be asked all the time. pulled:
    called by a stop when it has handed over its cancels, to which the venue adds what it knows."""

    ports: VenuePorts
    begins: Nanos
    close: Callable[[], object] = lambda: None
    gateway: OrderGateway | None = None
    lists: VenueLists | None = None
    rings: bool = False
    pulled: Callable[[], object] = lambda: None

    @property
    def rings_for_all(self) -> bool:
        """Whether it also rings for what its gateway itself has to say."""
        return self.rings and self.gateway is not None


Connector: TypeAlias = Callable[[ConnectRequest], Awaitable[Connection]]


class Observer(Protocol):
    """What measures engines and reports their failures. Called from the host's task; must not
    wait."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        """A runner was stepped, for which `waiting` events had waited."""

    def lagged(self, lag_ns: int) -> None:
        """The event loop came so much later than it was asked to."""

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        """An engine crashed."""

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        """Orders were pulled so long ago, and it is not proved that they are gone; `orders` may be
        open, as far as we know. Repeated while it lasts."""


class EngineHost:
    """The pool runners of this process, by symbol. One task steps them; commands step theirs at
    once.

    lag_ns: how late the loop came the last time. passes: over all engines, since the start;
    last_turn: when an engine was last stepped. closing: the process ends, nothing starts. yielded:
    another worker trades these symbols. spare: what can wait is done in it. shortages: `Engines`.
    """

    def __init__(
        self,
        clock: Clock,
        recorder: Recorder,
        connect: Connector,
        observer: Observer,
        alarms: Alarms,
        *,
        shadow: bool,
    ) -> None:
        self._clock, self._recorder, self._connect = clock, recorder, connect
        self._alarms, self._observer = alarms, observer
        self._runners: dict[str, PoolRunner] = {}
        self._lines: dict[str, Connection] = {}
        # Symbols whose lines do not ring: asked in every pass. Replaced as a whole.
        self._asked: tuple[str, ...] = ()
        self._leaders = Leaders(self._runners)
        self._known_broken: set[str] = set()
        self._alarm_at: dict[str, Nanos] = {}
        self._quarantined = 0
        self._bell, self._pass_watch = Bell(), PassWatch(TICK)
        self.shortages: Mapping[str, Shortage] = {}
        self.stops, self.spare = Stops(), SpareTime(clock)
        self.shadow = shadow
        self.closing = self.yielded = False
        self.lag_ns = self.passes = 0
        self.last_turn = Nanos(0)

    # reading

    def get(self, symbol: str) -> PoolRunner | None:
        """The runner, None while NOT_RUNNING."""
        return self._runners.get(symbol)

    def runners(self) -> tuple[PoolRunner, ...]:
        """All of them, by symbol."""
        return tuple(self._runners[symbol] for symbol in sorted(self._runners))

    def connections(self) -> Mapping[str, Connection]:
        """Those of all runners, by symbol."""
        return self._lines

    # coming and going

    async def open(self, start: PoolStart) -> PoolRunner:
        """Make an engine, PAUSED, and run it through its market's past. In place of a broken one
        it takes over its line."""
        symbol = start.instrument.symbol
        before = self._runners.get(symbol)
        assert before is None or before.failure is not None, symbol
        next_order_id = start.next_order_id
        if before is not None:
            next_order_id = max(next_order_id, before.next_order_id)
        engine = Engine(start.instrument, start.config, next_order_id, own_in_feed=not self.shadow)
        if start.learnt is not None:
            engine.market.take_up(start.learnt)
        order_gate = before.order_gate if before else OrderGate()
        if before is None:
            ring = partial(self._bell.ring, symbol)
            line = await self._connect(ConnectRequest(start, order_gate, self._clock.now(), ring))
            self._lines[symbol] = line
            if not line.rings:
                self._asked += (symbol,)
        else:
            line = msgspec.structs.replace(self._lines[symbol], begins=self._clock.now())
        runner = PoolRunner(
            engine,
            line.ports,
            order_gate,
            self._recorder.put,
            shadow=self.shadow,
            moved=start.moved,
            halt=before.halt if before else start.halt,
            quoted=before is None and start.quoted,
            is_rung=line.rings_for_all,
        )
        stamp = max(start.restored.stamp, before.last_stamp if before else 0)
        runner.tell([msgspec.structs.replace(start.restored, stamp=Nanos(stamp))])
        await self._run_through_past(runner, line.begins)
        self._runners[symbol] = runner
        self._known_broken.discard(symbol)
        return runner

    async def reopen(self, start: PoolStart) -> PoolRunner:
        """Make a new engine and a new line in place of a runner of which nothing is open: its
        instrument is another one now."""
        symbol = start.instrument.symbol
        before = self._runners[symbol]
        restored = msgspec.structs.replace(
            start.restored, stamp=Nanos(max(start.restored.stamp, before.last_stamp))
        )
        next_order_id = max(start.next_order_id, before.next_order_id)
        self.close(symbol)
        halt, quoted = before.halt, before.quoted
        start = msgspec.structs.replace(start, next_order_id=next_order_id, restored=restored)
        return await self.open(msgspec.structs.replace(start, halt=halt, quoted=quoted))

    def close(self, symbol: str) -> None:
        """Remove a runner; the caller has checked that nothing of it is open."""
        if self._runners.pop(symbol, None) is not None:
            self._lines.pop(symbol).close()
            self._asked = tuple(other for other in self._asked if other != symbol)
        self._known_broken.discard(symbol)

    async def _run_through_past(self, runner: PoolRunner, begins: Nanos) -> None:
        now, pause_at = begins, self._clock.now() + SLICE
        while now < self._clock.now():
            runner.step(now)
            now = Nanos(now + PAST_STEP)
            if self._clock.now() >= pause_at:
                await asyncio.sleep(0)
                pause_at = self._clock.now() + SLICE

    # commands

    def command(self, symbol: str, command: Command, entry: AuditEntry) -> RecordRefusal | None:
        """Carry out a command now, for a symbol with a runner; returns the refusal, if any."""
        runner = self._runners[symbol]
        if command in STOPPING:
            self.stops.add(symbol)
        if command in PULLING:
            self.cancel_ahead([runner])
        return runner.command(self._clock.now(), command, entry)

    def cancel_ahead(self, runners: Iterable[PoolRunner]) -> None:
        """The cancels of all of these, before a command stops each: the last of them must not wait
        for the turns of the others."""
        now = self._clock.now()
        for runner in (stopped := list(runners)):
            runner.cancel_ahead(now)
        for pulled in dict.fromkeys(self._lines[each.instrument.symbol].pulled for each in stopped):
            attempted(pulled)

    def configure(self, config: PoolConfig) -> None:
        """A new configuration, with its members, for the engine's next cycle, if there is one."""
        runner = self._runners.get(config.symbol)
        if runner is not None:
            runner.configure(self._clock.now(), config)
            self._bell.ring(config.symbol)

    def tell(self, symbol: str, event: ExposureTold) -> None:
        """Hand an event to the next turn of an engine, if there is one."""
        runner = self._runners.get(symbol)
        if runner is not None:
            runner.tell([event])
            self._bell.ring(symbol)

    async def proved(self, runners: Iterable[PoolRunner], within_s: float) -> bool:
        """Whether the venue says that nothing of these is open, waiting for at most so long."""
        waiting = list(runners)
        deadline = self._clock.now() + int(within_s * NANOS_PER_SECOND)
        while True:
            waiting = [runner for runner in waiting if runner.unconfirmed]
            if not waiting or self._clock.now() >= deadline:
                return not waiting
            await asyncio.sleep(PROOF_POLL_S)

    def pause_all(self, reason: str) -> None:
        """Stop quoting everywhere, now; for the process itself (its end, a full disk)."""
        self.stops.add(EVERYTHING)
        self._stop(Alarm(runner.instrument.symbol, reason) for runner in self.runners())

    def yield_up(self) -> None:
        """Another worker has taken over: what it has at the venue is left alone."""
        self.yielded = True
        for runner in self.runners():
            runner.yield_up()

    # the task

    async def run(self) -> None:
        """Step every runner that has reason for it, until cancelled."""
        due = self._clock.now()
        try:
            while True:
                self.lag_ns = max(0, self._clock.now() - due)
                self._observer.lagged(self.lag_ns)
                began = self._clock.now()
                self.spare.rest(AT_WORK)
                if self.passes % WHOLE_PASS:
                    await self._pass(self._asked)
                else:
                    await self.one_pass()
                self.passes += 1
                due = Nanos(max(began + TICK, self._clock.now()))
                await self._rest(due)
        finally:
            self.spare.rest(ALWAYS)

    async def _rest(self, due: Nanos) -> None:
        """Until the next pass; an engine for which something arrives is stepped at once."""
        while True:
            self.spare.rest(due)
            rung = await self._bell.rung((due - self._clock.now()) / NANOS_PER_SECOND)
            self.spare.rest(AT_WORK)
            await self._step_some(rung, rung=True)
            if not rung or self._clock.now() >= due:
                return

    async def one_pass(self) -> None:
        """Step every runner that has reason for it, then pause what must be paused."""
        await self._pass(list(self._runners))

    async def _pass(self, symbols: Iterable[str]) -> None:
        self.shortages = self._pass_watch.passed(now := self._clock.now())
        self._leaders.find_followers(now)
        await self._step_some(symbols)
        alarms = self._alarms.drain()
        for alarm in alarms:
            self.stops.add(alarm.symbol)
        self._stop(alarms)
        self._watch_recorder()

    async def _step_some(self, symbols: Iterable[str], *, rung: bool = False) -> None:
        """rung: each has reason for a step, and need not be asked."""
        now = self._clock.now()
        pause_at = now + SLICE
        for symbol in symbols:
            runner = self._runners.get(symbol)
            if runner is not None and (rung or runner.is_due(now)):
                now = self._step(symbol, runner, now)
            if now >= pause_at:
                await asyncio.sleep(0)
                now = self._clock.now()
                pause_at = now + SLICE

    def _step(self, symbol: str, runner: PoolRunner, began: Nanos) -> Nanos:
        """Returns when it ended."""
        self.last_turn = began
        runner.step(began)
        ended = self._clock.now()
        runner.turn_ns = ended - began
        self._observer.turned(symbol, runner.turn_ns, runner.mailbox_depth)
        for follower in self._leaders.stepped(runner, began):
            self._bell.ring(follower)
        if runner.failure is not None and symbol not in self._known_broken:
            self._known_broken.add(symbol)
            self._observer.broke(symbol, runner.failure, runner.trace)
        self._alarm(symbol, runner, began)
        return ended

    def _alarm(self, symbol: str, runner: PoolRunner, now: Nanos) -> None:
        waited = runner.unproved_for(now)
        if waited < ALARM_AFTER:
            self._alarm_at.pop(symbol, None)
        elif now >= self._alarm_at.get(symbol, 0):
            self._alarm_at[symbol] = Nanos(now + ALARM_INTERVAL)
            self._observer.unproved(symbol, waited, len(runner.open_orders()))

    def _watch_recorder(self) -> None:
        """What cannot be recorded must not go on happening."""
        recorder = self._recorder
        if recorder.backlog > BACKLOG_MAX:
            self.pause_all(f"records cannot be stored: {recorder.away or 'too many'}")
        new = recorder.quarantined - self._quarantined
        if new:
            self._quarantined += new
            # An entry about all pools, or none, has no engine.
            self._stop(
                Alarm(each.note.instrument.symbol, f"a record cannot be stored: {each.problem}")
                for each in list(recorder.quarantine)[-new:]
                if each.note.instrument is not None
            )

    def _stop(self, alarms: Iterable[Alarm]) -> None:
        """What stands at least as still already stays as it is. The cancels of all go first."""
        meant = [(self._runners[each.symbol], each) for each in alarms if self._moves(each)]
        self.cancel_ahead(runner for runner, _ in meant)
        for runner, alarm in meant:
            if self._moves(alarm):
                runner.command(self._clock.now(), alarm.command, alarm.entry)

    def _moves(self, alarm: Alarm) -> bool:
        runner = self._runners.get(alarm.symbol)
        return runner is not None and alarm.command in MOVING[runner.state]
