"""A session from key to orders, at the emulated venue."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import ClassVar

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from msgspec import json

from market_maker.clocks import WallClock
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.emulators.hyperliquid.venue import Hyperliquid, VenueSettings
from market_maker.model.account import AccountMode, LeverageSetting
from market_maker.model.actions import Place
from market_maker.model.errors import InvalidFieldError, VenueRefusedError, VenueUnavailableError
from market_maker.model.events import Accepted, BookSnapshot
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.own_orders import cancel_own
from market_maker.venues.hyperliquid.session import SessionOptions, open_session
from tests.unit.venues.hyperliquid.stub import others, until

pytestmark = pytest.mark.anyio
MASTER = SigningKey.from_text("01" * 32)
AGENT = SigningKey.from_text("02" * 32)
VAULT = "0x" + "ab" * 20
CLOCK = WallClock()


@pytest.fixture
def venue():
    listed = universe(["BTC", "hyna:BTC"], {})
    made = Hyperliquid(listed, CLOCK.now(), VenueSettings(schedule_volume=Decimal(0)))
    made.fund(MASTER.address, Decimal(100_000))
    made.appoint(AGENT.address, MASTER.address)
    made.open_vault(VAULT, MASTER.address, Decimal(50_000))
    return made


@asynccontextmanager
async def session(venue, folder, key=MASTER, clock=CLOCK, **options):
    server = TestServer(HyperliquidServer(venue, CLOCK).app)
    async with server, aiohttp.ClientSession() as http:
        url = str(server.make_url("")).rstrip("/")
        wanted = SessionOptions(state=folder, url=url, **options)
        yield await open_session(key, wanted, http, clock, Random(1))


@asynccontextmanager
async def quoting(opened, coin):
    """Its venue, running, with a book."""
    market = opened.venue(coin)
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(opened.connection.run()),
            tasks.create_task(market.run()),
        ]
        yield market
        for task in running:
            task.cancel()


async def heard(market, kind):
    found = []

    def look():
        found.extend(e for e in market.poll(CLOCK.now()) if isinstance(e, kind))
        return found

    return (await until(look))[-1]


async def resting(opened, market, number=1):
    """An order of ours on the book."""
    book = await heard(market, BookSnapshot)
    price = market.instrument.price_grid.down(int(book.bids[0][0] * 0.95))
    order = Place(number, "ann", Side.BUY, 0, price, 100, False, f"mm-{number}", opened.account_id)
    market.place(CLOCK.now(), order)
    await heard(market, Accepted)


async def test_an_agent_trades_for_its_master_and_both_are_named(venue, tmp_path):
    async with session(venue, tmp_path, AGENT) as opened:
        told = opened.identity
        assert (told.signer, told.account) == (AGENT.address, MASTER.address)
        assert told.mode is AccountMode.STANDARD
        async with quoting(opened, "BTC") as market:
            await resting(opened, market)
        funds = await opened.account.funds("BTC")
        assert (funds.collateral, funds.equity) == ("USDC", 100_000)


async def test_a_vault_is_traded_in_its_own_name(venue, tmp_path):
    async with session(venue, tmp_path, account=VAULT) as opened:
        assert opened.trader.vault == VAULT
        async with quoting(opened, "BTC") as market:
            await resting(opened, market)
            assert len(await market.listed_orders(VAULT)) == 1


async def test_our_orders_are_found_and_taken_off_by_another_session(venue, tmp_path):
    async with session(venue, tmp_path) as first:
        async with quoting(first, "BTC") as market:
            await resting(first, market)
        done = await cancel_own(first.connection, first.universe, first.trader, pause_s=0.05)
        assert (len(done.cancelled), done.left) == (1, ())


class Moved:
    """A clock that can be set. by: how far it is ahead of the venue's."""

    by = 0

    def now(self):
        return Nanos(CLOCK.now() + self.by)


@pytest.mark.parametrize("hours", [25, 1])
async def test_after_our_clock_leapt_orders_go_out_and_come_off_by_the_venues_clock(
    venue, tmp_path, hours
):
    clock = Moved()
    async with session(venue, tmp_path, clock=clock) as made, quoting(made, "BTC") as market:
        await resting(made, market)
        clock.by = hours * NANOS_PER_HOUR
        made.connection.leapt(Nanos(clock.by))
        assert (await made.account.schedule_cancel(None)).problem == ""
        done = await cancel_own(made.connection, made.universe, made.trader, pause_s=0.05)
        assert (len(done.cancelled), done.left) == (1, ())


@pytest.mark.parametrize("hours", [-1, 1])
async def test_after_a_machine_slept_or_its_clock_was_set_the_two_clocks_are_compared_again(
    venue, tmp_path, hours
):
    """No leap was noticed: the times of its books say so."""
    clock = Moved()
    async with session(venue, tmp_path, clock=clock) as made, quoting(made, "BTC") as market:
        await heard(market, BookSnapshot)
        clock.by = hours * NANOS_PER_HOUR
        ahead_ms = clock.by // 10**6
        await until(lambda: abs(made.connection.clock_ahead_ms - ahead_ms) < 2_000)


class Witness(Hyperliquid):
    """Keeps the nonces and signatures of what was sent."""

    sent: ClassVar[list[int]] = []

    def act(self, peer, body, now):
        self.sent.append(json.decode(body)["nonce"])
        return super().act(peer, body, now)


async def test_two_makers_of_a_process_share_nonces_weight_and_actions(tmp_path):
    listed = universe(["BTC", "ETH"], {})
    venue = Witness(listed, CLOCK.now(), VenueSettings(schedule_volume=Decimal(0)))
    venue.fund(MASTER.address, Decimal(100_000))
    Witness.sent.clear()
    async with session(venue, tmp_path) as opened:
        quota = opened.connection.quota(opened.trader)
        before = quota.left
        async with quoting(opened, "BTC") as first, asyncio.TaskGroup() as tasks:
            second = opened.venue("ETH")
            running = tasks.create_task(second.run())
            await second.running.wait()
            for number in range(1, 6):
                await asyncio.gather(
                    resting(opened, first, number), resting(opened, second, 100 + number)
                )
            running.cancel()
        assert before - quota.left == 10
        nonces = Witness.sent
        assert len(nonces) == 10
        assert len(set(nonces)) == len(nonces), "the venue takes no nonce twice"
        ours = opened.connection.rest.budget.use(CLOCK.now())
        # The venue counts by address: nothing that either maker sent is missing in our count.
        assert 10 < venue.weights.highest <= ours.used
        assert ours.refused == 0


async def test_a_dex_is_read_by_its_full_name(venue, tmp_path):
    async with session(venue, tmp_path, dexes=("HyENA",)) as opened:
        market = opened.universe.find("BTC", "hyena")
        assert (market.coin, market.asset) == ("hyna:BTC", 140_000)
        async with quoting(opened, market.coin) as made:
            await resting(opened, made)


async def test_leverage_margin_and_the_dead_man_are_what_the_venue_takes(venue, tmp_path):
    async with session(venue, tmp_path) as opened:
        account = opened.account
        assert await account.set_leverage("BTC", 7, isolated=True)
        assert await account.leverage("BTC") == LeverageSetting(7, isolated=True)
        assert not await account.set_leverage("BTC", 7, isolated=True)
        with pytest.raises(VenueRefusedError, match="empty position"):
            await account.add_margin("BTC", Decimal(100))
        at = Nanos(CLOCK.now() + 60 * NANOS_PER_SECOND)
        assert (await account.schedule_cancel(at)).at == at
        assert (await account.schedule_cancel(None)).at is None
        assert (await account.allowance()).left > 9_000
        assert (await account.fees("BTC")).taker > 0
        assert (await account.open_interest("BTC")).used >= 0
        assert await account.funding(Nanos(CLOCK.now() - 60 * NANOS_PER_SECOND)) == ()


async def test_the_dead_man_is_refused_in_the_venues_words(tmp_path):
    strict = Hyperliquid(universe(["BTC"], {}), CLOCK.now())
    strict.fund(MASTER.address, Decimal(100))
    async with session(strict, tmp_path) as opened:
        state = await opened.account.schedule_cancel(Nanos(CLOCK.now() + 60 * NANOS_PER_SECOND))
        assert state.at is None
        assert "Cannot set scheduled cancel time until enough volume traded" in state.problem


async def test_a_key_without_an_account_and_a_dex_that_is_not_there_are_refused(venue, tmp_path):
    with pytest.raises(VenueRefusedError, match="no account and no agent"):
        async with session(venue, tmp_path, SigningKey.from_text("09" * 32)):
            pass
    with pytest.raises(InvalidFieldError, match="main, xyz"):
        async with session(venue, tmp_path, dexes=("hyperdex",)):
            pass


async def test_a_server_that_is_away_is_named(tmp_path):
    options = SessionOptions(state=tmp_path, url="http://127.0.0.1:9")
    async with aiohttp.ClientSession() as http:
        with pytest.raises(VenueUnavailableError, match=r"http://127.0.0.1:9 does not answer"):
            await open_session(MASTER, options, http, CLOCK, Random(1))
    await others()
