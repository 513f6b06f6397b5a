"""An order service that says on its streams what a test says, and those who follow them."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.clocks import WallClock
from market_maker.model.events import BookLost, Trade
from market_maker.model.orders import Side
from market_maker.ports.connections import UNCOUNTED
from market_maker.sandbox.listings import LISTINGS
from market_maker.venues.conversation import Conversation
from market_maker.venues.http import client_session
from market_maker.venues.order_service import client as order_service
from market_maker.venues.order_service.client import OrderServiceReader, courier_to
from market_maker.venues.order_service.stream import Stream
from market_maker.venues.order_service.stream_socket import StreamSocket
from market_maker.venues.order_service.wire import (
    Follow,
    Opened,
    StreamFrame,
    StreamRequest,
    WireMarket,
)

ONE, OTHER = (listing.instrument for listing in LISTINGS[:2])
PATIENCE_S = 60


def opened_of(instrument):
    return Opened(instrument.symbol, str(instrument.tick_size), str(instrument.lot_size), 0)


OPENINGS = {each.symbol: opened_of(each) for each in (ONE, OTHER)}


def trade(price):
    return WireMarket(Trade(0, 0, price, 1, Side.BUY))


class StreamedVenue:
    """asked: requests as they came, each with the number of its connection. openings: what a stream
    of a symbol begins with; of others it says nothing. sockets: all that ever were."""

    def __init__(self):
        self.asked, self.sockets, self.openings = [], [], dict(OPENINGS)
        self._changed = asyncio.Event()

    async def handle(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        number = len(self.sockets)
        self.sockets.append(socket)
        async for message in socket:
            wanted = msgspec.json.decode(message.data, type=list[StreamRequest])
            self.asked += [(number, each) for each in wanted]
            openings = [
                StreamFrame(each.stream, 1, (self.openings[each.symbol],))
                for each in wanted
                if isinstance(each, Follow) and each.symbol in self.openings
            ]
            if openings:
                await socket.send_bytes(msgspec.json.encode(openings))
            self.ring()
        self.ring()
        return socket

    def follows(self, instrument):
        """All that were asked for of a symbol."""
        return [
            each
            for _, each in self.asked
            if isinstance(each, Follow) and each.symbol == instrument.symbol
        ]

    def kinds(self, kind):
        return [each for _, each in self.asked if isinstance(each, kind)]

    async def say(self, *frames):
        """In one message, on the newest connection."""
        await self.sockets[-1].send_bytes(msgspec.json.encode(frames))

    def ring(self):
        """Something happened."""
        self._changed.set()

    async def until(self, happened):
        async with asyncio.timeout(PATIENCE_S):
            while not happened():
                await self._changed.wait()
                self._changed.clear()


class Heard:
    """A stream that runs, and what came on it."""

    def __init__(self, stream, venue):
        self.stream, self.messages, self._venue = stream, [], venue

    def __call__(self, message, _now):
        self.messages.append(message)
        self._venue.ring()

    @property
    def prices(self):
        events = [each.event for each in self.messages if isinstance(each, WireMarket)]
        return [each.price for each in events if isinstance(each, Trade)]

    @property
    def losses(self):
        events = [each.event for each in self.messages if isinstance(each, WireMarket)]
        return [each.reason for each in events if isinstance(each, BookLost)]

    @property
    def openings(self):
        return sum(isinstance(each, Opened) for each in self.messages)


class Followers:
    """Streams of one connection; each is followed until its `leave`."""

    def __init__(self, venue, socket, tasks):
        self.venue, self.socket, self._tasks, self._running = venue, socket, tasks, []

    def follow(self, instrument, *accounts):
        stream = Stream(self.socket, instrument)
        stream.accounts += accounts
        heard = Heard(stream, self.venue)
        heard.task = self._tasks.create_task(stream.run(heard))
        self._running.append(heard.task)
        return heard

    async def begun(self, instrument, *accounts):
        """Follow, until it has begun."""
        heard = self.follow(instrument, *accounts)
        await self.venue.until(lambda: heard.openings)
        return heard

    async def leave(self, heard):
        heard.task.cancel()
        await asyncio.wait([heard.task])

    def stop(self):
        for task in self._running:
            task.cancel()


@asynccontextmanager
async def served(handler, watch=UNCOUNTED):
    """A reader of what `handler` is on every path."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    streams = client_session(to=order_service.STREAM, watch=watch)
    async with TestServer(app) as server, streams as session:
        courier = courier_to(str(server.make_url("/")), watch=watch)
        conversation = Conversation("order service", WallClock())
        yield OrderServiceReader(courier, session, conversation)


@asynccontextmanager
async def followers(watch=UNCOUNTED, handler=None):
    """Of a venue that says what it is asked to. handler: in front of it."""
    venue = StreamedVenue()

    async def handled(request):
        return await (handler or StreamedVenue.handle)(venue, request)

    async with served(handled, watch) as reader, asyncio.TaskGroup() as tasks:
        socket = StreamSocket(reader, WallClock())
        running = tasks.create_task(socket.run())
        found = Followers(venue, socket, tasks)
        yield found
        found.stop()
        running.cancel()
