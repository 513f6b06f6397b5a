"""A cancel is on the wire when the engine has asked for it, whatever else there is to do."""

import asyncio

import pytest

from market_maker.model.events import Accepted, Canceled, Trade
from market_maker.model.orders import Side
from market_maker.venues.order_service.wire import WireMarket
from tests.contract.venue.conftest import FAR, behind_wires

pytestmark = pytest.mark.anyio

ORDERS, FLOOD = 40, 10_000


async def test_cancels_are_written_before_anything_else_has_its_turn_while_market_data_flood_in():
    async with behind_wires([]) as desk:
        await desk.until(lambda: desk.bid)
        ids = [desk.place(distance=FAR + number) for number in range(ORDERS)]
        for order_id in ids:
            await desk.heard_of(order_id, Accepted)
        now, turns = desk.clock.now(), []
        for _ in range(FLOOD):
            desk.venue._hear(WireMarket(Trade(now, now, desk.bid, 1, Side.BUY)), now)
        asyncio.get_running_loop().call_soon(turns.append, "something else")
        half = ORDERS // 2
        desk.cancel(*ids[:half])
        for order_id in ids[half:]:
            desk.cancel(order_id)
        courier = desk.venue._client._courier
        written = [each for connection in courier._open for each in connection.waiting]
        assert courier.cancels == ORDERS
        assert sum(each.content.startswith(b"DELETE") for each in written) == ORDERS
        assert turns == []
        for order_id in ids:
            await desk.heard_of(order_id, Canceled)
        assert courier.cancels == 0
