"""Orders on their way out: few actions, and none that would only be refused."""

from collections import deque

import pytest

from market_maker.model.events import (
    Rejected,
    RejectReason,
)
from market_maker.model.orders import Side
from market_maker.venues.hyperliquid.budgets import WEIGHT_PER_MINUTE
from tests.unit.venues.hyperliquid.bench_venue import USER, bench, refused, resting

pytestmark = pytest.mark.anyio

OI_CAP = "Order would increase open interest while open interest is capped. asset=3"


def actions(desk):
    return [body["action"] for body in desk.stub.heard if "action" in body]


async def test_a_turn_leaves_in_two_actions_cancels_first_and_marked_as_fast():
    async with bench() as desk:
        desk.place(1)
        desk.place(2, side=Side.SELL, price=970_100)
        await desk.until(lambda: desk.kinds(2) == ["Accepted"])
        desk.place(3)
        desk.venue.cancel(desk.clock.now(), 1)
        desk.venue.cancel(desk.clock.now(), 2)
        await desk.until(lambda: desk.kinds(2) == ["Accepted", "Canceled"] and desk.kinds(3))
        first, cancel, second = actions(desk)
        assert [order["c"] for order in first["orders"]] == [desk.cloid(1), desk.cloid(2)]
        assert cancel == {
            "type": "cancelByCloid",
            "cancels": [{"asset": 3, "cloid": desk.cloid(1)}, {"asset": 3, "cloid": desk.cloid(2)}],
            "f": True,
        }
        assert [order["c"] for order in second["orders"]] == [desk.cloid(3)]


async def test_an_order_is_post_only_on_the_grid_and_expires():
    async with bench() as desk:
        desk.place(1, price=970_000, size=219)
        await desk.until(lambda: desk.about(1))
        (body,) = desk.stub.asked("order")
        assert body["action"]["orders"] == [
            {
                "a": 3,
                "b": True,
                "p": "97000",
                "s": "0.00219",
                "r": False,
                "t": {"limit": {"tif": "Alo"}},
                "c": desk.cloid(1),
            }
        ]
        assert 0 < body["expiresAfter"] - body["nonce"] <= 5_000
        assert body["vaultAddress"] is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Post only order would have immediately matched, bbo was 1@2.", RejectReason.POST_ONLY),
        ("Insufficient margin to place order. asset=3", RejectReason.MARGIN),
        (OI_CAP, RejectReason.OPEN_INTEREST),
        ("Only post-only orders allowed immediately after a network upgrade", RejectReason.PAUSED),
        ("Too many cumulative requests sent (2 > 1) for", RejectReason.QUOTA),
        ("Something new", RejectReason.OTHER),
    ],
)
async def test_a_refusal_of_one_order_says_why(text, reason):
    async with bench(order=refused(text)) as desk:
        desk.place(1)
        (event,) = await desk.until(lambda: desk.about(1))
        assert isinstance(event, Rejected)
        assert event.reason is reason


async def test_a_refusal_of_the_whole_is_that_of_each_order_and_is_shown():
    text = f"User or API Wallet {USER} does not exist."
    async with bench(order={"status": "err", "response": text}) as desk:
        desk.place(1)
        desk.place(2)
        await desk.until(lambda: desk.about(1) and desk.about(2))
        assert desk.kinds(1) == desk.kinds(2) == ["Rejected"]
        assert desk.connection.problem == text
        desk.stub.answers["order"] = resting
        desk.place(3)
        await desk.until(lambda: desk.kinds(3) == ["Accepted"])
        assert desk.connection.problem == ""


async def test_a_cap_that_stands_is_not_asked_about_again_and_again():
    async with bench(order=deque([refused(OI_CAP), resting])) as desk:
        desk.place(1)
        await desk.until(lambda: desk.about(1))
        for number in range(2, 30):
            desk.place(number)
        assert {desk.about(n)[0].reason for n in range(2, 30)} == {RejectReason.OPEN_INTEREST}
        assert len(desk.stub.asked("order")) == 1
        desk.place(30, side=Side.SELL)
        await desk.until(lambda: desk.kinds(30) == ["Accepted"])
        desk.clock.pass_by(2.1)
        desk.place(31)
        await desk.until(lambda: desk.kinds(31) == ["Accepted"])


async def test_an_order_that_is_held_back_after_a_refusal_is_not_refused_by_the_venue():
    """Nor one that our own budget of requests holds back: a storm of rejections is the venue's."""
    margin = refused("Insufficient margin to place order. asset=3")
    async with bench(order=margin) as desk:
        desk.place(1)
        await desk.until(lambda: desk.about(1))
        desk.place(2)
        assert [desk.about(n)[0].reason for n in (1, 2)] == [
            RejectReason.MARGIN,
            RejectReason.HELD_BACK,
        ]
        desk.connection.rest.budget.add(desk.clock.now(), WEIGHT_PER_MINUTE)
        desk.place(3, side=Side.SELL)
        await desk.until(lambda: desk.about(3))
        assert desk.about(3)[0].reason is RejectReason.HELD_BACK
        assert len(desk.stub.asked("order")) == 1


async def test_orders_stop_when_the_quota_is_nearly_used_up_and_cancels_go_on():
    async with bench() as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        account = desk.connection.accounts.of("me")
        desk.connection.quota(account).spend(9_800)
        desk.place(2)
        assert desk.about(2)[0].reason is RejectReason.QUOTA
        desk.venue.cancel(desk.clock.now(), 1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted", "Canceled"])
