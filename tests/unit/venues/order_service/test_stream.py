"""A stream that is refused, hangs, says nothing or leads elsewhere is named and made anew."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.clocks import WallClock
from market_maker.model.errors import VenueUnavailableError
from market_maker.ports.connections import UNCOUNTED
from market_maker.sandbox.listings import LISTINGS
from market_maker.venues.conversation import Conversation
from market_maker.venues.http import client_session
from market_maker.venues.order_service import client as order_service
from market_maker.venues.order_service import stream
from market_maker.venues.order_service.client import OrderServiceReader, courier_to
from market_maker.venues.order_service.stream import Stream
from market_maker.venues.order_service.wire import Opened, StreamFrame
from tests.support.connections import Counted

pytestmark = pytest.mark.anyio
INSTRUMENT = LISTINGS[0].instrument
GRID = (str(INSTRUMENT.tick_size), str(INSTRUMENT.lot_size))
OPENING = msgspec.json.encode(StreamFrame(1, (Opened(INSTRUMENT.symbol, *GRID, 0),))).decode()
PATIENCE_S = 60


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(stream, "BEGINS_S", 0.05)
    monkeypatch.setattr(stream, "BACKOFF_MIN_S", 0.01)
    monkeypatch.setattr(order_service, "HANDSHAKE_S", 0.05)


@asynccontextmanager
async def served(handler, watch=UNCOUNTED):
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    streams = client_session(to=order_service.STREAM, watch=watch)
    async with TestServer(app) as server, streams as session:
        courier = courier_to(str(server.make_url("/")), watch=watch)
        conversation = Conversation("order service", WallClock())
        yield OrderServiceReader(courier, session, conversation)


async def opened(request, *, mute=False):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    if not mute:
        await socket.send_str(OPENING)
    async for _ in socket:
        pass
    return socket


async def hung(_request):
    await asyncio.Event().wait()


async def mute(request):
    return await opened(request, mute=True)


async def garbage(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str("}{")
    return socket


@pytest.mark.parametrize(
    ("trouble", "named", "why"),
    [
        (hung, "no answer in time", "ended"),
        (mute, "the stream does not begin", "silent"),
        (garbage, "what is no frame", "unreadable"),
    ],
)
async def test_a_stream_that_does_not_begin_is_given_up_and_made_anew(trouble, named, why):
    asked, heard, reasons, watch = [], asyncio.Event(), [], Counted()

    async def handler(request):
        asked.append(request)
        return await (trouble if len(asked) == 1 else opened)(request)

    async with served(handler, watch) as reader:
        news = Stream(reader, INSTRUMENT, WallClock(), reasons.append)
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(news.run(lambda *_: heard.set()))
            await heard.wait()
            assert reader.conversation.problem == ""
            running.cancel()
    assert named in reasons[0]
    assert watch.made_to == [order_service.STREAM] * 2
    assert watch.lost == [(order_service.STREAM, why)]


async def test_a_stream_is_never_led_to_another_address():
    """There its credential would be shown, and another's word be taken for the venue's."""
    elsewhere = []

    async def handler(request):
        if request.path == "/elsewhere":
            elsewhere.append(request)
            return await opened(request)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with served(handler) as reader:
        with pytest.raises(VenueUnavailableError):
            await reader.stream(INSTRUMENT.symbol, [])
    assert elsewhere == []
