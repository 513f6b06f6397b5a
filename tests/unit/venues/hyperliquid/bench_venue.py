"""A venue of one market at a server that says what the test wants it to say."""

import asyncio
from contextlib import asynccontextmanager
from random import Random

import aiohttp

from market_maker.model.actions import Place
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, OrderId
from market_maker.venues.hyperliquid.accounts import Signer, TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.cloids import cloid_of
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.universe import ListedMarket
from market_maker.venues.hyperliquid.venue import HyperliquidVenue
from tests.support.local_nonces import LocalNonces
from tests.unit.venues.hyperliquid.stub import Stub, others, serving

NOON = 1_790_000_000 * NANOS_PER_SECOND
KEY = SigningKey.from_text("01" * 32)
USER = KEY.address
BTC = ListedMarket("BTC", 3, 5, max_leverage=40)
STATE = {
    "assetPositions": [],
    "marginSummary": {"accountValue": "1000", "totalNtlPos": "0", "totalMarginUsed": "0"},
}


class HandClock:
    """Moves when a test moves it, and a little with every reading."""

    def __init__(self):
        self.at = NOON

    def now(self):
        self.at += 1_000
        return Nanos(self.at)

    def pass_by(self, seconds):
        self.at += int(seconds * NANOS_PER_SECOND)

    @property
    def ms(self):
        return self.at // NANOS_PER_MS


class Bench:
    """A venue, its server, and what arrived."""

    def __init__(self, venue, connection, stub, clock):
        self.venue, self.connection, self.stub, self.clock = venue, connection, stub, clock
        self.heard = []

    def place(self, number, *, side=Side.BUY, price=970_000, size=100, account="me"):
        terms = (side, 0, price, size, False)
        order = Place(OrderId(number), "ann", *terms, self.name(number), account)
        self.venue.place(self.clock.now(), order)

    def name(self, number):
        return f"mm-ann-BTC-0-BUY-{number}"

    def cloid(self, number):
        return cloid_of(self.name(number))

    def about(self, number):
        return [event for event in self.poll() if getattr(event, "order_id", None) == number]

    def poll(self):
        self.heard += self.venue.poll(self.clock.now())
        return self.heard

    def kinds(self, number):
        return [type(event).__name__ for event in self.about(number)]

    async def until(self, happened):
        async with asyncio.timeout(60):
            while not (answer := happened()):
                await others()
        return answer

    async def settled(self, rounds=20):
        """Let everything happen that is on its way."""
        for _ in range(rounds):
            await others()
            self.poll()

    def open_ids(self):
        try:
            return [int(order.order_id) for order in self.venue.open_orders(self.clock.now())]
        except VenueUnavailableError:
            return None

    def fill(self, tid, number=1, *, size="0.001", oid=None, side="B", **more):
        told = {
            "coin": "BTC",
            "px": "97000.0",
            "sz": size,
            "side": side,
            "time": self.clock.ms,
            "oid": oid or 100 + number,
            "tid": tid,
            "fee": "0.0145",
            "feeToken": "USDC",
            "crossed": False,
        }
        return {**told, **({} if oid else {"cloid": self.cloid(number)}), **more}

    def order(self, number, **more):
        return {
            "coin": "BTC",
            "side": "B",
            "limitPx": "97000.0",
            "sz": "0.001",
            "oid": 100 + number,
            "timestamp": self.clock.ms,
            "origSz": "0.001",
            "cloid": self.cloid(number),
            **more,
        }

    async def push_fills(self, *fills, snapshot=False):
        data = {"user": USER, "fills": list(fills), **({"isSnapshot": True} if snapshot else {})}
        await self.stub.push("userFills", data)

    async def push_update(self, number, status, **more):
        news = {"order": self.order(number, **more), "status": status}
        await self.stub.push("orderUpdates", [{**news, "statusTimestamp": self.clock.ms}])


def resting(body):
    """As the venue answers orders that rest: numbered by their place."""
    statuses = [
        {"resting": {"oid": 101 + place, "cloid": order.get("c")}}
        for place, order in enumerate(body["action"]["orders"])
    ]
    return {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}


def cancelled(body):
    statuses = ["success"] * len(body["action"]["cancels"])
    return {"status": "ok", "response": {"type": "cancel", "data": {"statuses": statuses}}}


def refused(text, kind="order"):
    def answer(body):
        items = body["action"].get("orders") or body["action"]["cancels"]
        statuses = [{"error": text}] * len(items)
        return {"status": "ok", "response": {"type": kind, "data": {"statuses": statuses}}}

    return answer


@asynccontextmanager
async def bench(owner=None, **answers):
    stub, clock = Stub(), HandClock()
    stub.answers = {
        "order": resting,
        "cancelByCloid": cancelled,
        "cancel": cancelled,
        "frontendOpenOrders": [],
        "userFillsByTime": [],
        "clearinghouseState": STATE,
        "orderStatus": {"status": "unknownOid"},
        "userRateLimit": {"cumVlm": "0", "nRequestsUsed": 10, "nRequestsCap": 10_000},
        "l2Book": {
            "coin": "BTC",
            "time": clock.ms,
            "levels": [[{"px": "97000", "sz": "1", "n": 1}], [{"px": "97001", "sz": "1", "n": 1}]],
        },
        **answers,
    }
    account = TradingAccount(USER, Signer(KEY, LocalNonces()))
    async with (
        serving(stub) as url,
        aiohttp.ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        rest = Rest(url, session, clock, WeightBudget(Random(1)), timeout_s=1.0)
        connection = HyperliquidConnection(
            rest, session, clock, TradingAccounts({"me": account}), Random(1)
        )
        venue = HyperliquidVenue(connection, BTC, ["me"], owner=owner, rest_s=0.005)
        running = [tasks.create_task(connection.run()), tasks.create_task(venue.run())]
        made = Bench(venue, connection, stub, clock)
        await made.until(lambda: stub.subscribed("userFills") and venue.listed.is_set())
        yield made
        for task in running:
            task.cancel()
