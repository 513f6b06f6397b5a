"""An order service that loses answers, fails, is slow, or whose stream breaks."""

import asyncio

import pytest

from market_maker.emulators.server import WireFaults
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import (
    WAIT_AND_RETRY,
    Accepted,
    BookLost,
    BookSnapshot,
    Canceled,
    Filled,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.orders import OrderState
from market_maker.model.shared_fields import shared_fields
from market_maker.venues.order_service.client import SENT_WITHIN_S
from market_maker.venues.order_service.posted import PostedOrders
from market_maker.venues.order_service.venue import ABSENT_FOR, OrderServiceVenue
from market_maker.venues.order_service.wire import WireOrder
from tests.contract.venue.conftest import behind_wires, filled_orders

pytestmark = pytest.mark.anyio


def kinds(desk, order_id):
    return [type(event) for event in desk.about(order_id)]


async def test_a_lost_answer_makes_an_order_unknown_until_the_stream_or_the_list_names_it():
    async with behind_wires([], WireFaults(drop=1.0)) as desk:
        await desk.until(lambda: desk.bid)
        order_id = desk.place()
        await desk.heard_of(order_id, Unanswered)
        await desk.heard_of(order_id, Accepted)
        assert Rejected not in kinds(desk, order_id)
        assert Canceled not in kinds(desk, order_id)


class LongConnecting(PostedOrders):
    """They wait for connections: a first packet that is lost is sent again in a second."""

    def send(self, order):
        new = WireOrder(**shared_fields(WireOrder, order, self._instrument))
        long_ago = asyncio.get_running_loop().time() - 2 * SENT_WITHIN_S
        reply = self._client.send_order(new, long_ago)
        self._waiting[order.order_id] = order, new, reply
        return self._client.submitted(new, reply)


class LateVenue(OrderServiceVenue):
    def __init__(self, client, instrument, *given, **more):
        super().__init__(client, instrument, *given, **more)
        self._posted = LongConnecting(client, instrument, self._sent)


async def test_an_order_whose_connection_was_not_there_in_time_is_refused_by_no_one():
    async with behind_wires([], kind=LateVenue) as desk:
        await desk.until(lambda: desk.bid)
        order_id = desk.place()
        event = await desk.heard_of(order_id, Rejected)
        assert event.reason is RejectReason.HELD_BACK
        assert event.reason in WAIT_AND_RETRY


@pytest.mark.thorough
async def test_an_order_that_never_arrived_is_proved_absent_only_after_a_while():
    async with behind_wires([], WireFaults(error=1.0)) as desk:
        await desk.until(lambda: desk.bid)
        # One half of the 503s come before the effect, one half after it.
        ids = [desk.place() for _ in range(12)]
        for order_id in ids:
            await desk.heard_of(order_id, Unanswered)
        await desk.until(lambda: all(kinds(desk, i)[-1] in {Accepted, Canceled} for i in ids))
        listed = {o.client_order_id for o in await desk.venue.listed_orders("account-ann")}
        for order_id in ids:
            doubted = next(e for e in desk.about(order_id) if isinstance(e, Unanswered))
            last = desk.about(order_id)[-1]
            assert isinstance(last, Accepted) == (f"mm-account-ann-{order_id}" in listed)
            if isinstance(last, Canceled):
                assert last.ts_recv - doubted.ts_recv >= ABSENT_FOR
        assert 0 < len(listed) < len(ids)


async def test_what_is_unknown_is_not_proved_gone():
    async with behind_wires([], WireFaults(error=1.0)) as desk:
        await desk.until(lambda: desk.bid)
        order_id = desk.place()
        await desk.heard_of(order_id, Unanswered)

        def shown():
            try:
                return desk.venue.open_orders(desk.clock.now())
            except VenueUnavailableError:
                return None

        (order,) = await desk.until(shown)
        assert order.order_id == order_id
        assert order.state in {OrderState.UNKNOWN, OrderState.LIVE}


async def test_an_order_that_rests_is_not_gone_since_its_service_is_not_found():
    """A proxy before the service sends everything elsewhere for a while."""
    async with behind_wires([]) as desk:
        await desk.until(lambda: desk.bid)
        order_id = desk.place()
        await desk.heard_of(order_id, Accepted)
        client = desk.venue._client
        client._courier.prefix = "/elsewhere"
        desk.cancel(order_id)
        await desk.heard_of(order_id, Unanswered)
        # A list that was asked for before may still be answered after it.
        not_found = "404: there is no order service at"
        await desk.until(lambda: not_found in client.conversation.problem)
        client._courier.prefix = ""
        desk.heard.clear()
        await desk.heard_of(order_id, Accepted)
        desk.cancel(order_id)
        await desk.heard_of(order_id, Canceled)


@pytest.mark.thorough
async def test_a_broken_stream_is_reported_and_begins_again_with_a_snapshot():
    async with behind_wires([]) as desk:
        await desk.until(lambda: desk.bid)
        order_id = desk.place()
        await desk.heard_of(order_id, Accepted)
        desk.heard.clear()
        await desk.venue._stream._socket._connection.close()
        await desk.until(lambda: any(isinstance(e, BookLost) for e in desk.heard))
        lost = next(n for n, e in enumerate(desk.heard) if isinstance(e, BookLost))
        await desk.until(lambda: any(isinstance(e, BookSnapshot) for e in desk.heard[lost:]))
        desk.cancel(order_id)
        await desk.heard_of(order_id, Canceled)


class HearsNoFills(OrderServiceVenue):
    def _hear(self, message, now):
        if not isinstance(getattr(message, "event", None), Filled):
            super()._hear(message, now)


@pytest.mark.thorough
async def test_a_fill_that_the_stream_did_not_report_is_found_on_the_list():
    async with behind_wires([], kind=HearsNoFills) as desk:
        await desk.until(lambda: desk.bid)
        await filled_orders(desk, 1)
        told = [(e.trade_id, e.size) for e in desk.heard if isinstance(e, Filled)]
        listed = await desk.venue.listed_fills("account-ann")
        assert told
        assert told == [(f.trade_id, f.size) for f in listed][: len(told)]
