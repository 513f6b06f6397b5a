"""A gateway with its log, a venue that stays quiet, and a database whose water can be cut off."""

import asyncio
from contextlib import asynccontextmanager

from msgspec import Struct

from market_maker.clocks import SimClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.model.actions import Place
from market_maker.model.client_order_id import OrderNames
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.orders import Side
from market_maker.model.records import Criteria
from market_maker.sandbox.listings import listing
from tests.builders import participant
from tests.support.office import PATIENCE_S, START, SYMBOL, database
from tests.support.quiet_venue import QuietVenue

MS = 1_000_000


class OpenGate(Struct):
    """As service.order_gate.Gate, moved by the test."""

    epoch: int = 1
    is_open: bool = True
    config_version: int = 4


class Tap:
    """A store whose water can be cut off. lost: commits are done, and reported as failed."""

    def __init__(self, store):
        self._store = store
        self.shut = self.lost = False
        self.refused = asyncio.Event()
        self.slow = asyncio.Event()
        self.slow.set()

    async def commit(self, work):
        async with self.transaction() as unit:
            return await work(unit)

    @asynccontextmanager
    async def transaction(self):
        if self.shut:
            self.refused.set()
            raise StoreUnavailableError("cut off")
        await self.slow.wait()
        async with self._store.transaction() as unit:
            yield unit
        if self.lost:
            self.refused.set()
            raise StoreUnavailableError("lost the line after the commit")

    def reading(self):
        return self._store.reading()


class Scene:
    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        self.alarms = Alarms()
        self.log = IntentLog(store, self.alarms, retry_s=0)
        self.names = OrderNames(SYMBOL)
        self.order_gate = OpenGate()
        self.venue = QuietVenue(clock.now())
        self.gateway = OrderGateway(
            self.venue,
            self.venue.sent,
            listing(SYMBOL).instrument,
            self.log,
            order_gate=self.order_gate,
            clock=self.clock,
            arrived=self._ring,
        )
        self.heard, self.rung = [], 0

    def _ring(self):
        self.rung += 1

    @property
    def stuck(self) -> list[tuple[str, str]]:
        """Pools that are to be paused since the last call."""
        return [(alarm.symbol, alarm.reason) for alarm in self.alarms.drain()]

    def place(self, order_id=1, member="acme", account="account-acme"):
        now = self.clock.now()
        name = self.names.next(now, member, Side.BUY, 0)
        terms = (Side.BUY, 0, 999_990, 10, False)
        self.gateway.place(now, Place(order_id, member, *terms, name, account))

    def poll(self, after_ms=10):
        self.clock.sleep(after_ms * MS)
        self.heard += self.gateway.poll(self.clock.now())

    def about(self, order_id):
        return [type(e) for e in self.heard if getattr(e, "order_id", None) == order_id]

    async def settle(self):
        """Everything is written, and every answer received."""
        assert await self.log.flushed(PATIENCE_S)
        self.poll()
        assert await self.log.flushed(PATIENCE_S)

    async def turned_away(self):
        """The database has said no once more."""
        self.store.refused.clear()
        await self.store.refused.wait()
        await asyncio.sleep(0)

    async def rows(self):
        async with self.store.reading() as unit:
            return (await unit.orders.page(Criteria(), 100)).items

    async def row(self):
        (only,) = await self.rows()
        return only


@asynccontextmanager
async def at_work():
    """A scene whose log writes."""
    async with database() as store, asyncio.TaskGroup() as tasks:
        async with store.transaction() as unit:
            await unit.participants.add(participant())
        made = Scene(Tap(store), SimClock(START))
        running = tasks.create_task(made.log.run())
        yield made
        running.cancel()
