"""The whole service without a network: a database in memory, quiet venues, and a clock that runs as
fast as the machine does, so that nothing waits for wall time but for its turn on the loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from msgspec import structs
from sqlalchemy import make_url

from market_maker.application import application_of
from market_maker.clocks import SimClock
from market_maker.execution.actor import VenuePorts
from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.execution.recovery import pool_start
from market_maker.execution.shadow import ShadowGateway
from market_maker.execution.spare_time import SpareTime
from market_maker.journaling.journal import KEPT_TURNS, MemoryJournal
from market_maker.model.caller import Caller, Role
from market_maker.model.money import MoneyFlow
from market_maker.model.orders import Side
from market_maker.model.participant import ParticipantCommand
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND
from market_maker.operations.controls import Controls
from market_maker.serving.trading_parts import trading_parts
from market_maker.storage.database import Database, open_database
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore
from market_maker.venues.instruments import SandboxInstruments
from tests import builders
from tests.builders import enrolment
from tests.support.no_wallet import NoWallet
from tests.support.quiet_venue import QuietVenue, SilentVenue

START = 1_700_000_000 * NANOS_PER_SECOND
STEP = 10 * NANOS_PER_MS
PAST = 5 * NANOS_PER_SECOND
PATIENCE_S = 60.0
"""A start may take so long to be on record: threads and the machine decide that, and no test is
of how fast they are."""
SYMBOL = "BTCUSDT-PERP"
OTHER = "ETHUSDT-PERP"

ANN = Caller("ann", (Role.OPERATOR,), "t1")
BOB = Caller("bob", (Role.RISK,), "t2")


def config(symbol: str = SYMBOL, **fields) -> PoolConfig:
    known = {
        "strategy": "symmetric",
        "strategy_params": {"half_spread_bps": 5.0},
        "fair_price": "mid",
        "warmup_samples": 2,
        "min_spread_bps": 1,
        "order_size_usdt": 10_000,
    }
    return builders.pool(symbol, **known | fields)


def member(name: str, weight: object = 50, limit: object = 20_000, loss: object = 800) -> Member:
    return builders.member(name, weight, limit, loss)


class Watched:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.broken: list[tuple[str, str]] = []
        self.alarms: list[tuple[str, int, int]] = []
        self.turns: dict[str, int] = {}

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        assert min(turn_ns, waiting) >= 0
        self.turns[symbol] = self.turns.get(symbol, 0) + 1

    def lagged(self, lag_ns: int) -> None:
        assert lag_ns >= 0

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        assert failure.partition(":")[0] in trace
        self.broken.append((symbol, failure))

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        self.alarms.append((symbol, since_ns, orders))


class CountedStore:
    """The service's way to a database. busy: how much is under way in it."""

    def __init__(self, store) -> None:
        self._store, self.busy = store, 0

    async def commit(self, work):
        with self._counted():
            return await self._store.commit(work)

    @asynccontextmanager
    async def transaction(self):
        with self._counted():
            async with self._store.transaction() as unit:
                yield unit

    @asynccontextmanager
    async def reading(self):
        with self._counted():
            async with self._store.reading() as unit:
                yield unit

    @asynccontextmanager
    async def glimpse(self):
        with self._counted():
            async with self._store.glimpse() as unit:
                yield unit

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1

    def __getattr__(self, name):
        return getattr(self._store, name)


class Office:
    """past: how much of its market each engine is run through when it is made. kept_turns: of each
    journal. venue_kind: of each pool's venue."""

    past, kept_turns = PAST, KEPT_TURNS
    venue_kind: type[QuietVenue] = QuietVenue

    def __init__(
        self,
        store,
        clock: SimClock,
        *,
        shadow: bool = False,
        halt_review: bool = False,
        instruments: SandboxInstruments | None = None,
    ) -> None:
        # What a test does with the database itself does not stop the clock.
        self.store, self.clock = store, clock
        self._counted = store = CountedStore(store)
        self._enrolled = 0
        self.venues: dict[str, QuietVenue] = {}
        self.hung_up: list[str] = []
        self.database_is_slow = False
        self.watched = Watched()
        self.alarms = Alarms()
        self.intent_log = IntentLog(store, self.alarms)
        self.instruments = instruments or SandboxInstruments()
        parts = trading_parts(
            self.intent_log,
            clock,
            self._connect,
            self.watched,
            self.instruments,
            shadow=shadow,
        )
        self.trail, self.recorder = parts.trail, parts.recorder
        self.engine_host, self.pools = parts.engine_host, parts.pools
        self.application = application_of(
            store=store,
            trail=self.trail,
            clock=clock,
            pools=self.pools,
            controls=self.controls_of(halt_review=halt_review),
            wallet=NoWallet(),
            money_flow=MoneyFlow.OWN_ACCOUNTS,
        )

    def controls_of(self, *, halt_review: bool) -> Controls:
        """Of the engines of this process."""
        parts = (self._counted, self.trail, self.clock, self.pools, self.recorder)
        return Controls(
            *parts,
            host=self.engine_host,
            require_halt_review=halt_review,
            recorded_within_s=PATIENCE_S,
        )

    async def _connect(self, opening: ConnectRequest) -> Connection:
        instrument = opening.start.instrument
        symbol, begins = instrument.symbol, opening.now - self.past
        venue = self.venues[symbol] = self.venue_kind(begins)
        if self.engine_host.shadow:
            road = ShadowGateway(venue)
        else:
            road = OrderGateway(
                venue,
                venue.sent,
                instrument,
                self.intent_log,
                order_gate=opening.order_gate,
                clock=self.clock,
            )
        ports = VenuePorts(road, road, MemoryJournal(self.kept_turns))
        return Connection(ports, begins, lambda: self.hung_up.append(symbol))

    def connect_lists(self, symbol: str, lists) -> None:
        """Let the venue of a pool have lists of its own, for reconciliation."""
        made = self.engine_host._lines[symbol]
        self.engine_host._lines[symbol] = structs.replace(
            made, gateway=made.ports.orders, lists=lists
        )

    async def run(self) -> None:
        """Time goes on, ten milliseconds a round, and every task has a turn in between. It stands
        still while the database is at work, as if that were fast."""
        while True:
            waits = self.recorder.backlog or self.intent_log.waiting or self._counted.busy
            if not waits or self.database_is_slow:
                self.clock.advance_to(self.clock.now() + STEP)
            await self.engine_host.one_pass()
            await asyncio.sleep(0)

    async def passes(self, ms: int) -> None:
        """Until so much time has passed."""
        until = self.clock.now() + ms * NANOS_PER_MS
        while self.clock.now() < until:  # noqa: ASYNC110  the clock is not the loop's
            await asyncio.sleep(0)

    async def until(self, holds, within_s: int = 10) -> None:
        """Until something holds; so many simulated seconds at most."""
        deadline = self.clock.now() + within_s * NANOS_PER_SECOND
        while not holds():
            assert self.clock.now() < deadline, "it never came to hold"
            await asyncio.sleep(0)

    def readers_clock(self) -> SimClock:
        """A clock for what readers are served in, which stands still until it is moved."""
        clock = SimClock(self.clock.now())
        self.engine_host.spare = SpareTime(clock)
        return clock

    # what most tests begin with

    async def participant(self, name: str = "Acme") -> str:
        """ACTIVE."""
        self._enrolled += 1
        account = f"account-{name}-{self._enrolled}"
        terms = enrolment(name, account_id=account)
        enrolled = await self.application.participants.enroll(ANN, terms)
        activate = ParticipantCommand.ACTIVATE
        await self.application.participants.command(ANN, enrolled.participant_id, activate)
        return enrolled.participant_id

    async def pool(self, symbol: str = SYMBOL, weights=(50, 30), **fields) -> list[str]:
        """A pool with members; their ids."""
        await self.application.pools.put(ANN, config(symbol, **fields))
        ids = []
        for number, weight in enumerate(weights):
            ids.append(await self.participant(f"{symbol}-{number}"))
            await self.application.members.add(ANN, symbol, member(ids[-1], weight))
        return ids

    async def quoting(self, symbol: str = SYMBOL, weights=(50, 30), **fields) -> list[str]:
        """The same, ACTIVE and with orders on the venue."""
        ids = await self.pool(symbol, weights, **fields)
        await self.application.controls.enable(ANN, symbol)
        await self.until(lambda: len(self.venues[symbol].open) == 2 * len(weights))
        await self.passes(50)
        return ids

    async def holding(self, symbol: str = SYMBOL) -> list[str]:
        """The same, PAUSED with a position and nothing open."""
        ids = await self.quoting(symbol)
        venue = self.venues[symbol]
        bid = next(order for order in venue.open.values() if order.side is Side.BUY)
        venue.fill(bid.order_id)
        await self.passes(300)
        await self.application.controls.pause(ANN, symbol)
        await self.until(lambda: not self.engine_host.get(symbol).is_unproved)
        return ids

    async def begun_anew(self, symbol: str = SYMBOL) -> None:
        """A pool with a position has another engine, as after a move or the end of its worker,
        which has not seen its market yet."""
        self.venue_kind = SilentVenue
        self.engine_host.close(symbol)
        assert await self.recorder.flushed(PATIENCE_S)
        instrument = self.instruments.find(symbol)
        await self.engine_host.open(await pool_start(self.store, instrument, self.clock.now()))
        runner = self.engine_host.get(symbol)
        assert (runner.mid_x2, runner.lots[0] != 0) == (0, True)

    async def audit(self) -> list[tuple[str, str, str, str]]:
        """Who, what, about what, with which result; oldest first."""
        async with self.store.reading() as unit:
            rows = await unit.audit.after(0, 1_000)
        return [(row.subject, row.action, row.target, row.result) for row in rows]


_made: list[str] = []
"""What the migrations leave in an empty database, as one script."""


async def make_tables(database: Database) -> None:
    """Like upgrade_schema, which takes fifty times as long and is asked only once."""
    if not _made:
        await upgrade_schema(database)
    async with database.writer.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        if _made:
            await driver.call(lambda raw: raw.executescript(_made[0]))
        else:
            _made.append(await driver.call(lambda raw: "\n".join(raw.iterdump())))


@asynccontextmanager
async def database(kind: type[DatabaseStore] = DatabaseStore) -> AsyncIterator[DatabaseStore]:
    opened = open_database(make_url("sqlite+aiosqlite://"))
    await make_tables(opened)
    try:
        yield kind(opened)
    finally:
        await opened.close()


@asynccontextmanager
async def at_work(
    store, clock: SimClock | None = None, kind: type[Office] = Office, **options
) -> AsyncIterator[Office]:
    """An office whose tasks run."""
    office = kind(store, clock or SimClock(START), **options)
    async with asyncio.TaskGroup() as group:
        time = group.create_task(office.run())
        writers = [
            group.create_task(work) for work in (office.recorder.run(), office.intent_log.run())
        ]
        try:
            yield office
        finally:
            time.cancel()
            # A database in memory does not outlive a connection that is cut off.
            await office.recorder.flushed(PATIENCE_S)
            await office.intent_log.flushed(PATIENCE_S)
            for task in writers:
                task.cancel()


@asynccontextmanager
async def new_office(**options) -> AsyncIterator[Office]:
    """With an empty database."""
    async with database() as store, at_work(store, **options) as office:
        yield office
