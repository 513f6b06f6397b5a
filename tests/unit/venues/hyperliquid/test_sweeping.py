"""A dead maker's orders are cancelled by another key, and the venue's lists are the proof."""

from contextlib import asynccontextmanager
from random import Random

import aiohttp
import pytest

from market_maker.model.errors import VenueRefusedError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.ports.dead_man import VenueSweep, WatchedAccount
from market_maker.venues.hyperliquid import sweeping
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.cloids import cloid_of
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.sweeping import HyperliquidDeadMan
from tests.unit.venues.hyperliquid.bench_venue import NOON, HandClock, cancelled
from tests.unit.venues.hyperliquid.stub import Stub, serving

pytestmark = pytest.mark.anyio
AGENT = SigningKey.from_text("02" * 32)
MASTER, SUB = "0x" + "b" * 40, "0x" + "c" * 40
DEXES = [None, {"name": "hyna", "fullName": "HyENA", "deployer": MASTER}]
EMPTY = VenueSweep(open=0, unanswered=0)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(sweeping, "WAIT_MAX_S", 0)


class Book:
    """What rests, by account and coin, and a venue that cancels it."""

    def __init__(self, stub):
        self.rest, self.stub = {}, stub
        stub.answers = {
            "userRole": self.role,
            "extraAgents": [],
            "exchangeStatus": {"time": NOON // 1_000_000},
            "perpDexs": DEXES,
            "meta": self.meta,
            "allPerpMetas": [self.meta({}), self.meta({"dex": "hyna"})],
            "frontendOpenOrders": self.listed,
            "cancelByCloid": self.cancel,
        }

    def put(self, number, coin="BTC", user=MASTER, *, cloid=True):
        order = {
            "coin": coin,
            "side": "B",
            "limitPx": "97000.0",
            "sz": "0.001",
            "oid": number,
            "timestamp": NOON // 1_000_000,
            "origSz": "0.001",
            "cloid": cloid_of(f"mm-{number}") if cloid else None,
        }
        self.rest[number] = (user, order)

    def role(self, body):
        known = {
            AGENT.address: {"role": "agent", "data": {"user": MASTER}},
            SUB: {"role": "subAccount", "data": {"master": MASTER}},
        }
        return known.get(body["user"], {"role": "missing"})

    def meta(self, body):
        coins = ["hyna:BTC"] if body.get("dex") else ["ETH", "BTC"]
        universe = [{"name": coin, "szDecimals": 5, "maxLeverage": 10} for coin in coins]
        return {"universe": universe, "marginTables": [], "collateralToken": 0}

    def listed(self, body):
        dex = body.get("dex", "")
        return [
            order
            for user, order in self.rest.values()
            if user == body["user"] and order["coin"].startswith(f"{dex}:" if dex else ("B", "E"))
        ]

    def cancel(self, body):
        gone = {one["cloid"] for one in body["action"]["cancels"]}
        self.rest = {n: kept for n, kept in self.rest.items() if kept[1]["cloid"] not in gone}
        return cancelled(body)

    def cancels(self):
        return [body["action"] for body in self.stub.asked("cancelByCloid")]


@asynccontextmanager
async def sweeper(tmp_path):
    stub, clock = Stub(), HandClock()
    book = Book(stub)
    async with serving(stub) as url, aiohttp.ClientSession() as session:
        rest = Rest(url, session, clock, WeightBudget(Random(1)), timeout_s=1.0)
        yield HyperliquidDeadMan(rest, AGENT, clock, tmp_path), book, clock


def watched(*coins, user=MASTER):
    return [WatchedAccount(coin, user) for coin in coins]


async def test_ours_go_in_the_named_markets_and_the_next_list_is_the_proof(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, _):
        book.put(1)
        book.put(2, "hyna:BTC")
        book.put(3, cloid=False)
        book.put(4, "ETH")
        assert await dead_man.sweep(watched("BTC", "hyna:BTC")) == VenueSweep(open=2, unanswered=0)
        assert await dead_man.sweep(watched("BTC", "hyna:BTC")) == EMPTY
        assert set(book.rest) == {3, 4}
        assets = {one["asset"] for action in book.cancels() for one in action["cancels"]}
        assert assets == {1, 110_000}
        assert all(action["f"] for action in book.cancels())


async def test_without_any_name_everything_of_ours_goes_on_every_dex(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, _):
        for number, coin in enumerate(("BTC", "ETH", "hyna:BTC")):
            book.put(number, coin)
        assert await dead_man.sweep([]) == VenueSweep(open=3, unanswered=0)
        assert await dead_man.sweep([]) == EMPTY


async def test_a_sub_account_is_swept_in_its_own_name_and_a_strangers_is_not_known(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, _):
        book.put(1, user=SUB)
        assert await dead_man.sweep(watched("BTC", user=SUB)) == VenueSweep(open=1, unanswered=0)
        (sent,) = book.stub.asked("cancelByCloid")
        assert sent["vaultAddress"] == SUB
        stranger = "0x" + "d" * 40
        assert await dead_man.sweep(watched("BTC", user=stranger)) == VenueSweep(
            open=0, unanswered=1
        )
        assert "one of its sub-accounts" in dead_man.problem


async def test_a_list_that_does_not_come_proves_nothing(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, _):
        await dead_man.open()
        book.stub.answers["frontendOpenOrders"] = (502, "no")
        assert await dead_man.sweep(watched("BTC")) == VenueSweep(open=0, unanswered=1)
        assert "HTTP 502" in dead_man.problem


async def test_a_venue_that_is_away_at_the_start_is_asked_again(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, _):
        answers = book.stub.answers
        book.stub.answers = dict.fromkeys(answers, (502, "no"))
        assert (await dead_man.sweep([])).unanswered == 1
        book.stub.answers = answers
        book.put(1)
        assert (await dead_man.sweep([])).open == 1


async def test_a_market_that_was_listed_since_is_learnt(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, _):
        await dead_man.open()
        meta = book.meta({})
        meta["universe"] += [{"name": "BNEW", "szDecimals": 5, "maxLeverage": 10}]
        book.stub.answers["meta"] = meta
        book.stub.answers["allPerpMetas"][0] = meta
        book.put(1, "BNEW")
        await dead_man.sweep(watched("BNEW"))
        assert book.rest == {}


async def test_each_dex_is_asked_where_the_list_of_all_is_refused(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, _):
        book.stub.answers["allPerpMetas"] = (500, "")
        book.put(1, "hyna:BTC")
        await dead_man.sweep(watched("hyna:BTC"))
        assert book.rest == {}


async def test_a_key_without_an_account_is_refused_and_a_clock_that_is_wrong_is_not(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, clock):
        book.stub.answers["userRole"] = {"role": "missing"}
        with pytest.raises(VenueRefusedError, match="no account and no agent"):
            await dead_man.open()
        book.stub.answers["userRole"] = book.role
        clock.at += 3_600 * NANOS_PER_SECOND
        assert await dead_man.sweep(watched("BTC")) == EMPTY


async def test_an_empty_book_is_checked_within_the_weight_of_a_minute(tmp_path):
    async with sweeper(tmp_path) as (dead_man, _, clock):
        await dead_man.open()
        for _ in range(10):
            clock.pass_by(dead_man.again_s)
            for _ in range(2):
                assert await dead_man.sweep(watched("BTC", "hyna:BTC")) == EMPTY
        assert dead_man._rest.budget.use(clock.now()).used <= 1_000


async def test_a_clock_that_was_set_days_ahead_costs_no_cancel(tmp_path):
    """Numbers are judged by the venue's clock: from another day all are refused."""
    async with sweeper(tmp_path) as (dead_man, book, clock):
        venue_ms = clock.now() // 1_000_000

        def judged(body):
            if abs(body["nonce"] - venue_ms) > 3_600_000:
                return {"status": "err", "response": "Invalid nonce"}
            return book.cancel(body)

        book.stub.answers["cancelByCloid"] = judged
        await dead_man.sweep([])
        clock.pass_by(3 * 86_400)
        book.put(1)
        await dead_man.sweep(watched("BTC"))
        assert not book.rest


async def test_a_clock_that_was_set_back_does_not_end_the_watchdog(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, clock):
        book.put(1)
        await dead_man.sweep(watched("BTC"))
        clock.pass_by(-2 * 86_400)
        book.put(2)
        await dead_man.sweep(watched("BTC"))
        assert not book.rest


async def test_a_number_that_was_used_far_ahead_is_named_and_does_not_end_the_watchdog(tmp_path):
    async with sweeper(tmp_path) as (dead_man, book, clock):
        await dead_man.sweep([])
        ahead = clock.now() // 1_000_000 + 100 * 3_600_000
        (tmp_path / f"nonce-{AGENT.address}").write_text(f"{ahead:020d}")
        book.put(1)
        assert await dead_man.sweep(watched("BTC")) == VenueSweep(open=1, unanswered=0)
        assert "ahead of the clock" in dead_man.problem
