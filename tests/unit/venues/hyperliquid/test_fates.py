"""What became of orders, whatever reports it and in whatever order."""

from collections import deque
from decimal import Decimal

import pytest

from market_maker.model.events import (
    Accepted,
    Canceled,
    Filled,
    FillFound,
    Rejected,
    Unanswered,
)
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_MS
from tests.unit.venues.hyperliquid.bench_venue import bench, refused, resting

pytestmark = pytest.mark.anyio

OI_CAP = "Order would increase open interest while open interest is capped. asset=3"


@pytest.mark.parametrize("answer", [None, (502, ""), (200, "{}")])
async def test_an_order_without_an_answer_is_asked_about_and_found(answer):
    async with bench(order=answer) as desk:
        found = {"order": desk.order(1), "status": "open", "statusTimestamp": desk.clock.ms}
        desk.stub.answers["orderStatus"] = {"status": "order", "order": found}
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Unanswered", "Accepted"])
        assert desk.stub.asked("orderStatus")[0]["oid"] == desk.cloid(1)


async def test_an_order_without_any_news_is_dead_once_its_time_is_over_and_not_before():
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


async def test_a_fill_counts_once_whatever_reports_it():
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


async def test_a_fee_in_another_token_is_not_taken_for_collateral():
    """0.5 HYPE was booked as 0.5 USDC."""
    async with bench() as desk:
        desk.place(1, size=100)
        await desk.push_fills(desk.fill(7, fee="0.5", feeToken="HYPE"))
        await desk.until(lambda: "Filled" in desk.kinds(1))
        (filled,) = [e for e in desk.about(1) if isinstance(e, Filled)]
        assert (filled.size, filled.fee) == (100, 0)
        assert (filled.fee_token, filled.fee_token_amount) == ("HYPE", Decimal("0.5"))


async def test_a_fill_that_no_stream_reported_is_found_on_the_list():
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
        assert (found.client_order_id, found.account_id) == ("venue-55", "me")
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
async def test_an_order_update_counts_once_even_when_it_comes_before_the_answer(status, kind):
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
        assert desk.about(1)[-1].reason == "open interest cap"
        assert desk.venue.fates.counts.forced == {"open interest cap": 1}


async def test_what_happens_to_an_order_is_reported_with_its_name():
    async with bench() as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Accepted"])
        await desk.push_fills(desk.fill(7, size="0.0005"))
        desk.venue.cancel(desk.clock.now(), 1)
        await desk.until(lambda: len(desk.about(1)) == 3)
        assert {event.client_order_id for event in desk.about(1)} == {desk.name(1)}
        assert desk.about(1)[-1].reason == ""


@pytest.mark.thorough
async def test_no_order_is_sent_twice_whatever_is_lost():
    async with bench(order=deque([None, resting])) as desk:
        desk.place(1)
        await desk.settled(100)
        desk.clock.pass_by(10)
        await desk.settled(100)
        assert len(desk.stub.asked("order")) == 1
