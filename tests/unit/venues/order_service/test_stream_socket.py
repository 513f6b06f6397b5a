"""One connection carries all streams: what breaks it is said to each, and it is made anew once."""

import asyncio

import msgspec
import pytest
from aiohttp import web

from market_maker.model.errors import VenueUnavailableError
from market_maker.venues.order_service import client as order_service
from market_maker.venues.order_service import stream, stream_socket
from market_maker.venues.order_service.stream_socket import ENDED, NO_FRAME, opening_of
from market_maker.venues.order_service.wire import BODY_MAX, StreamFrame, StreamRefused
from tests.support.connections import Counted
from tests.support.streamed_venue import (
    ONE,
    OPENINGS,
    OTHER,
    followers,
    served,
    trade,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(stream_socket, "BACKOFF_MIN_S", 0.01)
    monkeypatch.setattr(stream, "BACKOFF_MIN_S", 0.01)


async def test_symbols_share_a_connection_and_each_has_its_own_numbers():
    watch = Counted()
    async with followers(watch) as at:
        one = await at.begun(ONE)
        await at.venue.say(StreamFrame(at.venue.follows(ONE)[0].stream, 2, (trade(1),)))
        other = await at.begun(OTHER)
        mine, its = (at.venue.follows(each)[0].stream for each in (ONE, OTHER))
        await at.venue.say(
            StreamFrame(mine, 3, (trade(2),)),
            StreamFrame(its, 2, (trade(9),)),
            StreamFrame(mine, 4, (trade(3),)),
        )
        await at.venue.until(lambda: one.prices == [1, 2, 3] and other.prices == [9])
        assert one.losses == other.losses == []
    assert watch.made_to == [order_service.STREAM]
    assert watch.lost == []


async def test_what_is_asked_for_together_goes_out_together():
    messages = []

    async def counting(venue, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            messages.append(msgspec.json.decode(message.data))
            venue.ring()
        return socket

    async with followers(handler=counting) as at:
        at.follow(ONE)
        at.follow(OTHER)
        await at.venue.until(lambda: messages)
        assert [each["symbol"] for each in messages[0]] == [ONE.symbol, OTHER.symbol]


async def test_a_break_is_said_to_each_once_and_one_connection_is_made_for_all():
    watch = Counted()
    async with followers(watch) as at:
        both = [await at.begun(ONE), await at.begun(OTHER)]
        await at.venue.sockets[0].close()
        await at.venue.until(lambda: all(each.openings == 2 for each in both))
        assert [each.losses for each in both] == [[ENDED], [ENDED]]
        assert [number for number, _ in at.venue.asked] == [0, 0, 1, 1]
        assert at.socket.conversation.problem == ""
    assert watch.made_to == [order_service.STREAM] * 2
    assert watch.lost == [(order_service.STREAM, "ended")]


async def test_one_that_comes_while_there_is_no_connection_is_said_why(monkeypatch):
    monkeypatch.setattr(stream_socket, "BACKOFF_MIN_S", 3_600.0)

    async def shut(_venue, _request):
        return web.Response(status=503)

    async with followers(handler=shut) as at:
        at.socket._backoff = 3_600.0
        one = at.follow(ONE)
        await at.venue.until(lambda: one.losses)
        other = at.follow(OTHER)
        await at.venue.until(lambda: other.losses)
        assert one.losses == other.losses
        assert "WSServerHandshakeError" in at.socket.conversation.problem
        assert at.socket.conversation.problem.startswith("order service: streams:")


async def test_without_followers_there_is_no_connection_and_that_is_no_trouble():
    watch = Counted()
    async with followers(watch) as at:
        await asyncio.sleep(0)
        assert watch.made_to == []
        await at.leave(await at.begun(ONE))
        await at.venue.until(lambda: at.venue.sockets[0].closed)
        assert at.socket.conversation.problem == ""
        other = await at.begun(OTHER)
        assert other.losses == []
    assert watch.made_to == [order_service.STREAM] * 2
    assert watch.lost == []


async def test_one_that_comes_as_the_last_one_leaves_loses_nothing():
    watch = Counted()
    async with followers(watch) as at:
        await at.leave(await at.begun(ONE))
        other = await at.begun(OTHER)
        assert other.losses == []
    assert watch.lost == []


@pytest.mark.parametrize(
    "message",
    [{"type": "Strange"}, {"type": "WireMarket", "event": {"type": "Trade", "price": "dear"}}, 7],
)
async def test_a_frame_that_cannot_be_read_breaks_its_own_stream_alone(message):
    watch = Counted()
    async with followers(watch) as at:
        one, other = await at.begun(ONE), await at.begun(OTHER)
        bad = {"stream": at.venue.follows(ONE)[0].stream, "seq": 2, "messages": [message]}
        good = StreamFrame(at.venue.follows(OTHER)[0].stream, 2, (trade(5),))
        await at.venue.say(bad, good)
        await at.venue.until(lambda: one.openings == 2 and other.prices == [5])
        (lost,) = one.losses
        assert lost.startswith(f"{NO_FRAME}: ")
        assert "$.messages[0]" in lost
        assert other.losses == []
    assert len(watch.made_to) == 1
    assert watch.lost == [(order_service.SYMBOL_STREAM, "unreadable")]
    assert watch.problems == [f"stream of {ONE.symbol}: {lost}"]


@pytest.mark.parametrize("said", ["}{", "{}", "[7]", '[{"seq": 1, "messages": []}]'])
async def test_what_is_no_list_of_frames_ends_the_connection(said):
    watch = Counted()
    async with followers(watch) as at:
        both = [await at.begun(ONE), await at.begun(OTHER)]
        await at.venue.sockets[0].send_str(said)
        await at.venue.until(lambda: all(each.openings == 2 for each in both))
        ((reason,), (same,)) = (each.losses for each in both)
        assert reason == same
        assert reason.startswith(f"{NO_FRAME}: ")
    assert watch.lost == [(order_service.STREAM, "unreadable")]


async def test_lists_in_lists_end_the_connection_and_not_the_process():
    async with followers() as at:
        both = [await at.begun(ONE), await at.begun(OTHER)]
        nested = "[" * 5_000 + "]" * 5_000
        await at.venue.sockets[0].send_str(f'[{{"stream":1,"seq":2,"messages":{nested}}}]')
        await at.venue.until(lambda: all(each.openings == 2 for each in both))
        assert all("recursion" in each.losses[0] for each in both)


async def test_a_message_that_is_too_long_is_named():
    async with followers() as at:
        one = await at.begun(ONE)
        await at.venue.sockets[0].send_str("[" + " " * BODY_MAX + "]")
        await at.venue.until(lambda: one.openings == 2)
        assert str(BODY_MAX) in one.losses[0]


async def test_what_hundreds_ask_for_goes_out_in_messages_that_a_service_takes():
    """All begin in one turn, also after a break, each with its accounts."""
    lengths = []

    async def measuring(venue, request):
        socket = web.WebSocketResponse(max_msg_size=BODY_MAX)
        await socket.prepare(request)
        async for message in socket:
            lengths.append(len(message.data))
            venue.asked += msgspec.json.decode(message.data)
            venue.ring()
        return socket

    async with followers(handler=measuring) as at:
        accounts = [f"account-{number:04}-of-a-pool-with-a-long-name" for number in range(100)]
        for _ in range(300):
            at.follow(ONE, *accounts)
        await at.venue.until(lambda: len(at.venue.asked) == 300)
        assert sum(lengths) > BODY_MAX
        assert max(lengths) < BODY_MAX / 10


async def hung(_request):
    await asyncio.Event().wait()


async def mute(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for _ in socket:
        pass
    return socket


@pytest.mark.parametrize(
    ("trouble", "named", "why"),
    [(hung, "no answer in time", "ended"), (mute, "the stream does not begin", "silent")],
)
async def test_a_connection_that_does_not_begin_is_given_up_and_made_anew(
    trouble, named, why, monkeypatch
):
    monkeypatch.setattr(stream_socket, "BEGINS_S", 0.05)
    monkeypatch.setattr(order_service, "HANDSHAKE_S", 0.05)
    asked, watch = [], Counted()

    async def handler(venue, request):
        asked.append(request)
        return await (trouble(request) if len(asked) == 1 else venue.handle(request))

    async with followers(watch, handler) as at:
        # Only the first one has so little time.
        one = at.follow(ONE)
        await at.venue.until(lambda: one.losses)
        monkeypatch.undo()
        await at.venue.until(lambda: one.openings)
        assert at.socket.conversation.problem == ""
    assert named in one.losses[0]
    assert watch.lost[0] == (order_service.STREAM, why)


async def test_a_stream_is_never_led_to_another_address():
    """There its credential would be shown, and another's word be taken for the venue's."""
    elsewhere = []

    async def handler(request):
        if request.path == "/elsewhere":
            elsewhere.append(request)
            return await mute(request)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with served(handler) as reader:
        with pytest.raises(VenueUnavailableError):
            await reader.stream()
    assert elsewhere == []


def saying(text):
    """Whatever it is asked."""

    async def handler(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        await socket.send_str(text)
        return socket

    return handler


def frames(*messages):
    return msgspec.json.encode([StreamFrame(1, 1, messages)]).decode()


async def test_the_grid_alone_is_asked_for_over_a_connection_of_its_own():
    async with served(saying(frames(OPENINGS[ONE.symbol]))) as reader:
        assert await opening_of(reader, ONE) == OPENINGS[ONE.symbol]


@pytest.mark.parametrize(
    ("handler", "named"),
    [
        (saying(frames(StreamRefused("no such instrument"))), "refuses it: no such instrument"),
        (saying(frames(trade(1))), "does not say its grid"),
        (saying("}{"), NO_FRAME),
        (mute, "does not begin"),
        (hung, "no answer in time"),
    ],
)
async def test_a_grid_that_is_not_said_is_named(handler, named, monkeypatch):
    monkeypatch.setattr(stream_socket, "FIRST_FRAME_S", 0.05 if handler is mute else 60.0)
    monkeypatch.setattr(order_service, "HANDSHAKE_S", 0.05 if handler is hung else 60.0)
    async with served(handler) as reader:
        with pytest.raises(VenueUnavailableError, match=named):
            await opening_of(reader, ONE)
