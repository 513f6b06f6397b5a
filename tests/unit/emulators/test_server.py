"""The emulated exchange's streams: what is sent, and who is too slow for it."""

import asyncio
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
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.sandbox.listings import listing
from market_maker.venues.order_service import wire
from market_maker.venues.order_service.wire import (
    Follow,
    Listen,
    News,
    Opened,
    Snap,
    StreamFrame,
    StreamRefused,
    Unfollow,
    WireMarket,
    WireOrder,
)

pytestmark = pytest.mark.anyio
NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
TENTH = NANOS_PER_SECOND // 10
SYMBOL, OTHER = "BTCUSDT-PERP", "ETHUSDT-PERP"


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Listened:
    """An exchange whose time goes on by `ticks`, and one listener, which follows SYMBOL as its
    number 1. messages: as many as were read; frames: what was in them."""

    def __init__(self, url, server, clock, socket):
        self.url, self.server, self.clock, self.socket = url, server, clock, socket
        self.messages, self.frames = [], []

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

    async def ask(self, *requests):
        await self.socket.send_str(msgspec.json.encode(requests).decode())

    async def read(self):
        """The frames of the next message; None at the end."""
        message = await self.socket.receive()
        if message.type is not WSMsgType.BINARY:
            return None
        self.messages.append(message.data)
        frames = msgspec.json.decode(message.data, type=list[StreamFrame])
        self.frames += frames
        return frames

    async def answer(self, *requests):
        """The frames that come next."""
        await self.ask(*requests)
        return await self.read()

    def facts(self, number=1):
        """All that was read of a stream, but for its frames."""
        return [item for frame in self.frames if frame.stream == number for item in frame.messages]


@asynccontextmanager
async def listening(url, server, clock):
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        listener = Listened(url, server, clock, socket)
        await listener.answer(Follow(1, SYMBOL, ()))
        yield listener


@pytest.fixture
async def listened(monkeypatch):
    monkeypatch.setattr(exchange_server, "TICK_S", 3_600.0)
    clock = SimClock(NOON)
    exchange = Exchange([listing(SYMBOL), listing(OTHER)], 1, NOON)
    server = ExchangeServer(exchange, clock, NO_WIRE_FAULTS, 1)
    async with (
        TestServer(server.app) as served,
        listening(served.make_url("/v1/stream"), server, clock) as listener,
    ):
        listener.exchange = exchange
        yield listener


async def test_frames_are_numbered_and_say_what_moved_since_the_one_before(listened):
    for _ in range(20):
        listened.ticks(3)
        await listened.read()
    assert [frame.seq for frame in listened.frames] == list(range(1, len(listened.frames) + 1))
    assert len(listened.frames) > 20
    opened, *facts = listened.facts()
    assert isinstance(opened, Opened)
    assert all(isinstance(fact, WireMarket) for fact in facts)
    books = [fact.event for fact in facts if isinstance(fact.event, BookSnapshot | BookDelta)]
    assert isinstance(books[0], BookSnapshot)
    for before, after in pairwise(books[1:]):
        assert after.first_seq == before.last_seq + 1


async def test_what_comes_together_goes_out_in_one_message_each_symbol_under_its_own_number(
    listened,
):
    await listened.answer(Follow(7, OTHER, ()))
    listened.ticks(3)
    frames = await listened.read()
    assert {frame.stream for frame in frames} == {1, 7}
    assert len(frames) > 2
    for number in (1, 7):
        found = [frame.seq for frame in listened.frames if frame.stream == number]
        assert found == list(range(1, len(found) + 1))
    assert [type(item) for item in listened.facts(7)][:2] == [Opened, WireMarket]
    assert listened.facts(7)[0].symbol == OTHER


async def test_messages_are_cut_between_frames_where_they_grow_long(listened, monkeypatch):
    monkeypatch.setattr(wire, "MESSAGE_BYTES", 3_000)
    listened.ticks(60)
    while len(listened.frames) < 40:
        await listened.read()
    cut = listened.messages[1:]
    assert len(cut) > 1
    longest = max(len(msgspec.json.encode(frame)) for frame in listened.frames)
    assert all(len(message) <= max(3_000, longest) + 1_000 for message in cut)
    assert [frame.seq for frame in listened.frames] == list(range(1, len(listened.frames) + 1))


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [(Follow(2, "NONE", ()), "NONE"), (Follow(1, OTHER, ()), "2000 at most")],
)
async def test_what_cannot_be_followed_is_refused_with_a_reason_and_no_other_suffers(
    listened, wanted, reason
):
    ((stream, seq, (refused,)),) = map(msgspec.structs.astuple, await listened.answer(wanted))
    assert (stream, seq) == (wanted.stream, 1)
    assert isinstance(refused, StreamRefused)
    assert reason in refused.reason
    # What it asks of a stream that is none, before it knows, is no mistake.
    await listened.ask(Snap(99), Listen(99, ("ann",)), Unfollow(99))
    listened.ticks(1)
    assert {frame.stream for frame in await listened.read()} == {1}


async def test_a_connection_has_no_more_streams_than_are_allowed(listened, monkeypatch):
    monkeypatch.setattr(exchange_server, "STREAMS_MAX", 1)
    (frame,) = await listened.answer(Follow(2, OTHER, ()))
    assert isinstance(frame.messages[0], StreamRefused)
    (frame,) = await listened.answer(Unfollow(1), Follow(3, OTHER, ()))
    assert isinstance(frame.messages[0], Opened)


async def test_a_stream_that_is_left_ends_and_begins_anew_under_another_number(listened):
    await listened.answer(Follow(2, OTHER, ()))
    await listened.answer(Unfollow(1), Follow(3, SYMBOL, ()))
    listened.ticks(1)
    assert {frame.stream for frame in await listened.read()} == {2, 3}
    assert [type(item) for item in listened.facts(3)][:2] == [Opened, WireMarket]
    assert isinstance(listened.facts(3)[1].event, BookSnapshot)


async def test_a_snapshot_is_of_the_stream_that_asks(listened):
    await listened.answer(Follow(2, OTHER, ()))
    listened.ticks(3)
    await listened.read()
    # So that it has been asked when time goes on.
    await listened.answer(Snap(2), Follow(3, "NONE", ()))
    before = {number: len(listened.facts(number)) for number in (1, 2)}
    listened.ticks(1)
    await listened.read()
    events = {number: listened.facts(number)[before[number] :] for number in (1, 2)}
    found = {
        number: any(isinstance(each.event, BookSnapshot) for each in new)
        for number, new in events.items()
    }
    assert found == {1: False, 2: True}


async def test_news_are_of_the_accounts_that_a_stream_named(listened):
    async def sent(name, account):
        price = listened.exchange.market(SYMBOL).mark(listened.clock.now()).price - 1_000
        order = WireOrder(name, account, SYMBOL, Side.BUY, price, 1)
        listened.exchange.market(SYMBOL).submit(listened.clock.now(), order)
        listened.ticks(3)
        await listened.read()
        return [item.client_order_id for item in listened.facts() if isinstance(item, News)]

    listened.ticks(1)
    await listened.read()
    assert await sent("first", "ann") == []
    await listened.answer(Listen(1, ("ann",)), Follow(3, "NONE", ()))
    assert await sent("second", "ann") == ["second"]


@pytest.mark.parametrize("said", ["}{", "{}", "[" * 5_000, '[{"type": "Strange", "stream": 1}]'])
async def test_who_asks_for_what_is_no_request_is_hung_up_on(listened, said):
    await listened.socket.send_str(said)
    assert await listened.read() is None


async def test_a_listener_that_is_too_slow_is_cut_off_and_no_other_one(listened, monkeypatch):
    monkeypatch.setattr(exchange_server, "BACKLOG_MAX", 3)
    listened.ticks(20)
    while await listened.read() is not None:
        pass
    # What did not fit is lost, and nothing is left out before the end.
    assert [frame.seq for frame in listened.frames] == list(range(1, len(listened.frames) + 1))
    assert len(listened.frames) < 20
    async with listened.one_more() as second:
        listened.ticks(3)
        assert (await second.read())[0].seq == 2


class Resting(Exchange):
    """Its markets are named in `at_work` while something happens in them."""

    at_work = ()

    def due(self, now):  # noqa: ARG002  it knows by itself
        return [(symbol, self.markets[symbol]) for symbol in self.at_work]


def test_a_tick_leaves_out_markets_that_an_exchange_knows_to_rest():
    clock, seen = SimClock(NOON), []
    exchange = Resting((listing(SYMBOL), listing(OTHER)), 1, clock.now())
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
    exchange = Exchange((listing(SYMBOL), listing(OTHER)), 1, clock.now())
    assert [symbol for symbol, _ in exchange.due(clock.now())] == [SYMBOL, OTHER]


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
            await session.ws_connect(served.make_url("/v1/stream"))
    assert [record.getMessage() for record in caplog.records] == []
