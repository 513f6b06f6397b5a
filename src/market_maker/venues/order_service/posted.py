"""Orders that were sent to an order service and of which it has not reported yet."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from market_maker.model.actions import Place
from market_maker.model.instrument import Instrument
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import OrderId
from market_maker.venues.courier_line import Answering
from market_maker.venues.order_service.client import RECEIVED, AnswerProof, OrderServiceClient
from market_maker.venues.order_service.wire import WireOrder
from market_maker.venues.tracking import SentOrders


class PostedOrders:
    """Of one instrument. sent: where it is noted what the service has reported."""

    def __init__(
        self, client: OrderServiceClient, instrument: Instrument, sent: SentOrders
    ) -> None:
        self._client, self._instrument, self._sent = client, instrument, sent
        self._waiting: dict[OrderId, tuple[Place, WireOrder, Answering]] = {}
        self._received: dict[OrderId, Place] = {}
        self._called_off = set[OrderId]()

    def __len__(self) -> int:
        return len(self._waiting)

    def send(self, order: Place) -> Awaitable[AnswerProof]:
        """Write it now, where a connection is free. What its answer proves."""
        new = WireOrder(**shared_fields(WireOrder, order, self._instrument))
        reply = self._client.send_order(new, asyncio.get_running_loop().time())
        self._waiting[order.order_id] = order, new, reply
        return self._submitted(order, new, reply)

    async def _submitted(self, order: Place, new: WireOrder, reply: Answering) -> AnswerProof:
        verdict = await self._client.submitted(new, reply)
        if verdict is AnswerProof.RECEIVED and order.order_id not in self._called_off:
            self._received = dict(self._unreported())
            self._received[order.order_id] = order
        return verdict

    def answered(self, order: Place) -> None:
        """It waits no longer."""
        del self._waiting[order.order_id]
        self._called_off.discard(order.order_id)

    def call_off(self, answered: Callable[[Place, Answering], None]) -> tuple[OrderId, ...]:
        """None of them is wanted any more. An engine cancels one when it is acknowledged, for which
        the service takes as long as for all cancels before it. Returns those that were cancelled,
        each once: behind themselves, or, as the service has them, anywhere; answered: called with
        the answers to these cancels."""
        cancelled = list[OrderId]()
        received, self._received = dict(self._unreported()), {}
        for order, new, reply in self._waiting.values():
            if order.order_id in self._called_off:
                continue
            self._called_off.add(order.order_id)
            if _is_received(reply):
                received[order.order_id] = order
            elif (answer := self._client.call_off(new, reply)) is not None:
                answer.add_done_callback(partial(answered, order))
                cancelled.append(order.order_id)
        if received:
            names = [order.client_order_id for order in received.values()]
            answers = self._client.send_cancels(self._instrument.symbol, names)
            for order, cancel in zip(received.values(), answers, strict=True):
                cancel.add_done_callback(partial(answered, order))
        return (*cancelled, *received)

    def _unreported(self) -> Iterator[tuple[OrderId, Place]]:
        """The service has them, and neither its stream nor a doubt has said more since."""
        for order_id, order in self._received.items():
            known = self._sent.find(order_id)
            if known is not None and known.placed_at is not None and not known.over:
                yield order_id, order


def _is_received(reply: Answering) -> bool:
    """Whether it is answered already, though who waits for that has not had a turn."""
    return reply.done() and not reply.cancelled() and reply.result().status in RECEIVED
