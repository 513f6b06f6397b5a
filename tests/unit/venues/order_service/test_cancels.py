"""A cancel is on the wire when the engine has asked for it, whatever else there is to do."""

import asyncio

import pytest

from market_maker.model.events import Accepted, Canceled, Trade
from market_maker.model.orders import Side
from market_maker.venues.order_service.wire import WireMarket
from tests.contract.venue.conftest import FAR, behind_wires
from tests.support.scripted_server import ONE_BYTE, ready, server_at

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
        written = [each for connection in courier.lines.open for each in connection.waiting]
        assert courier.cancels == ORDERS
        assert sum(each.content.startswith(b"DELETE") for each in written) == ORDERS
        assert turns == []
        for order_id in ids:
            await desk.heard_of(order_id, Canceled)
        assert courier.cancels == 0


class Writes:
    """A transport that counts what is written on it."""

    def __init__(self, transport):
        self._transport, self.counts = transport, []

    def write(self, content):
        self.counts.append(content.count(b"DELETE"))
        self._transport.write(content)

    def __getattr__(self, name):
        return getattr(self._transport, name)


async def test_cancels_that_are_asked_for_together_share_a_write_where_as_many_wait():
    async with server_at(connections=2) as (made, courier):
        await ready(made, courier, 2)
        made.answer = b""
        lines = [Writes(each.transport) for each in courier.lines.open]
        for connection, line in zip(courier.lines.open, lines, strict=True):
            connection.transport = line
        answers = []
        for pool in range(10):
            answers += courier.cancel("DELETE", [f"/{pool}{number}" for number in range(8)])
        assert [each for line in lines for each in line.counts[:1]] == [1, 1], "idle ones first"
        assert [line.counts[-1] for line in lines] == [8, 8]
        assert sum(len(line.counts) for line in lines) < len(answers) // 3
        spread = [sum(line.counts) for line in lines]
        assert sum(spread) == len(answers)
        assert max(spread) - min(spread) <= 8
        await made.until(lambda: len(made.asked) == len(answers))
        for number in range(2):
            asked = [what for line, what in made.asked if line == number]
            made.says(number, *(ONE_BYTE + what[-1:].encode() for what in asked))
        replies = await asyncio.gather(*answers)
        assert [reply.body for reply in replies] == [b"%d" % n for n in range(8)] * 10
        assert courier.cancels == 0
