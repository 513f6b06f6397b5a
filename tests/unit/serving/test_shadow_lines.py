"""In shadow mode nothing exists that could send an order."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress

import pytest

from market_maker.clocks import WallClock
from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.execution.order_gate import OrderGate
from market_maker.execution.order_gateway import OrderGateway
from market_maker.execution.recovery import PoolStart
from market_maker.execution.shadow import ShadowGateway
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.events import Holding, Restored, Trade
from market_maker.model.orders import Side
from market_maker.model.units import Lots, OrderId, Ticks
from market_maker.sandbox.listings import listing
from market_maker.serving.order_service_connector import OrderServiceConnector
from market_maker.serving.sandbox_connector import SandboxConnector
from market_maker.venues.conversation import Conversation
from market_maker.venues.order_service.client import (
    OrderServiceClient,
    OrderServiceReader,
    courier_to,
)
from market_maker.venues.order_service.stream import Stream
from market_maker.venues.order_service.stream_socket import StreamSocket
from market_maker.venues.order_service.venue import OrderServiceVenue
from market_maker.venues.order_service.wire import WireMarket
from market_maker.venues.sandbox import SandboxVenue
from tests.support.office import SYMBOL, config
from tests.support.patient_loop import patient

CLOCK = WallClock()
SENDERS = (OrderGateway, OrderServiceClient, OrderServiceVenue, SandboxVenue)


def opening(ring: Callable[[], None] = lambda: None) -> ConnectRequest:
    instrument, now = listing(SYMBOL).instrument, CLOCK.now()
    restored = Restored(now, "restarted", Holding(0, 0, 0, 0, 0, 0), ())
    start = PoolStart(instrument, config(), (), OrderId(1), 0, restored, None, None)
    return ConnectRequest(start, OrderGate(), now, ring)


def reachable(root: object) -> list[object]:
    """Everything that `root` holds, and what that holds, as far as it is ours."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, type):
            continue
        seen[id(found)] = found
        ours = type(found).__module__.startswith("market_maker")
        if ours or isinstance(found, dict | list | tuple) or callable(found):
            waiting += gc.get_referents(found)
    return list(seen.values())


def gateways(line: Connection) -> list[str]:
    assert isinstance(line.ports.orders, ShadowGateway)
    return [type(each).__name__ for each in reachable(line.ports) if isinstance(each, SENDERS)]


def lines(kind, first):
    return kind(first, CLOCK, None, lambda _: MemoryJournal())


@pytest.mark.thorough
def test_the_sandbox_in_this_process_has_no_accounts_and_no_sender() -> None:
    line = patient(lines(SandboxConnector, 1).connect_shadow(opening()))
    assert gateways(line) == []
    trading = patient(lines(SandboxConnector, 1).connect(opening()))
    found = [type(each) for each in reachable(trading.ports)]
    assert {OrderGateway, SandboxVenue} <= set(found)


def test_of_an_order_service_there_is_a_reader_only() -> None:
    async def connected() -> Connection:
        made = lines(OrderServiceConnector, "http://127.0.0.1:1")
        running = asyncio.get_running_loop().create_task(made.run())
        try:
            return await made.connect_shadow(opening())
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    line = patient(connected())
    assert gateways(line) == []
    kinds = [type(each) for each in reachable(line.ports)]
    assert OrderServiceReader in kinds
    for what in ("send_order", "send_cancels", "call_off", "withdraw"):
        assert hasattr(OrderServiceClient, what)
        assert not hasattr(OrderServiceReader, what)


@pytest.mark.thorough
def test_a_stop_at_an_order_service_calls_off_what_is_under_way() -> None:
    async def connected() -> Connection:
        made = lines(OrderServiceConnector, "http://127.0.0.1:1")
        running = asyncio.get_running_loop().create_task(made.run())
        try:
            return await made.connect(opening())
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    line = patient(connected())
    assert isinstance(line.lists, OrderServiceVenue)
    assert line.pulled == line.lists.call_off


def test_what_arrives_from_an_order_service_is_rung_for() -> None:
    """Here that there is no stream."""

    async def rung() -> bool:
        made, arrived = lines(OrderServiceConnector, "http://127.0.0.1:1"), asyncio.Event()
        running = asyncio.get_running_loop().create_task(made.run())
        try:
            line = await made.connect_shadow(opening(arrived.set))
            await arrived.wait()
            return line.rings
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    assert patient(rung())


def test_news_and_lists_of_a_line_that_trades_are_rung_for() -> None:
    rung = []
    reader = OrderServiceClient(courier_to("http://127.0.0.1:1"), None, Conversation("it", CLOCK))
    instrument = listing(SYMBOL).instrument
    stream = Stream(StreamSocket(reader, CLOCK), instrument)
    venue = OrderServiceVenue(
        reader, instrument, CLOCK, (), stream=stream, arrived=lambda: rung.append("ring")
    )
    venue._hear(WireMarket(Trade(CLOCK.now(), CLOCK.now(), Ticks(1), Lots(1), Side.BUY)), 1)
    assert len(rung) == 1
    patient(venue._sweep(0))
    assert len(rung) == 2
