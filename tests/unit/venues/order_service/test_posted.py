"""A stop does not wait for the answers to orders that are under way."""

import pytest

from market_maker.model.events import Accepted, Canceled, Rejected, RejectReason
from tests.contract.venue.conftest import FAR, behind_wires

pytestmark = pytest.mark.anyio


def written(courier):
    """What waits for answers, line by line."""
    lines = [[each.content for each in line.waiting] for line in courier.lines.open]
    return [[what.partition(b" ")[0] for what in line] for line in lines if line]


async def test_an_order_that_is_not_answered_is_cancelled_behind_itself_and_once():
    async with behind_wires([]) as desk:
        courier = desk.venue._client._courier
        await desk.until(lambda: desk.bid and courier.lines.idle)
        order_id = desk.place(distance=FAR)
        assert desk.venue.call_off() == (order_id,)
        assert desk.venue.call_off() == ()
        assert [b"POST", b"DELETE"] in written(courier)
        assert courier.cancels == 1
        await desk.heard_of(order_id, Canceled)
        assert courier.cancels == 0


async def test_an_order_that_still_waits_for_a_connection_is_not_sent():
    async with behind_wires([]) as desk:
        courier = desk.venue._client._courier
        await desk.until(lambda: desk.bid and courier.lines.idle)
        idle = range(len(courier.lines.idle))
        busy = courier.cancel("DELETE", [f"/v1/orders/{number}" for number in idle])
        order_id = desk.place(distance=FAR)
        assert desk.venue.call_off() == ()
        event = await desk.heard_of(order_id, Rejected)
        assert event.reason is RejectReason.HELD_BACK
        for answer in busy:
            await answer
        assert await desk.venue.listed_orders("account-ann") == ()


async def test_an_order_that_is_answered_is_the_engines_to_cancel():
    async with behind_wires([]) as desk:
        courier = desk.venue._client._courier
        await desk.until(lambda: desk.bid and courier.lines.idle)
        order_id = desk.place(distance=FAR)
        await desk.heard_of(order_id, Accepted)
        await desk.until(lambda: not desk.venue._posted)
        desk.venue.call_off()
        assert courier.cancels == 0
        desk.cancel(order_id)
        await desk.heard_of(order_id, Canceled)
