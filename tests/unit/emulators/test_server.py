"""The emulated exchange's streams: what is sent, and who is too slow for it."""

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from itertools import pairwise

import aiohttp
import msgspec
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from market_maker.clocks import SimClock
from market_maker.emulators import server as exchange_server
from market_maker.emulators.exchange import Exchange
from market_maker.emulators.server import NO_WIRE_FAULTS, ExchangeServer
from market_maker.model.events import BookDelta, BookSnapshot
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.sandbox.listings import listing
from market_maker.venues.order_service.wire import Opened, StreamFrame, WireMarket

pytestmark = pytest.mark.anyio
NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
TENTH = NANOS_PER_SECOND // 10
SYMBOL = "BTCUSDT-PERP"


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Listened:
    """An exchange whose time goes on by `ticks`, and one listener. frames: as many as were
    read."""

    def __init__(self, url, server, clock, socket):
        self.url, self.server, self.clock, self.socket = url, server, clock, socket
        self.frames = deque()

    @asynccontextmanager
    async def one_more(self):
        """Another listener, which has read what the stream is."""
        async with listening(self.url, self.server, self.clock) as another:
            yield another

    def ticks(self, count):
        """None is awaited in between: the listener reads nothing meanwhile."""
        for _ in range(count):
            self.clock.advance_to(Nanos(self.clock.now() + TENTH))
            self.server.tick()

    async def read(self):
        """The next frame; None at the end."""
        message = await self.socket.receive()
        if message.type is not WSMsgType.BINARY:
            return None
        self.frames.append(msgspec.json.decode(message.data, type=StreamFrame))
        return self.frames[-1]


@asynccontextmanager
async def listening(url, server, clock):
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, params={"symbol": SYMBOL}) as socket,
    ):
        listener = Listened(url, server, clock, socket)
        await listener.read()
        yield listener


@pytest.fixture
async def listened(monkeypatch):
    monkeypatch.setattr(exchange_server, "TICK_S", 3_600.0)
    clock = SimClock(NOON)
    server = ExchangeServer(Exchange([listing(SYMBOL)], 1, NOON), clock, NO_WIRE_FAULTS, 1)
    async with (
        TestServer(server.app) as served,
        listening(served.make_url("/v1/stream"), server, clock) as listener,
    ):
        yield listener


async def test_frames_are_numbered_and_say_what_moved_since_the_one_before(listened):
    listened.ticks(60)
    for _ in range(20):
        await listened.read()
    assert [frame.seq for frame in listened.frames] == list(range(1, 22))
    opened, *facts = (item for frame in listened.frames for item in frame.messages)
    assert isinstance(opened, Opened)
    assert all(isinstance(fact, WireMarket) for fact in facts)
    books = [fact.event for fact in facts if isinstance(fact.event, BookSnapshot | BookDelta)]
    assert isinstance(books[0], BookSnapshot)
    for before, after in pairwise(books[1:]):
        assert after.first_seq == before.last_seq + 1


async def test_a_listener_that_is_too_slow_is_cut_off_and_no_other_one(listened, monkeypatch):
    monkeypatch.setattr(exchange_server, "STREAM_BACKLOG_MAX", 3)
    listened.ticks(20)
    while await listened.read() is not None:
        pass
    # What did not fit is lost, and nothing is left out before the end.
    assert [frame.seq for frame in listened.frames] == list(range(1, len(listened.frames) + 1))
    assert len(listened.frames) < 20
    async with listened.one_more() as second:
        listened.ticks(3)
        assert (await second.read()).seq == 2


class Resting(Exchange):
    """Its markets are named in `at_work` while something happens in them."""

    at_work = ()

    def due(self, now):  # noqa: ARG002  it knows by itself
        return [(symbol, self.markets[symbol]) for symbol in self.at_work]


def test_a_tick_leaves_out_markets_that_an_exchange_knows_to_rest():
    clock, seen = SimClock(NOON), []
    exchange = Resting((listing(SYMBOL), listing("ETHUSDT-PERP")), 1, clock.now())
    served = ExchangeServer(
        exchange, clock, NO_WIRE_FAULTS, 1, on_tick=lambda symbol, _: seen.append(symbol)
    )
    served.tick()
    assert seen == []
    exchange.at_work = (SYMBOL,)
    served.tick()
    assert seen == [SYMBOL]


def test_in_a_market_of_traders_something_may_happen_at_any_time():
    clock = SimClock(NOON)
    exchange = Exchange((listing(SYMBOL), listing("ETHUSDT-PERP")), 1, clock.now())
    assert [symbol for symbol, _ in exchange.due(clock.now())] == [SYMBOL, "ETHUSDT-PERP"]


@pytest.mark.parametrize("turns", [0, 5])
async def test_a_client_that_left_before_its_stream_was_open_is_no_error(caplog, turns):
    """turns: of the loop, after which its end is known to the connection as well."""

    @web.middleware
    async def leaving(request, handler):
        request.transport.abort()
        for _ in range(turns):
            await asyncio.sleep(0)
        return await handler(request)

    server = ExchangeServer(Exchange([listing(SYMBOL)], 1, NOON), SimClock(NOON), NO_WIRE_FAULTS, 1)
    server.app.middlewares.insert(0, leaving)
    async with TestServer(server.app) as served, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.ws_connect(served.make_url("/v1/stream"), params={"symbol": SYMBOL})
    assert [record.getMessage() for record in caplog.records] == []
