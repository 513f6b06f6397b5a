"""A gateway with its log, a venue that stays quiet, and a database whose water can be cut off."""

import asyncio
from contextlib import asynccontextmanager

from msgspec import Struct

from market_maker.clocks import SimClock
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.model.actions import Place
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.orders import Side
from market_maker.model.records import Criteria
from market_maker.sandbox.listings import listing
from tests.contract.store.rows import participant
from tests.support.office import START, SYMBOL, database
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
        self.stuck: list[tuple[str, str]] = []
        self.log = IntentLog(store, clock, self._stuck, retry_s=0)
        self.order_gate = OpenGate()
        self.venue = QuietVenue(clock.now())
        self.gateway = OrderGateway(
            self.venue, listing(SYMBOL).instrument, self.log, self.order_gate, self.clock
        )
        self.heard = []

    def _stuck(self, symbol, problem):
        self.stuck.append((symbol, problem))

    def place(self, order_id=1, member="acme"):
        self.gateway.place(self.clock.now(), Place(order_id, member, Side.BUY, 0, 999_990, 10))

    def poll(self, after_ms=10):
        self.clock.sleep(after_ms * MS)
        self.heard += self.gateway.poll(self.clock.now())

    def about(self, order_id):
        return [type(e) for e in self.heard if getattr(e, "order_id", None) == order_id]

    async def settle(self):
        """Everything is written, and every answer heard."""
        assert await self.log.flushed(5)
        self.poll()
        assert await self.log.flushed(5)

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
        await made.log.load()
        running = tasks.create_task(made.log.run())
        yield made
        running.cancel()
