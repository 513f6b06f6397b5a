"""The market data of an order service and nothing else: no account, no way to send an order."""

import asyncio
from collections.abc import Callable

from msgspec import structs

from market_maker.model.events import BookLost, Event
from market_maker.model.inbox import Inbox
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.ports import NEVER, Clock
from market_maker.venues.order_service.client import OrderServiceReader
from market_maker.venues.order_service.stream import Stream, VenueStream
from market_maker.venues.order_service.wire import Snap, StreamMessage, WireMarket


class OrderServiceFeed:
    """ports.MarketData of one instrument, while `run` does. stream, arrived: as the venue's."""

    def __init__(
        self,
        client: OrderServiceReader,
        instrument: Instrument,
        clock: Clock,
        *,
        stream: VenueStream | None = None,
        arrived: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._stream: VenueStream = stream or Stream(client, instrument, clock, self._lost)
        self._inbox = Inbox(arrived=arrived)
        self._snap = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._stream.run(self._hear))
            while True:
                await self._snap.wait()
                self._snap.clear()
                await self._stream.send(Snap())

    def poll(self, now: Nanos) -> list[Event]:  # noqa: ARG002  what is here has arrived
        return self._inbox.drain()

    def due(self, now: Nanos) -> Nanos:
        return now if self._inbox else NEVER

    def request_snapshot(self, now: Nanos) -> None:  # noqa: ARG002  the answer has its own time
        self._snap.set()

    def _hear(self, message: StreamMessage, now: Nanos) -> None:
        if isinstance(message, WireMarket):
            self._inbox.put(structs.replace(message.event, ts_recv=now))

    def _lost(self, reason: str) -> None:
        self._inbox.put(BookLost(self._clock.now(), reason))
