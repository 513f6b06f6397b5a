"""The emulated venue for tests of the maker: on a port of its own, at wall time."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random

import aiohttp
from aiohttp.test_utils import TestServer

from market_maker.clocks import WallClock
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.markets import sandbox_markets
from market_maker.emulators.hyperliquid.opening import NO_LIMITS
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.emulators.hyperliquid.venue import Hyperliquid, VenueSettings
from market_maker.model.errors import MakerError
from market_maker.model.orders import OrderState
from market_maker.standalone.log_output import MakerLogs
from market_maker.standalone.session import run_session
from market_maker.standalone.settings import MakerSettings, Secret
from market_maker.standalone.stopping import MakerStop
from market_maker.venues.hyperliquid.actions import Limit, OrderType, OrderWire, PlaceOrders
from market_maker.venues.hyperliquid.exchange_wire import FilledAtOnce, Resting
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.session import SessionOptions, open_session
from tests.unit.venues.hyperliquid.stub import others, until

MASTER_TEXT, AGENT_TEXT, STRANGER_TEXT = "01" * 32, "02" * 32, "03" * 32
HAND_TEXT = "04" * 32
"""Another agent of the account: a person who trades by hand."""

HAND = SigningKey.from_text(HAND_TEXT)
MASTER, AGENT = SigningKey.from_text(MASTER_TEXT), SigningKey.from_text(AGENT_TEXT)
CLOCK = WallClock()


def emulated(
    coins=("BTC", "hyna:BTC"),
    money=100_000,
    clock=CLOCK,
    markets=None,
    caps=None,
    kind=Hyperliquid,
    **settings,
) -> Hyperliquid:
    """A venue with one funded account and its agent; no limits by default. kind: its class."""
    listed = universe(list(coins), caps or {})
    terms = {"limits": NO_LIMITS, "schedule_volume": Decimal(0), **settings}
    markets = markets or sandbox_markets(1)
    made = kind(listed, clock.now(), VenueSettings(**terms), markets)
    made.fund(MASTER.address, Decimal(money))
    made.appoint(AGENT.address, MASTER.address)
    made.appoint(HAND.address, MASTER.address, name="hand")
    return made


@asynccontextmanager
async def serving(venue, clock=CLOCK):
    """Its address, while it runs."""
    server = TestServer(HyperliquidServer(venue, clock).app)
    async with server:
        yield str(server.make_url("")).rstrip("/")


def settings_for(url, folder, key=MASTER_TEXT, **more) -> MakerSettings:
    """A maker that quotes as soon as it sees the market."""
    terms = {
        "network": url,
        "private_key": Secret(key),
        "state_dir": folder,
        "min_trades": 0,
        "warmup_decay_secs": 0,
        "metrics_port": 0,
        "start_within_secs": 0,
        **more,
    }
    return MakerSettings(**terms)


class Lines:
    """A log that is read."""

    def __init__(self, clock=CLOCK):
        self.logs = MakerLogs(clock)
        self.lines = []
        self.logs.also(self.lines.append, "debug")
        self.log = self.logs.logger()

    def having(self, text):
        return [line for line in self.lines if text in line]


class Session:
    """A session that runs: its parts when they are there, its log, its end or what it raised."""

    def __init__(self, clock=CLOCK):
        self.clock = clock
        self.lines, self.stop = Lines(clock), MakerStop()
        self.parts = self.end = self.error = self.task = None

    def show(self, parts):
        self.parts = parts

    def open_orders(self):
        if self.parts is None or not self.parts.host.runners():
            return ()
        orders = self.parts.runner.open_orders()
        return [order for order in orders if order.state is OrderState.LIVE]

    async def quoting(self, most=10):
        """Until so many orders rest, or it ended."""
        await until(lambda: self.error or self.end or len(self.open_orders()) >= most)
        assert self.error is None, self.error
        assert self.end is None, self.lines.lines[-20:]

    def broken_off(self):
        self.task.cancel()


@asynccontextmanager
async def session(settings, clock=CLOCK, **more):
    """Runs beside the test, and is stopped at its end."""
    made = Session(clock)

    async def run():
        try:
            made.end = await run_session(
                settings, clock, made.lines.log, made.stop, beside=made.show, **more
            )
        except MakerError as error:
            made.error = error

    async with asyncio.TaskGroup() as tasks:
        made.task = tasks.create_task(run())
        yield made
        made.stop.ask("end of the test")


async def others_order(url, folder, coin, *, crossing=False):
    """An order that this program did not send: far from the market, or one that trades at once.
    A function that says whether it rests."""
    async with aiohttp.ClientSession() as http:
        options = SessionOptions(state=folder / "other", url=url)
        opened = await open_session(HAND, options, http, CLOCK, Random(1))
        market = opened.universe.markets[coin]
        price, kind = ("150000", "Ioc") if crossing else ("50000", "Gtc")
        order = OrderWire(market.asset, True, price, "0.001", False, OrderType(Limit(kind)))
        while True:  # A market that has just opened has no asks yet.
            done = await opened.connection.act(opened.trader, PlaceOrders((order,), "na"))
            wanted = FilledAtOnce if crossing else Resting
            if any(isinstance(status, wanted) for status in done.answer.statuses):
                break
            assert crossing, done
            assert not done.answer.refused, done
            await others()

    async def rests():
        async with aiohttp.ClientSession() as http:
            again = await open_session(HAND, options, http, CLOCK, Random(1))
            question = ask("openOrders", user=MASTER.address)
            return len(await again.connection.rest.ask(question)) == 1

    return rests


async def actions_used(url, folder):
    """How many actions the account has sent, as the venue counts."""
    async with aiohttp.ClientSession() as http:
        options = SessionOptions(state=folder / "asking", url=url)
        opened = await open_session(HAND, options, http, CLOCK, Random(1))
        return (await opened.account.allowance()).used
