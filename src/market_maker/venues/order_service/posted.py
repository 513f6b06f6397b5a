"""Orders that were sent to an order service and are not answered yet."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from market_maker.model.actions import Place
from market_maker.model.instrument import Instrument
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import OrderId
from market_maker.venues.courier_line import Answering
from market_maker.venues.order_service.client import AnswerProof, OrderServiceClient
from market_maker.venues.order_service.wire import WireOrder


class PostedOrders:
    """Of one instrument."""

    def __init__(self, client: OrderServiceClient, instrument: Instrument) -> None:
        self._client, self._instrument = client, instrument
        self._waiting: dict[OrderId, tuple[Place, WireOrder, Answering]] = {}
        self._called_off = set[OrderId]()

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, order: Place) -> Awaitable[AnswerProof]:
        """Write it now, where a connection is free. What its answer proves."""
        new = WireOrder(**shared_fields(WireOrder, order, self._instrument))
        reply = self._client.send_order(new, asyncio.get_running_loop().time())
        self._waiting[order.order_id] = order, new, reply
        return self._client.submitted(new, reply)

    def answered(self, order: Place) -> None:
        """It waits no longer."""
        del self._waiting[order.order_id]
        self._called_off.discard(order.order_id)

    def call_off(self, answered: Callable[[Place, Answering], None]) -> tuple[OrderId, ...]:
        """None of them is wanted any more. An engine cancels one when it is acknowledged, for which
        the service takes as long as for all cancels before it. Returns those that were cancelled
        behind themselves, each once; answered: called with the answers to these cancels."""
        cancelled = []
        for order, new, reply in self._waiting.values():
            if order.order_id not in self._called_off:
                self._called_off.add(order.order_id)
                if (answer := self._client.call_off(new, reply)) is not None:
                    answer.add_done_callback(partial(answered, order))
                    cancelled.append(order.order_id)
        return tuple(cancelled)
