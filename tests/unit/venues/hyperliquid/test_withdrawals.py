"""Cancels of all markets leave together, at once, in few actions."""

import asyncio
from random import Random

import aiohttp
import pytest

from market_maker.model.events import Rejected, RejectReason
from market_maker.model.units import OrderId
from market_maker.venues.hyperliquid.accounts import Signer, TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.actions import CancelByCloid, CancelOrders
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import KEPT_OPEN, Delivered, Delivery, Rest
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.exchange_wire import ActionAnswer, Done, Refused
from market_maker.venues.hyperliquid.order_desk import Answers
from market_maker.venues.hyperliquid.universe import ListedMarket
from market_maker.venues.hyperliquid.venue import HyperliquidVenue
from market_maker.venues.hyperliquid.withdrawals import BATCH_MAX, Withdrawal, WithdrawalDesk
from tests.support.local_nonces import LocalNonces
from tests.unit.venues.hyperliquid.bench_venue import (
    KEY,
    NOON,
    USER,
    Bench,
    HandClock,
    bench,
    cancelled,
    resting,
)
from tests.unit.venues.hyperliquid.stub import Stub, serving

pytestmark = pytest.mark.anyio

ANN = TradingAccount("0xa", Signer(KEY, LocalNonces()))
BOB = TradingAccount("0xb", Signer(KEY, LocalNonces()), "0xb")
GONE = "Order was never placed, already canceled, or filled. asset=3"


class Wire:
    """Notes what is signed and written, and answers when a test says so."""

    def __init__(self):
        self.sent, self.answers = [], []

    def act(self, account, action, orders=1, *, urgent=False):
        assert urgent
        assert orders == len(action.cancels)
        answer = asyncio.get_running_loop().create_future()
        self.sent.append((account.address, action))
        self.answers.append(answer)
        return answer


class Market:
    """What became of its cancels, in words."""

    def __init__(self, desk, asset, account=ANN):
        self._desk, self._asset, self._account = desk, asset, account
        self.fates, self.on_their_way = {}, 0

    def cancel(self, number, **name):
        def becomes(fate):
            return lambda order_id: self.fates.update({order_id: fate})

        fates = {kind: becomes(kind) for kind in ("withdrawn", "gone", "unknown")}
        answers = Answers(rests=None, rejected=None, **fates)
        about = (OrderId(number), self._account, self._asset, answers)
        self.on_their_way += 1
        name = name or {"cloid": f"0x{number}"}
        self._desk.hand_over(Withdrawal(*about, **name, over=self._is_over))

    def _is_over(self):
        self.on_their_way -= 1


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
async def desk(wire):
    async with asyncio.TaskGroup() as tasks:
        yield WithdrawalDesk(wire, tasks.create_task)
        for answer in wire.answers:
            if not answer.done():
                answer.set_result(Delivered(Delivery.UNKNOWN))


def answered(*statuses, refused=None):
    return Delivered(Delivery.ANSWERED, ActionAnswer(refused, "cancel", statuses))


async def settled():
    for _ in range(3):
        await asyncio.sleep(0)


async def test_cancels_of_all_markets_of_an_account_are_one_action_signed_before_the_caller_goes_on(
    wire, desk
):
    markets = [Market(desk, asset) for asset in range(40)]
    for market in markets:
        market.cancel(market._asset)
    other = Market(desk, 1, BOB)
    other.cancel(7)
    assert wire.sent == []
    desk.send()
    (of_ann, all_of_ann), (of_bob, of_other) = wire.sent
    assert (of_ann, of_bob) == ("0xa", "0xb")
    assert [one.asset for one in all_of_ann.cancels] == list(range(40))
    assert all_of_ann.f is of_other.f is True
    assert isinstance(of_other, CancelByCloid)
    await settled()
    assert len(wire.sent) == 2, "nothing leaves twice"


async def test_what_is_handed_over_leaves_by_itself_before_the_loop_has_its_next_turn(wire, desk):
    Market(desk, 1).cancel(1)
    Market(desk, 2).cancel(2)
    assert wire.sent == []
    await asyncio.sleep(0)
    assert [len(action.cancels) for _, action in wire.sent] == [2]


async def test_no_action_has_more_orders_than_the_venue_takes_and_strangers_go_by_number(
    wire, desk
):
    market = Market(desk, 3)
    for number in range(2 * BATCH_MAX + 1):
        market.cancel(number)
    market.cancel(999, oid=999)
    desk.send()
    actions = [action for _, action in wire.sent]
    assert [len(action.cancels) for action in actions] == [BATCH_MAX, BATCH_MAX, 1, 1]
    assert isinstance(actions[-1], CancelOrders)
    assert actions[-1].cancels[0].o == 999


async def test_each_order_has_its_own_answer(wire, desk):
    one, two = Market(desk, 1), Market(desk, 2)
    one.cancel(1)
    one.cancel(2)
    two.cancel(3)
    desk.send()
    wire.answers[0].set_result(answered(Done("success"), Refused("no"), Refused(GONE)))
    await settled()
    assert one.fates == {1: "withdrawn", 2: "unknown"}
    assert two.fates == {3: "gone"}
    assert (one.on_their_way, two.on_their_way) == (0, 0)


@pytest.mark.parametrize(
    "word",
    [
        answered(refused="asset 2 is not known"),
        answered(Refused("asset 2 is not known")),
        Delivered(Delivery.REFUSED, problem="HTTP 422"),
    ],
)
async def test_what_is_refused_for_one_market_holds_up_no_other(wire, desk, word):
    one, two = Market(desk, 1), Market(desk, 2)
    one.cancel(1)
    two.cancel(2)
    one.cancel(3)
    desk.send()
    wire.answers[0].set_result(word)
    await settled()
    assert [[each.cloid for each in action.cancels] for _, action in wire.sent[1:]] == [
        ["0x1", "0x3"],
        ["0x2"],
    ]
    assert (one.on_their_way, two.on_their_way) == (2, 1)
    wire.answers[1].set_result(answered(Done("success"), Done("success")))
    wire.answers[2].set_result(word)
    await settled()
    assert one.fates == {1: "withdrawn", 3: "withdrawn"}
    assert two.fates == {2: "unknown"}
    assert (one.on_their_way, two.on_their_way) == (0, 0)


async def test_of_what_is_not_answered_nothing_is_known(wire, desk):
    one, two = Market(desk, 1), Market(desk, 2)
    one.cancel(1)
    two.cancel(2)
    desk.send()
    wire.answers[0].set_result(Delivered(Delivery.UNKNOWN))
    await settled()
    assert (one.fates, two.fates) == ({1: "unknown"}, {2: "unknown"})
    assert len(wire.sent) == 1


async def test_a_cancel_whose_answer_is_not_awaited_any_more_is_not_on_its_way(wire):
    tasks, loop = [], asyncio.get_running_loop()
    desk = WithdrawalDesk(wire, lambda work: tasks.append(loop.create_task(work)))
    market = Market(desk, 1)
    market.cancel(1)
    desk.send()
    await settled()
    tasks[0].cancel()
    await asyncio.wait(tasks)
    assert (market.on_their_way, market.fates) == (0, {})


async def test_connections_for_actions_are_there_before_the_first_and_end_with_all_others():
    async with bench() as desk:
        lines = desk.connection.rest._courier.lines
        await desk.until(lambda: len(lines.open) == KEPT_OPEN)
    assert not lines.open


async def test_a_stop_sends_no_order_that_has_not_left():
    async with bench() as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        desk.place(2)
        desk.venue.cancel(desk.clock.now(), 1)
        desk.venue.pulled()
        await desk.until(lambda: desk.kinds(1) == ["Accepted", "Canceled"])
        (event,) = await desk.until(lambda: desk.about(2))
        assert (type(event), event.reason) == (Rejected, RejectReason.HELD_BACK)
        assert len(desk.stub.asked("order")) == 1


MARKETS, ORDERS = 40, 6
ANSWERS = {
    "order": resting,
    "cancelByCloid": cancelled,
    "frontendOpenOrders": [],
    "userFillsByTime": [],
    "orderStatus": {"status": "unknownOid"},
    "userRateLimit": {"cumVlm": "0", "nRequestsUsed": 10, "nRequestsCap": 10_000},
}


async def test_a_stop_of_forty_markets_is_three_actions_and_leaves_nothing():
    """At a server, with the adapter of every market: one more action for each market it was."""
    stub, clock = Stub(), HandClock()
    stub.answers = dict(ANSWERS)
    account = TradingAccount(USER, Signer(KEY, LocalNonces()))
    async with (
        serving(stub) as url,
        aiohttp.ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        rest = Rest(url, session, clock, WeightBudget(Random(1)))
        accounts = TradingAccounts({"me": account})
        connection = HyperliquidConnection(rest, session, clock, accounts, Random(1))
        running = [tasks.create_task(connection.run())]
        desks = []
        for asset in range(MARKETS):
            market = ListedMarket(f"C{asset}", asset, 5, max_leverage=40)
            venue = HyperliquidVenue(connection, market, ["me"])
            running.append(tasks.create_task(venue.run()))
            await venue.running.wait()
            desks.append(Bench(venue, connection, stub, clock))
        numbers = range(1, ORDERS + 1)
        for desk in desks:
            for number in numbers:
                desk.place(number)
        await desks[0].until(
            lambda: all(desk.kinds(number) for desk in desks for number in numbers)
        )
        before = connection.counts.actions
        for desk in desks:
            desk.venue.cancel(NOON, *numbers)
        for desk in desks:
            desk.venue.pulled()
        assert connection.counts.actions - before == 3
        await desks[0].until(
            lambda: all("Canceled" in desk.kinds(number) for desk in desks for number in numbers)
        )
        assert [len(body["action"]["cancels"]) for body in stub.asked("cancelByCloid")] == [
            100,
            100,
            40,
        ]
        for task in running:
            task.cancel()
