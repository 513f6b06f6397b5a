"""Shared state against a real Redis, in every way that it can be away."""

import asyncio
import signal
import uuid
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from market_maker.api.pace import Limiter, Pace, PacedCallers, Rate
from market_maker.clocks import WallClock
from market_maker.model.shown_url import shown_url
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports.connections import UNCOUNTED
from market_maker.shared_state.redis_state import ANSWER_WITHIN_S, QUIET, RedisState
from tests.servers import RedisServer, free_port, running_redis
from tests.support.connections import Counted

pytestmark = pytest.mark.anyio


class HandClock:
    """Goes on by hand."""

    def __init__(self):
        self.time = WallClock().now()

    def now(self):
        return self.time


PATIENCE_S = 60.0


@asynccontextmanager
async def state_of(url, clock=None, within_s=PATIENCE_S, watch=UNCOUNTED):
    state = RedisState(url, clock or WallClock(), answer_within_s=within_s, watch=watch)
    try:
        yield state
    finally:
        await state.close()


def somebody():
    return uuid.uuid4().hex


async def granted(state, name, burst):
    """How many requests go on until one does not; a bucket that is refilled each second takes
    more of a machine that is slow."""
    count = 0
    while (wait := await state.wait(name, 1, burst)) == 0:
        count += 1
    assert 0 < wait <= NANOS_PER_SECOND
    assert count >= burst
    return count


async def test_two_processes_fill_one_bucket(redis: RedisServer):
    name = somebody()
    async with state_of(redis.url) as one, state_of(redis.url) as other:
        assert await granted(one, name, 100) < 200
        # Of its own it would have had a hundred.
        waits = [await other.wait(name, 1, 100) for _ in range(100)]
        assert any(0 < wait <= NANOS_PER_SECOND for wait in waits)
        assert await one.wait(somebody(), 1, 4) == 0


async def test_a_bucket_that_was_refused_is_not_filled_further(redis: RedisServer):
    name = somebody()
    async with state_of(redis.url) as state:
        for _ in range(50):
            wait = await state.wait(name, 1, 1)
        assert wait <= NANOS_PER_SECOND


async def test_flushed_buckets_are_empty_ones_and_nothing_else_is_lost(redis: RedisServer):
    name = somebody()
    async with state_of(redis.url) as state:
        assert await granted(state, name, 1)
        async with Redis.from_url(redis.url) as client:
            await client.flushall()
            await client.script_flush()
        assert await state.wait(name, 1, 1) == 0
        assert (state.problem, state.away) == ("", 0)


async def test_a_picture_is_published_and_gone_when_its_owner_is(redis: RedisServer):
    async with state_of(redis.url) as state, Redis.from_url(redis.url) as client:
        listener = client.pubsub()
        await listener.subscribe("market_maker:live")
        await listener.get_message(timeout=60)
        await state.show({"BTCUSDT-PERP": b'{"state":"ACTIVE"}'})
        assert (await listener.get_message(timeout=60))["data"] == b'{"state":"ACTIVE"}'
        assert await client.get("market_maker:live:BTCUSDT-PERP") == b'{"state":"ACTIVE"}'
        assert 0 < await client.pttl("market_maker:live:BTCUSDT-PERP") <= 5_000
        await listener.aclose()


async def test_while_it_is_away_each_process_counts_by_itself_and_is_not_held_up():
    clock, rates = HandClock(), dict.fromkeys(Pace, Rate(1, 2))
    with running_redis() as server:
        async with state_of(server.url, clock) as state:
            callers = PacedCallers(Limiter(rates), state)
            ask = lambda pace=Pace.WRITE: callers.wait("token", pace, Nanos(0))  # noqa: E731
            while await ask() == 0:
                pass
            server.stop()
            assert [bool(await ask()) for _ in range(3)] == [False, False, True]
            assert state.away == 1, "asked once, then left alone"
            why = "no answer; each process counts requests by itself"
            assert state.problem == f"REDIS_URL {server.url}: {why}"
            server.start()
            assert await ask() > 0
            clock.time = Nanos(clock.time + QUIET)
            assert await ask() == 0
            assert state.problem == ""


async def test_one_connection_serves_one_request_after_another(redis: RedisServer):
    watch = Counted()
    async with state_of(redis.url, watch=watch) as state:
        for _ in range(20):
            await state.wait(somebody(), 1, 1)
            await state.show({"X": b"{}"})
            await state.ping()
    assert (watch.made_to, watch.lost) == (["redis"], [])


async def test_a_server_that_went_away_and_came_back_is_counted():
    clock, watch = HandClock(), Counted()
    with running_redis() as server:
        async with state_of(server.url, clock, watch=watch) as state:
            await state.ping()
            server.stop()
            await state.ping()
            server.start()
            await state.ping()
            assert state.problem == ""
    assert (watch.made_to, watch.lost) == (["redis"] * 2, [("redis", "ended")])
    assert watch.problems == ["no answer"]


async def test_a_frozen_server_holds_no_request_up():
    with running_redis() as server:
        watch = Counted()
        async with state_of(server.url, within_s=ANSWER_WITHIN_S, watch=watch) as state:
            server.process.send_signal(signal.SIGSTOP)
            async with asyncio.timeout(PATIENCE_S):
                assert await state.wait("token", 1, 1) is None
            assert state.away == 1
            assert watch.lost == [("redis", "silent")]
            server.process.send_signal(signal.SIGCONT)


async def test_a_stop_never_asks_it():
    url = f"redis://127.0.0.1:{free_port()}/0"
    async with state_of(url) as state:
        callers = PacedCallers(Limiter(), state)
        assert await callers.wait("token", Pace.STOP, Nanos(0)) == 0
        assert state.away == 0


async def test_a_wrong_password_is_said_as_such():
    with running_redis("--requirepass", "other") as server:
        async with state_of(server.url.replace("//", "//:secret@")) as state:
            await state.ping()
            assert "it refuses the user or the password" in state.problem
            assert "secret" not in state.problem


async def test_what_is_wrong_with_the_address_is_said_beside_it(redis: RedisServer):
    where = f"127.0.0.1:{redis.port}"
    problems = {}
    async with silent() as port:
        for url, within_s in (
            (f"redis://{where}/99", PATIENCE_S),
            (f"redis://maker:secret@{where}/0", PATIENCE_S),
            (f"redis://:secret@127.0.0.1:{port}/0", ANSWER_WITHIN_S),
            (f"redis://:secret@127.0.0.1:{free_port()}/0", PATIENCE_S),
        ):
            async with state_of(url, within_s=within_s) as state:
                await state.ping()
                named, why = state.problem.split(": ", 1)
                assert named == f"REDIS_URL {shown_url(url)}"
                problems[why.partition(";")[0]] = url
    assert list(problems) == [
        "it answers 'DB index is out of range'",
        "it refuses the user or the password",
        "no answer in time",
        "no answer",
    ]


@asynccontextmanager
async def silent():
    """A port at which connections are taken and nothing is said."""

    async def listen(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
