"""One suite, every venue: each test that asks for `desk` runs on each of them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from msgspec import structs

from market_maker.clocks import SimClock
from market_maker.emulators.exchange import Exchange
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.emulators.hyperliquid.venue import Hyperliquid
from market_maker.emulators.publisher import Publisher
from market_maker.emulators.server import NO_WIRE_FAULTS, ExchangeServer, OnTick, WireFaults
from market_maker.model.actions import Place
from market_maker.model.events import BookSnapshot, BookTop, Event, Filled
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Lots, Nanos, OrderId
from market_maker.sandbox.listings import listing
from market_maker.sandbox.market import SandboxMarket
from market_maker.serving.exchange_stream import ExchangeStream
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from market_maker.venues.conversation import Conversation
from market_maker.venues.exchange.parking import ParkingLot
from market_maker.venues.exchange.reader import ExchangeReader
from market_maker.venues.hyperliquid.accounts import Signer, TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.universe import load_universe
from market_maker.venues.hyperliquid.venue import HyperliquidVenue
from market_maker.venues.order_service.client import OrderServiceClient, courier_to
from market_maker.venues.order_service.stream import Stream
from market_maker.venues.order_service.stream_socket import StreamSocket
from market_maker.venues.order_service.venue import OrderServiceVenue
from market_maker.venues.order_service.wire import Opened
from market_maker.venues.sandbox import SandboxVenue
from tests.java_servers import JavaServer, Registry, kafka, registry
from tests.support.local_nonces import LocalNonces
from tests.unit.telemetry.lines import NO_LOG

__all__ = ["kafka", "registry"]

_epochs = itertools.count(1)
NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
LISTING = listing("BTCUSDT-PERP")
ACCOUNTS = ("account-ann", "account-bob")
PATIENCE = Nanos(2_400 * NANOS_PER_SECOND)  # two minutes of ours
"""Of the venue's time; what has not happened by then does not happen."""
ANSWERS_WITHIN_S = 60.0
"""No test here is of a venue that is slow, and a busy machine is."""
FAR = 10_000
"""Ticks from the best price, one per cent, where no trade happens within seconds: the sandbox's
takers sweep 12 basis points at once, and on a busy machine these clocks are fast."""


class FastClock:
    """The time of the event loop, in seconds that are a twentieth of its own: what the machine
    takes for itself is no time of the venue's."""

    SPEED = 20

    def __init__(self):
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    def now(self):
        passed = (self._loop.time() - self._start) * NANOS_PER_SECOND
        return Nanos(NOON + int(passed * self.SPEED))


class Desk:
    """A venue, what arrived from it, and the time that goes by. unit: lots of an order that is
    large enough for the venue."""

    def __init__(self, venue, clock, step, unit=1):
        self.venue, self.clock, self._step, self.unit = venue, clock, step, unit
        self.heard: list[Event] = []
        self.bid = 0
        self._next = 1

    async def until(self, happened: Callable[[], object]):
        """Let time pass until something has happened; returns what the question returned."""
        deadline = self.clock.now() + PATIENCE
        while not (answer := happened()):
            assert self.clock.now() < deadline, "it did not happen"
            await self.listen()
        return answer

    async def listen(self):
        await self._step()
        for event in self.venue.poll(self.clock.now()):
            self.heard.append(event)
            if isinstance(event, BookSnapshot | BookTop):
                self.bid = event.bids[0][0] if isinstance(event, BookSnapshot) else event.bid

    async def heard_of(self, order_id, kind):
        return await self.until(
            lambda: next((e for e in self.about(order_id) if isinstance(e, kind)), None)
        )

    def about(self, order_id):
        return [event for event in self.heard if getattr(event, "order_id", None) == order_id]

    def place(self, distance=FAR, account="account-ann", name="", size=10):
        order_id, self._next = OrderId(self._next), self._next + 1
        name = name or f"mm-{account}-{order_id}"
        terms = (Side.BUY, 2, self.bid - distance, size * self.unit, False)
        self.venue.place(self.clock.now(), Place(order_id, "ann", *terms, name, account))
        return order_id

    def cancel(self, *order_ids):
        self.venue.cancel(self.clock.now(), *order_ids)


async def filled_orders(desk, count):
    """Bid at the touch again and again until so many of ours are filled."""
    for _ in range(60):
        desk.heard = [e for e in desk.heard if isinstance(e, Filled)]
        desk.venue.request_snapshot(desk.clock.now())
        await desk.until(lambda: any(isinstance(e, BookSnapshot) for e in desk.heard))
        order_id = desk.place(distance=0, size=1)
        started = desk.clock.now()
        await desk.until(
            lambda id_=order_id, at=started: (
                desk.about(id_)[1:] or desk.clock.now() - at > 2_000_000_000
            )
        )
        if len([e for e in desk.heard if isinstance(e, Filled)]) >= count:
            return


def former_order(number, account):
    terms = (Side.BUY, 0, 900_000, 10, False)
    return Place(OrderId(900 + number), "ann", *terms, f"former-{number}", account)


@asynccontextmanager
async def in_process(earlier):
    market = SandboxMarket(LISTING.instrument, LISTING.fees, seed=1, start=NOON)
    clock = SimClock(NOON)

    async def step():
        clock.sleep(Nanos(20 * NANOS_PER_MS))

    for number, account in enumerate(earlier):
        # A former life is another connection with orders that this one knows nothing of.
        before = SandboxVenue(market, [account], clock.now())
        order = former_order(number, account)
        before.place(clock.now(), order)
        await step()
        before.poll(clock.now())
    yield Desk(SandboxVenue(market, ACCOUNTS, clock.now()), clock, step)


@asynccontextmanager
async def over_kafka(earlier, kafka: JavaServer, registry: Registry):
    """Orders over HTTP, news over a real broker."""
    clock = FastClock()
    exchange = Exchange([LISTING], 1, clock.now())
    brokers, schemas = Brokers(addresses=kafka.address), SchemaRegistry(registry.url, timeout_s=60)
    publisher = Publisher(exchange, brokers, schemas, clock, next(_epochs))
    await publisher.prepare()
    with TemporaryDirectory() as folder:
        parking = ParkingLot(Path(folder) / "parked")
        reader = ExchangeReader(brokers, schemas, parking, clock, NO_LOG)
        grid = LISTING.instrument
        opened = Opened(grid.symbol, str(grid.tick_size), str(grid.lot_size), 0)

        async def opening():
            return opened

        stream = ExchangeStream(reader, grid, clock, opening)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(publisher.run()), tasks.create_task(reader.run())]
            await reader.reading.wait()
            async with behind_wires(
                earlier, exchange=exchange, clock=clock, on_tick=publisher.publish, stream=stream
            ) as desk:
                yield desk
            assert not reader.parking.parked
            for task in running:
                task.cancel()


@asynccontextmanager
async def behind_wires(
    earlier,
    faults: WireFaults = NO_WIRE_FAULTS,
    kind: type[OrderServiceVenue] = OrderServiceVenue,
    *,
    exchange: Exchange | None = None,
    clock: FastClock | None = None,
    on_tick: OnTick | None = None,
    stream: ExchangeStream | None = None,
):
    clock = clock or FastClock()
    exchange = exchange or Exchange([LISTING], 1, clock.now())
    server = TestServer(ExchangeServer(exchange, clock, faults, 1, on_tick=on_tick).app)
    async with (
        server,
        aiohttp.ClientSession() as session,
        AsyncExitStack() as stack,
        asyncio.TaskGroup() as tasks,
    ):
        courier = courier_to(str(server.make_url("")), timeout_s=ANSWERS_WITHIN_S)
        await stack.enter_async_context(courier)
        client = OrderServiceClient(courier, session, Conversation("order service", clock))
        socket = StreamSocket(client, clock)
        connected = tasks.create_task(socket.run())
        for number, account in enumerate(earlier):
            news = Stream(socket, LISTING.instrument)
            before = OrderServiceVenue(client, LISTING.instrument, clock, [account], stream=news)
            running = tasks.create_task(before.run())
            await asyncio.sleep(0)
            order = former_order(number, account)
            before.place(clock.now(), order)
            while not await before.listed_orders(account):
                pass
            running.cancel()
        news = stream or Stream(socket, LISTING.instrument)
        venue = kind(client, LISTING.instrument, clock, ACCOUNTS, stream=news)
        running = tasks.create_task(venue.run())

        async def step():
            await asyncio.sleep(0.001)

        yield Desk(venue, clock, step)
        running.cancel()
        connected.cancel()


@asynccontextmanager
async def on_hyperliquid(earlier):
    clock = FastClock()
    emulated = Hyperliquid(universe(["BTC"], {}), clock.now())
    traders = {}
    for number, name in enumerate((*ACCOUNTS, "account-eve", "account-new")):
        key = SigningKey.from_text(f"{number + 1:064x}")
        emulated.fund(key.address, Decimal(100_000))
        traders[name] = TradingAccount(key.address, Signer(key, LocalNonces()))
    server = TestServer(HyperliquidServer(emulated, clock).app)
    async with server, aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        url, budget = str(server.make_url("")), WeightBudget(Random(1))
        rest = Rest(url, session, clock, budget, timeout_s=ANSWERS_WITHIN_S)
        market = (await load_universe(rest)).find("BTC")

        def connected(accounts):
            connection = HyperliquidConnection(
                rest, session, clock, TradingAccounts(traders), Random(1)
            )
            venue = HyperliquidVenue(connection, market, accounts, rest_s=0.02)
            return venue, [tasks.create_task(connection.run()), tasks.create_task(venue.run())]

        for number, account in enumerate(earlier):
            before, running = connected([account])
            await before.running.wait()
            order = former_order(number, account)
            before.place(clock.now(), structs.replace(order, size=Lots(10 * HYPERLIQUID_UNIT)))
            while not await before.listed_orders(account):
                pass
            for task in running:
                task.cancel()
        venue, running = connected(ACCOUNTS)

        async def step():
            await asyncio.sleep(0.001)

        yield Desk(venue, clock, step, HYPERLIQUID_UNIT)
        for task in running:
            task.cancel()


HYPERLIQUID_UNIT = 100
"""Lots: an order is worth ten dollars at least."""

VENUES = {"sandbox": in_process, "order service": behind_wires, "hyperliquid": on_hyperliquid}


@pytest.fixture(params=[*VENUES, pytest.param("kafka", marks=pytest.mark.slow)])
def connect(request):
    if request.param == "kafka":
        servers = [request.getfixturevalue(name) for name in ("kafka", "registry")]
        return lambda earlier: over_kafka(earlier, *servers)
    return VENUES[request.param]


@pytest.fixture
async def desk(connect) -> AsyncIterator[Desk]:
    async with connect([]) as made:
        await made.until(lambda: made.bid)
        yield made


@pytest.fixture
async def later_desk(connect) -> AsyncIterator[Desk]:
    """After a former life that left an order behind."""
    async with connect(["account-ann"]) as made:
        await made.until(lambda: made.bid)
        yield made
