"""What a watchdog cancels with follows from the settings."""

import asyncio
from contextlib import suppress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.clocks import SimClock, WallClock
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports.dead_man import VenueSweep, WatchedAccount
from market_maker.serving.dead_men import DeadMen, cancels_at, dead_men_of
from market_maker.settings import settings_of
from market_maker.venues.courier_connections import OPENED_AT_ONCE
from market_maker.venues.hyperliquid.sweeping import HyperliquidDeadMan
from market_maker.venues.order_service.dead_man import OrderServiceDeadMan
from tests.support.patient_loop import patient
from tests.unit.venues.hyperliquid.stub import until

KEY = {"WATCHDOG_HYPERLIQUID_KEY": "07" * 32, "HYPERLIQUID_NETWORK": "localhost"}
SERVICE = {"ORDER_SERVICE_URL": "http://127.0.0.1:9"}


def made(environ, tmp_path):
    async def make():
        async with dead_men_of(settings_of(environ, tmp_path), WallClock()) as dead_men:
            return dead_men and [type(each) for each in dead_men.all()]

    return patient(make())


@pytest.mark.parametrize(
    ("environ", "kind", "where"),
    [
        ({}, None, "nothing"),
        (SERVICE, [OrderServiceDeadMan], "the order service"),
        (KEY, [HyperliquidDeadMan], "Hyperliquid (http://localhost:3001)"),
    ],
)
def test_one_venue_is_cancelled_at(environ, kind, where, tmp_path):
    assert made(environ, tmp_path) == kind
    assert where in cancels_at(settings_of(environ))


class Swept:
    """A dead man of one venue."""

    def __init__(self, again_s, problem="", **seen):
        self.again_s, self.problem = again_s, problem
        self.seen, self.asked = VenueSweep(**{"open": 0, "unanswered": 0, **seen}), []

    async def sweep(self, accounts):
        self.asked.append(accounts)
        return self.seen


AT_FIRST, BEYOND = WatchedAccount("B", "acme"), WatchedAccount("BTC", "0x1", "hyperliquid")


def test_several_venues_are_swept_each_with_its_own_accounts(tmp_path):
    assert made({**KEY, **SERVICE}, tmp_path) == [OrderServiceDeadMan, HyperliquidDeadMan]
    first, beyond = Swept(1.0, open=2), Swept(6.0, "HTTP 502", open=1, unanswered=1)
    both = DeadMen({"": first, "hyperliquid": beyond})
    swept = patient(both.sweep([AT_FIRST, BEYOND]))
    assert (first.asked, beyond.asked) == ([[AT_FIRST]], [[BEYOND]])
    assert swept == VenueSweep(open=3, unanswered=1)
    assert (both.again_s, both.problem) == (6.0, "HTTP 502")


def test_an_account_at_a_venue_that_is_not_here_is_not_known_to_be_empty():
    first, beyond = Swept(1.0), Swept(6.0)
    for there, account, needs in (
        ({"": first}, AT_FIRST, "WATCHDOG_HYPERLIQUID_KEY"),
        ({"hyperliquid": beyond}, BEYOND, "ORDER_SERVICE_URL"),
    ):
        alone = DeadMen(there)
        swept = patient(alone.sweep([AT_FIRST, BEYOND]))
        assert swept == VenueSweep(open=0, unanswered=1)
        assert needs in alone.problem
        assert patient(alone.sweep([account])).is_empty
        assert alone.problem == ""
    # Neither was asked for the other's.
    assert (first.asked, beyond.asked) == ([[AT_FIRST]] * 2, [[BEYOND]] * 2)


@pytest.mark.anyio
async def test_how_long_an_order_service_has_not_answered_is_said(tmp_path):
    status, clock = [422], SimClock(0)

    async def answered(_request):
        return web.Response(status=status[0])

    app = web.Application()
    app.router.add_get("/v1/orders", answered)
    async with TestServer(app) as server:
        environ = {"ORDER_SERVICE_URL": str(server.make_url("/"))}
        async with dead_men_of(settings_of(environ, tmp_path), clock) as dead_men:
            (dead_man,) = dead_men.all()
            assert await dead_man.introduce() == ""
            clock.advance_to(Nanos(7 * NANOS_PER_SECOND))
            status[0] = 503
            assert "no good answer for 7.0 s" in await dead_man.introduce()


@pytest.mark.anyio
async def test_a_watchdog_that_ends_leaves_no_connection_to_hyperliquid_behind(tmp_path):
    open_there = set()

    async def served(reader, writer):
        open_there.add(writer)
        with suppress(ConnectionError):
            await reader.read()
        open_there.discard(writer)
        writer.close()

    # It says nothing: what is kept open for actions is made before the first answer.
    async with await asyncio.start_server(served, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        environ = {**KEY, "HYPERLIQUID_NETWORK": f"http://127.0.0.1:{port}"}
        async with (
            dead_men_of(settings_of(environ, tmp_path), WallClock()) as dead_men,
            asyncio.TaskGroup() as tasks,
        ):
            sweeping = tasks.create_task(dead_men.sweep([]))
            await until(lambda: len(open_there) >= OPENED_AT_ONCE)
            sweeping.cancel()
        await until(lambda: not open_there)
