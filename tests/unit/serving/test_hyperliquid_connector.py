"""Lines to Hyperliquid: opened with the settings' key, and reported when the venue is away."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from types import SimpleNamespace

import pytest
from aiohttp.test_utils import TestServer

from market_maker.clocks import WallClock
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.emulators.hyperliquid.venue import Hyperliquid, Reply
from market_maker.model.errors import DomainError, NotFoundError
from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving import hyperliquid_connector
from market_maker.serving.hyperliquid_connector import HyperliquidConnector, hyperliquid_opened
from market_maker.settings import settings_of
from market_maker.venues.hyperliquid.keys import SigningKey
from tests.unit.telemetry.lines import NO_LOG, Lines
from tests.unit.venues.hyperliquid.stub import until

pytestmark = pytest.mark.anyio
KEY = SigningKey.from_text("07" * 32)
CLOCK = WallClock()


@asynccontextmanager
async def connected(folder, kind=Hyperliquid, log=NO_LOG):
    venue = kind(universe(["BTC", "hyna:BTC"], {}), CLOCK.now())
    venue.fund(KEY.address, Decimal(100_000))
    async with TestServer(HyperliquidServer(venue, CLOCK).app) as server:
        environ = {
            "MM_HYPERLIQUID": "true",
            "HYPERLIQUID_NETWORK": str(server.make_url("")),
            "HYPERLIQUID_PRIVATE_KEY": "07" * 32,
            "HYPERLIQUID_DEXES": "main, HyENA",
        }
        async with hyperliquid_opened(settings_of(environ, folder), CLOCK, log) as opened:
            made = HyperliquidConnector(opened.session, CLOCK, None, lambda _: None, NO_LOG)
            made._gateway = lambda *_, **__: SimpleNamespace()
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(made.run())
                await until(lambda: opened.session.connection.streams.connected)
                yield opened, made
                running.cancel()


class Limited(Hyperliquid):
    """Answers every third question with 429."""

    asked = 0

    def ask(self, peer, body, now):
        self.asked += 1
        return super().ask(peer, body, now) if self.asked % 3 else Reply(429, b"null")


async def test_a_start_waits_for_a_venue_that_answers_429_and_says_so(tmp_path):
    lines = Lines()
    async with connected(tmp_path, Limited, lines) as (opened, _):
        assert opened.session.connection.rest.on_limited is None
    assert "hyperliquid answers 429: the start waits" in [event for _, event, _ in lines.written]


def opening(instrument, *accounts):
    named = tuple(SimpleNamespace(account_id=account) for account in accounts)
    start = SimpleNamespace(instrument=instrument, accounts=named)
    return SimpleNamespace(start=start, order_gate=None, now=CLOCK.now())


async def test_pools_have_lines_and_a_watchdog_knows_where(tmp_path):
    async with connected(tmp_path) as (opened, made):
        instrument = opened.instruments.find("hyna:BTC")
        assert opened.instruments.reference_price("hyna:BTC") > 0
        line = await made.connect(opening(instrument, KEY.address))
        await until(line.lists.listed.is_set)  # a start goes on without it after some seconds
        assert line.pulled == line.lists.pulled
        assert made.watched() == (WatchedAccount("hyna:BTC", KEY.address),)
        line.close()
        assert made.watched() == ()
        shadow = await made.connect_shadow(opening(instrument))
        assert (shadow.gateway, shadow.lists) == (None, None)
        shadow.close()


async def test_a_member_whose_account_is_no_address_has_no_line(tmp_path):
    async with connected(tmp_path) as (opened, made):
        with pytest.raises(NotFoundError, match="acme"):
            await made.connect(opening(opened.instruments.find("BTC"), "acme"))
        assert made.watched() == ()


async def test_it_is_deaf_once_the_stream_has_been_away_for_a_while(tmp_path, monkeypatch):
    async with connected(tmp_path) as (opened, made):
        line = await made.connect(opening(opened.instruments.find("BTC"), KEY.address))
        assert not made.is_deaf
        made._session = SimpleNamespace(
            connection=SimpleNamespace(
                streams=SimpleNamespace(connected=False), rest=SimpleNamespace(url="there")
            )
        )
        assert not made.is_deaf
        assert await made.problem() == "no stream from there"
        monkeypatch.setattr(hyperliquid_connector, "DEAF_AFTER", 0)
        assert made.is_deaf
        line.close()


async def test_a_venue_whose_stream_goes_on_but_that_answers_no_question_is_not_ready(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(hyperliquid_connector, "PING_INTERVAL_S", 0.01)
    async with connected(tmp_path) as (opened, made):
        rest = opened.session.connection.rest
        url, rest.url = rest.url, rest.url + "/elsewhere"
        await until(lambda: rest.conversation.problem)
        assert "/info: HTTP 404" in await made.problem()
        rest.url = url
        await until(lambda: not rest.conversation.problem)
        assert await made.problem() == ""


async def test_nothing_is_opened_where_pools_are_not_to_trade_there(tmp_path):
    async with hyperliquid_opened(settings_of({}, tmp_path), CLOCK, NO_LOG) as opened:
        assert opened is None


async def test_it_needs_a_key(tmp_path):
    settings = settings_of({"MM_HYPERLIQUID": "true"}, tmp_path)
    with pytest.raises(DomainError, match="HYPERLIQUID_PRIVATE_KEY"):
        async with hyperliquid_opened(settings, CLOCK, NO_LOG):
            pass
