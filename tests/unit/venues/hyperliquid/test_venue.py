"""Orders, their fates and the venue's lists, against a server that says what the test wants."""

from collections import deque

import pytest

from market_maker.model.errors import NotFoundError
from market_maker.model.events import (
    Accepted,
    BookLost,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Filled,
    FillFound,
    FundingPaid,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS
from tests.unit.venues.hyperliquid.bench_venue import USER, bench, refused, resting

pytestmark = pytest.mark.anyio

OI_CAP = "Order would increase open interest while open interest is capped. asset=3"


@pytest.fixture
def anyio_backend():
    return "asyncio"


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


@pytest.mark.parametrize("answer", [None, (502, ""), (200, "{}")])
async def test_an_order_without_an_answer_is_asked_about_and_found(answer):
    async with bench(order=answer) as desk:
        found = {"order": desk.order(1), "status": "open", "statusTimestamp": desk.clock.ms}
        desk.stub.answers["orderStatus"] = {"status": "order", "order": found}
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Unanswered", "Accepted"])
        assert desk.stub.asked("orderStatus")[0]["oid"] == desk.cloid(1)


async def test_an_order_that_was_never_heard_of_is_dead_once_its_time_is_over_and_not_before():
    async with bench(order=None) as desk:
        desk.place(1)
        await desk.until(lambda: len(desk.stub.asked("orderStatus")) > 3)
        assert desk.kinds(1) == ["Unanswered"]
        desk.clock.pass_by(6.1)
        await desk.until(lambda: desk.kinds(1) == ["Unanswered", "Canceled"])


async def test_a_cancel_of_what_is_gone_brings_the_fill_that_was_missed():
    gone = refused("Order was never placed, already canceled, or filled. asset=3", "cancel")
    async with bench(cancelByCloid=gone) as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        filled = {"order": desk.order(1, sz="0.0"), "status": "filled"}
        desk.stub.answers["orderStatus"] = {"status": "order", "order": filled}
        desk.stub.answers["userFillsByTime"] = [desk.fill(7)]
        desk.venue.cancel(desk.clock.now(), 1)
        await desk.until(lambda: "Filled" in desk.kinds(1))
        assert desk.kinds(1) == ["Accepted", "CancelRejected", "Filled"]
        assert desk.venue.fates.tracker.order(1) is None


async def test_a_cancel_that_was_refused_for_another_reason_proves_nothing():
    async with bench(cancelByCloid=refused("Not now", "cancel")) as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        open_still = {"order": desk.order(1), "status": "open"}
        desk.stub.answers["orderStatus"] = {"status": "order", "order": open_still}
        desk.venue.cancel(desk.clock.now(), 1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted", "Unanswered", "Accepted"])


async def test_a_cancel_of_what_was_proved_gone_is_answered_here():
    async with bench() as desk:
        desk.venue.cancel(desk.clock.now(), 99)
        (event,) = desk.about(99)
        assert isinstance(event, CancelRejected)
        assert event.gone


async def test_a_fill_counts_once_whatever_tells_it():
    async with bench() as desk:
        desk.place(1, size=200)
        fill = desk.fill(7)
        # Before the answer to the order, again in a snapshot, and on the list.
        await desk.push_fills(fill)
        await desk.push_fills(fill, snapshot=True)
        desk.stub.answers["userFillsByTime"] = [fill]
        await desk.until(lambda: "Filled" in desk.kinds(1))
        for _ in range(3):
            desk.clock.pass_by(21)
            before = desk.venue.counts.sweeps
            await desk.until(lambda seen=before: desk.venue.counts.sweeps > seen)
            desk.poll()
        (filled,) = [e for e in desk.about(1) if isinstance(e, Filled)]
        assert (filled.price, filled.size, filled.trade_id) == (970_000, 100, 7)
        assert filled.fee == 14_500 * 10**8
        assert filled.ts_event % NANOS_PER_MS == 0


async def test_a_fill_that_no_stream_told_is_found_on_the_list():
    async with bench() as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        desk.stub.answers["userFillsByTime"] = [desk.fill(7)]
        desk.stub.answers["frontendOpenOrders"] = [desk.order(1)]
        for _ in range(3):
            desk.clock.pass_by(21)
            before = desk.venue.counts.sweeps
            await desk.until(lambda seen=before: desk.venue.counts.sweeps > seen)
            desk.poll()
        assert desk.kinds(1) == ["Accepted", "Filled"]


async def test_fills_of_before_the_start_are_none_of_ours():
    async with bench(owner="ann") as desk:
        await desk.push_fills(desk.fill(7, oid=5, time=desk.clock.ms - 60_000), snapshot=True)
        await desk.settled()
        assert not [e for e in desk.heard if isinstance(e, Filled | FillFound)]


async def test_a_liquidation_or_a_trade_by_hand_is_booked_to_the_owner_of_the_account():
    async with bench(owner="ann") as desk:
        forced = {"liquidation": {"markPx": "96000", "method": "market"}}
        await desk.push_fills(desk.fill(8, oid=55, side="A", **forced))
        (found,) = await desk.until(lambda: [e for e in desk.poll() if isinstance(e, FillFound)])
        assert (found.order_id, found.member, found.side) == (-55, "ann", Side.SELL)
        assert (found.size, found.price) == (100, 970_000)
        assert desk.venue.fates.counts.strangers == 1


async def test_without_an_owner_a_strange_fill_is_left_to_reconciliation():
    async with bench() as desk:
        await desk.push_fills(desk.fill(8, oid=55))
        await desk.until(lambda: desk.venue.fates.counts.strangers)
        assert not [e for e in desk.poll() if isinstance(e, Filled | FillFound)]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("open", Accepted),
        ("canceled", Canceled),
        ("openInterestCapCanceled", Canceled),
        ("scheduledCancel", Canceled),
        ("perpMarginRejected", Rejected),
    ],
)
async def test_an_order_update_is_heard_once_even_when_it_comes_before_the_answer(status, kind):
    async with bench(order=(502, "")) as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Unanswered"])
        await desk.push_update(1, status)
        await desk.push_update(1, status)
        await desk.until(lambda: len(desk.about(1)) > 1)
        await desk.settled()
        assert [type(event) for event in desk.about(1)] == [Unanswered, kind]


async def test_forced_cancels_are_counted_by_reason():
    async with bench() as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        await desk.push_update(1, "openInterestCapCanceled")
        await desk.until(lambda: desk.kinds(1) == ["Accepted", "Canceled"])
        assert desk.venue.fates.counts.forced == {"open interest cap": 1}


async def test_nothing_of_other_coins_is_heard():
    async with bench(owner="ann") as desk:
        await desk.push_fills(desk.fill(8, oid=55, coin="ETH"))
        await desk.push_update(1, "open", coin="ETH")
        await desk.settled()
        assert desk.heard == []


async def test_a_break_is_told_and_what_was_missed_is_asked_for():
    async with bench() as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        await desk.settled()
        asked = len(desk.stub.asked("frontendOpenOrders"))
        await desk.stub.wires[0].close()
        await desk.until(lambda: any(isinstance(e, BookLost) for e in desk.poll()))
        await desk.until(lambda: desk.connection.streams.counts.connections == 2)
        await desk.until(lambda: len(desk.stub.asked("frontendOpenOrders")) > asked)


async def test_what_is_open_is_proved_by_lists_younger_than_the_last_order():
    async with bench() as desk:
        assert await desk.until(lambda: desk.open_ids() == [])
        desk.place(1)
        assert desk.open_ids() is None
        desk.stub.answers["frontendOpenOrders"] = [desk.order(1), desk.order(2, oid=77, cloid=None)]
        assert await desk.until(lambda: desk.open_ids() == [1, -77])
        desk.clock.pass_by(3.1)
        assert desk.open_ids() is None


async def test_a_strangers_order_is_cancelled_by_the_venues_number():
    async with bench() as desk:
        desk.stub.answers["frontendOpenOrders"] = [desk.order(2, oid=77, cloid=None)]
        desk.clock.pass_by(4)
        await desk.until(lambda: desk.open_ids() == [-77])
        desk.venue.cancel(desk.clock.now(), -77)
        await desk.until(lambda: desk.stub.asked("cancel"))
        assert actions(desk)[-1] == {"type": "cancel", "cancels": [{"a": 3, "o": 77}], "f": True}


async def test_lists_name_orders_and_fills_of_a_former_life_when_their_names_are_remembered():
    async with bench() as desk:
        desk.stub.answers["frontendOpenOrders"] = [desk.order(1), desk.order(2)]
        desk.stub.answers["userFillsByTime"] = [desk.fill(7)]
        desk.venue.remember([desk.name(1)])
        first, second = await desk.venue.listed_orders("me")
        assert first.client_order_id == desk.name(1)
        assert second.client_order_id == desk.cloid(2)
        (fill,) = await desk.venue.listed_fills("me", 0)
        assert (fill.client_order_id, fill.trade_id) == (desk.name(1), 7)
        await desk.venue.withdraw(first)
        assert actions(desk)[-1]["cancels"] == [{"a": 3, "o": 101}]


async def test_a_position_is_that_of_the_coin():
    async with bench() as desk:
        held = {"coin": "BTC", "szi": "-0.00785", "leverage": {"type": "cross", "value": 20}}
        state = dict(desk.stub.answers["clearinghouseState"])
        desk.stub.answers["clearinghouseState"] = {
            **state,
            "assetPositions": [{"type": "oneWay", "position": held}],
        }
        assert await desk.venue.listed_position("me") == -785


async def test_an_account_that_is_not_ours_is_refused():
    async with bench() as desk:
        with pytest.raises(NotFoundError, match="account"):
            desk.place(1, account="somebody")


async def test_funding_is_told_with_the_price_that_makes_the_venues_own_amount():
    async with bench() as desk:
        paid = {
            "time": desk.clock.ms,
            "coin": "BTC",
            "usdc": "-0.97",
            "szi": "1",
            "fundingRate": "0.00001",
        }
        old = {**paid, "time": 1}
        told = {"user": USER, "fundings": [old, paid, {**paid, "coin": "ETH"}]}
        await desk.stub.push("userFundings", told)
        (event,) = await desk.until(lambda: [e for e in desk.poll() if isinstance(e, FundingPaid)])
        assert (event.rate, event.price) == (1_000, 970_000)


async def test_a_snapshot_is_asked_for_when_it_is_wanted():
    async with bench() as desk:
        desk.venue.request_snapshot(desk.clock.now())
        (book,) = await desk.until(lambda: [e for e in desk.poll() if isinstance(e, BookSnapshot)])
        assert book.bids[0][0] == 970_000


async def test_no_order_is_sent_twice_whatever_is_lost():
    async with bench(order=deque([None, resting])) as desk:
        desk.place(1)
        await desk.settled(100)
        desk.clock.pass_by(10)
        await desk.settled(100)
        assert len(desk.stub.asked("order")) == 1
