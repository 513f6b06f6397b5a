"""One market against a server that says what the test wants."""

import pytest

from market_maker.model.events import (
    BookLost,
    BookSnapshot,
    CancelRejected,
    FundingPaid,
)
from tests.unit.venues.hyperliquid.bench_venue import USER, bench, refused

pytestmark = pytest.mark.anyio

OI_CAP = "Order would increase open interest while open interest is capped. asset=3"


GONE = refused("Order was never placed, already canceled, or filled. asset=3", "cancel")


async def test_a_cancel_of_what_was_proved_gone_is_answered_here():
    async with bench() as desk:
        desk.venue.cancel(desk.clock.now(), 99)
        (event,) = desk.about(99)
        assert isinstance(event, CancelRejected)
        assert event.gone


async def test_nothing_of_other_coins_arrives():
    async with bench(owner="ann") as desk:
        await desk.push_fills(desk.fill(8, oid=55, coin="ETH"))
        await desk.push_update(1, "open", coin="ETH")
        await desk.settled()
        assert desk.heard == []


@pytest.mark.thorough
async def test_a_break_is_reported_and_what_was_missed_is_asked_for():
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


async def test_funding_is_reported_with_the_price_that_makes_the_venues_own_amount():
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


@pytest.mark.thorough
async def test_a_cancel_that_is_asked_for_again_and_again_is_sent_once_a_second():
    async with bench(order=None, cancelByCloid=GONE) as desk:
        desk.place(1)
        await desk.until(lambda: desk.kinds(1) == ["Unanswered"])
        for _ in range(50):
            desk.venue.cancel(desk.clock.now(), 1)
            await desk.settled(1)
        assert len(desk.stub.asked("cancelByCloid")) == 1
        desk.clock.pass_by(1.1)
        desk.venue.cancel(desk.clock.now(), 1)
        await desk.until(lambda: len(desk.stub.asked("cancelByCloid")) == 2)


async def test_what_arrives_after_the_end_is_reported_and_nothing_is_asked():
    async with bench(order=None) as desk:
        desk.place(1)
    assert desk.kinds(1) in (["Unanswered"], [])
    desk.clock.pass_by(3)
    desk.poll()
    assert desk.kinds(1)[:1] == ["Unanswered"]


async def test_an_order_expires_by_the_venues_clock():
    async with bench() as desk:
        desk.connection.clock_ahead_ms = 2_000
        desk.place(1)
        await desk.until(lambda: desk.about(1))
        (body,) = desk.stub.asked("order")
        assert 4_900 < body["expiresAfter"] - body["nonce"] <= 5_000
        assert body["nonce"] <= desk.clock.now() // 10**6 - 2_000
