"""The venue on a port: what only the wire can show."""

import io
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.clocks import SimClock
from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.server import BODY_MAX, HyperliquidServer
from market_maker.emulators.hyperliquid.venue import VenueSettings
from tests.support.patient_loop import patient
from tests.unit.emulators.hyperliquid.box import Box


@asynccontextmanager
async def served(box):
    """A client's session and the address."""
    runner = web.AppRunner(HyperliquidServer(box.venue, SimClock(box.now)).app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(url) as session:
            yield session
    finally:
        await runner.cleanup()


def run(test, box=None):
    async def whole():
        async with served(box or Box(coins=("BTC",))) as session:
            await test(session)

    patient(whole())


def test_questions_are_answered_and_what_is_too_long_is_refused():
    async def test(session):
        async with session.post("/info", json={"type": "allMids"}) as answer:
            assert answer.status == 200
            assert "BTC" in await answer.json()
        async with session.post("/info", data=io.BytesIO(b"x" * (BODY_MAX + 1))) as answer:
            assert answer.status == 413
        async with session.get("/info") as answer:
            assert answer.status == 405

    run(test)


def test_a_socket_pings_subscribes_and_is_counted_out():
    async def test(session):
        async with session.ws_connect("/ws") as socket:
            await socket.send_json({"method": "ping"})
            assert (await socket.receive_json())["channel"] == "pong"
            others = [await session.ws_connect("/ws") for _ in range(9)]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect("/ws")
            assert refused.value.status == 429
            assert len(others) == 9
            for each in others:
                await each.close()

    run(test)


def test_a_dropped_answer_is_a_cut_connection():
    box = Box(VenueSettings(faults=VenueFaults(drop_answer=1.0)), coins=("BTC",))

    async def test(session):
        body = {
            "action": {"type": "noop"},
            "nonce": 1,
            "signature": {"r": "0x1", "s": "0x1", "v": 27},
        }
        with pytest.raises(aiohttp.ClientError):
            async with session.post("/exchange", json=body) as answer:
                await answer.read()

    run(test, box)


def test_an_upgrade_closes_every_socket():
    box = Box(coins=("BTC",))

    async def test(session):
        async with session.ws_connect("/ws") as socket:
            box.venue.upgrade(post_only_ms=1_000)
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE

    run(test, box)


def test_a_client_that_left_before_its_socket_was_open_is_no_error(caplog):
    box = Box(coins=("BTC",))
    venue = HyperliquidServer(box.venue, SimClock(box.now))

    @web.middleware
    async def leaving(request, handler):
        request.transport.abort()
        return await handler(request)

    venue.app.middlewares.insert(0, leaving)

    async def whole():
        async with TestServer(venue.app) as there, aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError):
                await session.ws_connect(there.make_url("/ws"))

    patient(whole())
    assert [record.getMessage() for record in caplog.records] == []
