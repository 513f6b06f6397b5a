"""The floor: every engine of the process, stepped by one task, none able to hurt another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeAlias

import msgspec
from msgspec import Struct

from market_maker.engine.engine import Engine
from market_maker.model.actions import RecordRefusal, RecordState
from market_maker.model.caller import Caller
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.service.actor import Roads
from market_maker.service.audit import Entry
from market_maker.service.gate import Gate
from market_maker.service.recorder import BACKLOG_MAX, Recorder
from market_maker.service.recovery import TakeUp
from market_maker.service.station import Station
from market_maker.service.stops import EVERYTHING, Stops

TICK = Nanos(2 * NANOS_PER_MS)
"""Between two looks at whether a station has reason for a step."""

SLICE = Nanos(NANOS_PER_MS)
"""After so long of stepping engines everything else in the process has its turn."""

PAST_STEP = Nanos(20 * NANOS_PER_MS)
"""How a market's past is run through."""

PROOF_POLL_S = 0.02

ALARM_AFTER = Nanos(5 * NANOS_PER_SECOND)
ALARM_INTERVAL = Nanos(60 * NANOS_PER_SECOND)
"""When somebody is told of orders that are not proved gone, and how often again."""

STOPPING = (Command.PAUSE, Command.HALT, Command.UNWIND)

SERVICE = Caller("service", (), "")
"""Who acts when no person did."""


class Opening(Struct, frozen=True):
    """What a connection is made for. gate: to be looked at last before an order goes out."""

    start: TakeUp
    gate: Gate
    now: Nanos


class Line(Struct, frozen=True):
    """A connection. begins: where its market data begin; what lies between then and now is run
    through at once, so that estimates need no warming up. hang_up: called when the pool is gone
    for good."""

    roads: Roads
    begins: Nanos
    hang_up: Callable[[], object] = lambda: None


Connect: TypeAlias = Callable[[Opening], Awaitable[Line]]


class Observer(Protocol):
    """Who measures. Called from the floor's task; must not wait."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        """A station was stepped; `waiting` events were left in its mailbox."""

    def lagged(self, lag_ns: int) -> None:
        """The event loop came so much later than it was asked to."""

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        """An engine broke."""

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        """Orders were pulled so long ago, and it is not proved that they are gone; `orders` may be
        open, as far as we know. Told again while it lasts."""


class Floor:
    """Stations by symbol. One task steps them; commands step theirs at once.

    lag_ns: how late the loop came the last time. closing: the process ends, nothing starts.
    """

    def __init__(
        self,
        clock: Clock,
        recorder: Recorder,
        connect: Connect,
        observer: Observer,
        *,
        shadow: bool,
    ) -> None:
        self._clock, self._recorder, self._connect = clock, recorder, connect
        self._observer = observer
        self._stations: dict[str, Station] = {}
        self._lines: dict[str, Line] = {}
        self._known_broken: set[str] = set()
        self._alarm_at: dict[str, Nanos] = {}
        self._quarantined = 0
        self.stops = Stops()
        self.shadow = shadow
        self.closing = False
        self.lag_ns = 0

    # looking

    def get(self, symbol: str) -> Station | None:
        """The station, None while NOT_RUNNING."""
        return self._stations.get(symbol)

    def stations(self) -> tuple[Station, ...]:
        """All of them, by symbol."""
        return tuple(self._stations[symbol] for symbol in sorted(self._stations))

    # coming and going

    async def open(self, start: TakeUp) -> Station:
        """Make an engine, PAUSED, and run it through its market's past. In place of a broken one
        it takes over its line."""
        symbol = start.instrument.symbol
        before = self._stations.get(symbol)
        assert before is None or before.failure is not None, symbol
        next_order_id = start.next_order_id
        if before is not None:
            next_order_id = max(next_order_id, before.next_order_id)
        engine = Engine(start.instrument, start.config, next_order_id)
        gate = before.gate if before else Gate()
        if before is None:
            line = await self._connect(Opening(start, gate, self._clock.now()))
            self._lines[symbol] = line
        else:
            line = msgspec.structs.replace(self._lines[symbol], begins=self._clock.now())
        station = Station(
            engine,
            line.roads,
            gate,
            self._recorder.put,
            shadow=self.shadow,
            moved=start.moved,
            halt=before.halt if before else start.halt,
        )
        station.tell([start.restored])
        await self._run_through_past(station, line.begins)
        self._stations[symbol] = station
        self._known_broken.discard(symbol)
        return station

    def close(self, symbol: str) -> None:
        """Forget a station; whoever asks has seen that nothing of it is open."""
        if self._stations.pop(symbol, None) is not None:
            self._lines.pop(symbol).hang_up()
        self._known_broken.discard(symbol)

    async def _run_through_past(self, station: Station, begins: Nanos) -> None:
        now, pause_at = begins, self._clock.now() + SLICE
        while now < self._clock.now():
            station.step(now)
            now = Nanos(now + PAST_STEP)
            if self._clock.now() >= pause_at:
                await asyncio.sleep(0)
                pause_at = self._clock.now() + SLICE

    # commands

    def command(self, symbol: str, command: Command, entry: Entry) -> RecordRefusal | None:
        """Carry out a command now; gives the refusal, if it is refused. The symbol must have a
        station."""
        if command in STOPPING:
            self.stops.add(symbol)
        return self._stations[symbol].command(self._clock.now(), command, entry)

    def configure(self, config: PoolConfig) -> None:
        """A new configuration, with its members, for the engine's next cycle, if there is one."""
        station = self._stations.get(config.symbol)
        if station is not None:
            station.configure(self._clock.now(), config)

    async def proved(self, stations: Iterable[Station], within_s: float) -> bool:
        """Whether the venue says that nothing of these is open, waiting for at most so long."""
        waiting = list(stations)
        deadline = self._clock.now() + int(within_s * NANOS_PER_SECOND)
        while True:
            waiting = [station for station in waiting if station.unconfirmed]
            if not waiting or self._clock.now() >= deadline:
                return not waiting
            await asyncio.sleep(PROOF_POLL_S)

    def pause(self, symbol: str, reason: str) -> None:
        """Stop quoting one symbol, now; for the process itself."""
        self.stops.add(symbol)
        station = self._stations.get(symbol)
        if station is not None:
            self._pause(station, reason)

    def pause_all(self, reason: str) -> None:
        """Stop quoting everywhere, now; for the process itself (its end, a full disk)."""
        self.stops.add(EVERYTHING)
        for station in self.stations():
            self._pause(station, reason)

    # the task

    async def run(self) -> None:
        """Step every station that has reason for it, until cancelled."""
        due = self._clock.now()
        while True:
            self.lag_ns = max(0, self._clock.now() - due)
            self._observer.lagged(self.lag_ns)
            began = self._clock.now()
            await self._pass()
            self._watch_recorder()
            due = Nanos(max(began + TICK, self._clock.now()))
            await asyncio.sleep(max(0, due - self._clock.now()) / NANOS_PER_SECOND)

    async def _pass(self) -> None:
        pause_at = self._clock.now() + SLICE
        for symbol in list(self._stations):
            station = self._stations.get(symbol)
            now = self._clock.now()
            if station is not None and station.is_due(now):
                self._step(symbol, station)
                now = self._clock.now()
            if now >= pause_at:
                await asyncio.sleep(0)
                pause_at = self._clock.now() + SLICE

    def _step(self, symbol: str, station: Station) -> None:
        began = self._clock.now()
        station.step(began)
        station.turn_ns = self._clock.now() - began
        self._observer.turned(symbol, station.turn_ns, station.mailbox_depth)
        if station.failure is not None and symbol not in self._known_broken:
            self._known_broken.add(symbol)
            self._observer.broke(symbol, station.failure, station.trace)
        self._alarm(symbol, station, began)

    def _alarm(self, symbol: str, station: Station, now: Nanos) -> None:
        waited = station.unproved_for(now)
        if waited < ALARM_AFTER:
            self._alarm_at.pop(symbol, None)
        elif now >= self._alarm_at.get(symbol, 0):
            self._alarm_at[symbol] = Nanos(now + ALARM_INTERVAL)
            self._observer.unproved(symbol, waited, len(station.open_orders()))

    def _watch_recorder(self) -> None:
        """What cannot be recorded must not go on happening."""
        recorder = self._recorder
        if recorder.backlog > BACKLOG_MAX:
            self.pause_all(f"records cannot be stored: {recorder.away or 'too many'}")
        new = recorder.quarantined - self._quarantined
        if new:
            self._quarantined += new
            for quarantined in list(recorder.quarantine)[-new:]:
                station = self._stations.get(quarantined.note.of.symbol)
                if station is not None:
                    self._pause(station, f"a record cannot be stored: {quarantined.problem}")

    def _pause(self, station: Station, reason: str) -> None:
        if station.state is PoolState.ACTIVE:
            symbol = station.instrument.symbol
            entry = Entry(caller=SERVICE, action="pool.pause", target=symbol, reason=reason)
            station.command(self._clock.now(), Command.PAUSE, entry)


def restarted(start: TakeUp, now: Nanos) -> RecordState:
    """The move of a pool that is PAUSED because the process began anew."""
    return RecordState(now, PoolState.PAUSED, SERVICE.subject, start.restored.reason)
