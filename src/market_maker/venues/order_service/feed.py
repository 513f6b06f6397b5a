"""The market data of an order service and nothing else: no account, no way to send an order."""

from collections.abc import Callable

from msgspec import structs

from market_maker.model.events import Event
from market_maker.model.inbox import Inbox
from market_maker.model.units import Nanos
from market_maker.ports import NEVER
from market_maker.venues.order_service.stream import VenueStream
from market_maker.venues.order_service.wire import StreamMessage, WireMarket


class OrderServiceFeed:
    """ports.MarketData of one instrument, while `run` does. arrived: called when there is something
    to poll."""

    def __init__(self, stream: VenueStream, arrived: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._inbox = Inbox(arrived=arrived)

    async def run(self) -> None:
        """Listen until cancelled."""
        await self._stream.run(self._hear)

    def poll(self, now: Nanos) -> list[Event]:  # noqa: ARG002  what is here has arrived
        return self._inbox.drain()

    def due(self, now: Nanos) -> Nanos:
        return now if self._inbox else NEVER

    def request_snapshot(self, now: Nanos) -> None:  # noqa: ARG002  the answer has its own time
        self._stream.snap()

    def _hear(self, message: StreamMessage, now: Nanos) -> None:
        if isinstance(message, WireMarket):
            self._inbox.put(structs.replace(message.event, ts_recv=now))
