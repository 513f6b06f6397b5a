"""In shadow mode nothing exists that could send an order."""

import asyncio
import gc
from contextlib import suppress

from market_maker.model.events import Holding, Restored
from market_maker.model.units import OrderId
from market_maker.sandbox.listings import listing
from market_maker.service.clocks import WallClock
from market_maker.service.floor import Line, Opening
from market_maker.service.gate import Gate
from market_maker.service.journal import MemoryJournal
from market_maker.service.recovery import TakeUp
from market_maker.service.sender import Sender
from market_maker.service.shadow import ShadowRoad
from market_maker.serving.lines import SandboxLines
from market_maker.serving.order_service_lines import OrderServiceLines
from market_maker.venues.order_service.client import OrderServiceClient, OrderServiceReader
from market_maker.venues.order_service.venue import OrderServiceVenue
from market_maker.venues.sandbox import SandboxVenue
from tests.unit.service.office import SYMBOL, config

CLOCK = WallClock()
SENDERS = (Sender, OrderServiceClient, OrderServiceVenue, SandboxVenue)


def opening() -> Opening:
    instrument, now = listing(SYMBOL).instrument, CLOCK.now()
    restored = Restored(now, "restarted", Holding(0, 0, 0, 0, 0, 0), ())
    start = TakeUp(instrument, config(), (), OrderId(1), 0, restored, None, None)
    return Opening(start, Gate(), now)


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


def senders(line: Line) -> list[str]:
    assert isinstance(line.roads.orders, ShadowRoad)
    return [type(each).__name__ for each in reachable(line.roads) if isinstance(each, SENDERS)]


def lines(kind, first):
    return kind(first, CLOCK, None, lambda _: MemoryJournal(), lambda *_: lambda: None)


def test_the_sandbox_in_this_process_has_no_accounts_and_no_sender() -> None:
    line = asyncio.run(lines(SandboxLines, 1).connect_shadow(opening()))
    assert senders(line) == []
    trading = asyncio.run(lines(SandboxLines, 1).connect(opening()))
    found = [type(each) for each in reachable(trading.roads)]
    assert {Sender, SandboxVenue} <= set(found)


def test_of_an_order_service_there_is_a_reader_only() -> None:
    async def connected() -> Line:
        made = lines(OrderServiceLines, "http://127.0.0.1:1")
        running = asyncio.get_running_loop().create_task(made.run())
        try:
            return await made.connect_shadow(opening())
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    line = asyncio.run(connected())
    assert senders(line) == []
    kinds = [type(each) for each in reachable(line.roads)]
    assert OrderServiceReader in kinds
    assert not hasattr(OrderServiceReader, "submit")
    assert not hasattr(OrderServiceReader, "withdraw")
