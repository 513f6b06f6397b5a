"""The websocket stays connected, subscribed and watched."""

import asyncio
from contextlib import asynccontextmanager
from random import Random

import aiohttp
import pytest

from market_maker.model.errors import MakerError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.http import client_session
from market_maker.venues.hyperliquid import streams as module
from market_maker.venues.hyperliquid.addresses import socket_url
from market_maker.venues.hyperliquid.frames import ChannelSubscription, FillNews, Mids, Unread
from market_maker.venues.hyperliquid.market_wire import BookAnswer
from market_maker.venues.hyperliquid.streams import VENUE, Streams, topic_of
from tests.support.connections import Counted
from tests.unit.venues.hyperliquid.stub import Stub, serving, until

pytestmark = pytest.mark.anyio
NOON = 1_790_000_000 * NANOS_PER_SECOND
BOOK = ChannelSubscription("l2Book", coin="hyna:BTC", fast=True)
USER = "0xAbCd"
LEVELS = {"coin": "hyna:BTC", "time": 1, "levels": [[], []], "fast": True}
SECOND = Nanos(NANOS_PER_SECOND)


class HandClock:
    """Moves when a test moves it."""

    def __init__(self):
        self.at = NOON

    def now(self):
        return Nanos(self.at)

    def pass_by(self, seconds):
        self.at += seconds * NANOS_PER_SECOND


class Listener:
    def __init__(self):
        self.frames, self.changes, self.clock = [], [], HandClock()
        self.watch = Counted()

    def hear(self, frame, _):
        self.frames.append(frame)

    @property
    def opened(self):
        return self.changes.count(None)


def books(listener):
    return sum(isinstance(frame, BookAnswer) for frame in listener.frames)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Pauses are short; all limits are counted by the clock of the test."""
    monkeypatch.setattr(module, "BACKOFF_MIN_S", 0.002)
    monkeypatch.setattr(module, "BACKOFF_MAX_S", 0.004)
    monkeypatch.setattr(module, "CHECK_EVERY_S", 0.002)


@asynccontextmanager
async def connected(stub, *wanted, silent_for=None):
    listener = Listener()
    async with (
        serving(stub) as url,
        client_session(to=VENUE, watch=listener.watch) as session,
        asyncio.TaskGroup() as tasks,
    ):
        streams = Streams(
            socket_url(url),
            session,
            listener.clock,
            hear=listener.hear,
            changed=listener.changes.append,
            rng=Random(1),
            watch=listener.watch,
        )
        for subscription in wanted:
            streams.want(subscription, silent_for)
        running = tasks.create_task(streams.run())
        await until(lambda: listener.opened)
        yield streams, listener
        running.cancel()


async def test_everything_wanted_is_subscribed_to_and_confirmed():
    stub = Stub()
    async with connected(stub, BOOK) as (streams, listener):
        await until(lambda: streams.confirmed(BOOK))
        (asked,) = stub.subscribed("l2Book")
        assert asked["subscription"] == {"type": "l2Book", "coin": "hyna:BTC", "fast": True}
        await stub.push("l2Book", LEVELS)
        await until(lambda: streams.heard_of(BOOK))
        assert topic_of(listener.frames[-1]) == ("l2Book", "hyna:btc")


async def test_what_is_wanted_later_is_subscribed_to_at_once_and_twice_is_once():
    stub = Stub()
    async with connected(stub) as (streams, _):
        streams.want(BOOK)
        streams.want(BOOK)
        await until(lambda: streams.confirmed(BOOK))
        assert len(stub.subscribed("l2Book")) == 1


async def test_after_a_break_everything_is_subscribed_to_again_and_the_listener_knows():
    stub = Stub()
    async with connected(stub, BOOK) as (streams, listener):
        await until(lambda: streams.confirmed(BOOK))
        await stub.wires[0].close(code=1000)
        await until(lambda: listener.opened == 2)
        await until(lambda: streams.confirmed(BOOK))
        assert "closed (code 1000)" in listener.changes[1]
        assert streams.counts.connections == 2
        assert listener.watch.made_to == [VENUE] * 2
        assert listener.watch.lost == [(VENUE, "ended")]


async def test_a_subscription_without_its_confirmation_is_sent_again():
    stub = Stub()
    stub.deaf = True
    async with connected(stub, BOOK) as (streams, listener):
        await until(lambda: len(stub.subscribed("l2Book")) == 1)
        stub.deaf = False
        listener.clock.pass_by(6)
        await until(lambda: streams.confirmed(BOOK))
        assert len(stub.subscribed("l2Book")) == 2


async def test_a_silent_subscription_is_renewed_and_all_of_them_break_the_connection():
    stub = Stub()
    async with connected(stub, BOOK, silent_for=SECOND) as (streams, listener):
        await until(lambda: streams.confirmed(BOOK))
        for times, seconds in ((2, 1.5), (3, 2.5)):
            listener.clock.pass_by(seconds)
            await until(lambda times=times: len(stub.subscribed("l2Book")) == times)
            await until(lambda: streams.confirmed(BOOK))
        listener.clock.pass_by(4.5)
        await until(lambda: listener.opened == 2)
        assert "all subscriptions fell silent" in listener.changes
        assert listener.watch.lost == [(VENUE, "silent")]


async def test_one_quiet_book_among_others_does_not_break_the_connection():
    stub = Stub()
    quiet = ChannelSubscription("l2Book", coin="xyz:TSLA", fast=True)
    async with connected(stub, BOOK, quiet, silent_for=SECOND) as (_, listener):
        for number in range(40):
            listener.clock.pass_by(0.9)
            await stub.push("l2Book", {**LEVELS, "time": number})
            await until(lambda n=number: books(listener) > n)
        asked = [one["subscription"]["coin"] for one in stub.subscribed("l2Book")]
        assert listener.opened == 1
        # In 36 s after 1, 2, 4, 8 and 16: ever more rarely.
        assert 4 <= asked.count("xyz:TSLA") <= 7


async def test_a_subscription_that_the_venue_does_not_take_is_named_and_breaks_nothing():
    stub = Stub()
    stub.deaf = True
    async with connected(stub, BOOK) as (streams, listener):
        for _ in range(6):
            listener.clock.pass_by(6)
            await stub.push("allMids", {"mids": {}})
            await until(lambda: len(listener.frames) > 0)
        assert streams.unconfirmed == (BOOK,)
        assert listener.opened == 1


async def test_a_subscription_with_frames_is_left_alone():
    stub = Stub()
    async with connected(stub, BOOK, silent_for=SECOND) as (streams, listener):
        await until(lambda: streams.confirmed(BOOK))
        for number in range(3):
            listener.clock.pass_by(0.9)
            await stub.push("l2Book", {**LEVELS, "time": number})
            await until(lambda n=number: len(listener.frames) > n + 1)
        assert streams.counts.resubscriptions == 0


async def test_a_connection_is_pinged_and_given_up_when_nothing_comes_back():
    stub = Stub()
    async with connected(stub) as (_, listener):
        stub.deaf = True  # before the ping: its answer may come after any later moment
        listener.clock.pass_by(16)
        await until(lambda: {"method": "ping"} in stub.messages)
        listener.clock.pass_by(36)
        await until(lambda: "the websocket fell silent" in listener.changes)


async def test_a_server_that_is_away_is_tried_again():
    stub = Stub()
    async with connected(stub) as (streams, listener):
        streams._url = "ws://127.0.0.1:9/ws"
        await stub.wires[0].close()
        await until(lambda: len(listener.changes) > 5)
        assert "no websocket" in listener.changes[-1]
        assert not streams.connected


async def test_frames_of_a_user_are_matched_whatever_the_case_of_the_address():
    stub = Stub()
    fills = ChannelSubscription("userFills", user=USER)
    async with connected(stub, fills) as (streams, listener):
        await stub.push("userFills", {"user": USER.lower(), "fills": []})
        # The confirmation may come before or after it.
        await until(lambda: any(isinstance(frame, FillNews) for frame in listener.frames))
        assert streams.heard_of(fills)


async def test_complaints_and_unreadable_frames_are_counted_and_break_nothing():
    stub = Stub()
    async with connected(stub) as (streams, listener):
        await stub.push("error", "Already subscribed: {}")
        await stub.push("webData9", {})
        await stub.push("allMids", {"mids": {"BTC": "1"}})
        await until(lambda: any(isinstance(frame, Mids) for frame in listener.frames))
        assert (streams.counts.complaints, streams.complaint) == (1, "Already subscribed: {}")
        assert any(isinstance(frame, Unread) for frame in listener.frames)
        assert dict(streams.reader.unread) == {"webData9": 1}


async def test_more_subscriptions_than_the_venue_allows_are_refused():
    listener = Listener()
    async with aiohttp.ClientSession() as session:
        streams = Streams(
            "ws://127.0.0.1:9/ws",
            session,
            listener.clock,
            hear=listener.hear,
            changed=listener.changes.append,
            rng=Random(1),
        )
        for number in range(1_000):
            streams.want(ChannelSubscription("bbo", coin=str(number)))
        with pytest.raises(MakerError, match="1000 subscriptions"):
            streams.want(ChannelSubscription("bbo", coin="one more"))


async def test_a_websocket_that_is_not_opened_in_time_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "HANDSHAKE_S", 0.05)
    stub, doors = Stub(), []
    listen = stub.listen

    async def hung_once(request):
        doors.append(request)
        return await (asyncio.Event().wait() if len(doors) == 1 else listen(request))

    stub.listen = hung_once
    async with connected(stub) as (_, listener):
        assert "no websocket: TimeoutError" in listener.changes
