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


async def test_an_order_that_the_service_has_waits_for_no_report_to_be_cancelled():
    async with behind_wires([]) as desk:
        courier = desk.venue._client._courier
        await desk.until(lambda: desk.bid and courier.lines.idle)
        order_id = desk.place(distance=FAR)
        # Its report is not taken from the stream: nothing is polled meanwhile.
        while desk.venue._posted:
            await desk._step()
        assert desk.venue.call_off() == (order_id,)
        assert desk.venue.call_off() == ()
        assert courier.cancels == 1
        await desk.heard_of(order_id, Canceled)
        assert courier.cancels == 0


async def test_an_order_that_was_called_off_is_not_cancelled_again_when_it_is_answered():
    async with behind_wires([]) as desk:
        courier = desk.venue._client._courier
        await desk.until(lambda: desk.bid and courier.lines.idle)
        order_id = desk.place(distance=FAR)
        assert desk.venue.call_off() == (order_id,)
        while desk.venue._posted:
            await desk._step()
        assert desk.venue.call_off() == ()


async def test_an_order_whose_answer_was_not_read_yet_is_cancelled_as_one_that_is_there():
    async with behind_wires([]) as desk:
        courier = desk.venue._client._courier
        await desk.until(lambda: desk.bid and courier.lines.idle)
        order_id = desk.place(distance=FAR)
        called_off = []
        _, _, reply = desk.venue._posted._waiting[order_id]
        # Before the task that waits for it.
        reply.add_done_callback(lambda _: called_off.append(desk.venue.call_off()))
        await desk.heard_of(order_id, Canceled)
        assert called_off == [(order_id,)]
        assert desk.venue.call_off() == ()


async def test_what_was_reported_is_not_remembered_here():
    async with behind_wires([]) as desk:
        courier = desk.venue._client._courier
        await desk.until(lambda: desk.bid and courier.lines.idle)
        first = desk.place(distance=FAR)
        await desk.heard_of(first, Accepted)
        second = desk.place(distance=FAR + 10)
        while desk.venue._posted:
            await desk._step()
        assert list(desk.venue._posted._received) == [second]
