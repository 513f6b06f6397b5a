"""What the venue said about our orders in a run, and for how long each of them rested."""

from collections import Counter

import msgspec

from market_maker.model.actions import Place
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Rejected,
    RejectReason,
)
from market_maker.model.units import Lots, Nanos, OrderId
from market_maker.research.timeline import OrderInterval


class OrderLog:
    """What the venue said about our orders."""

    def __init__(self) -> None:
        self.placed: dict[OrderId, Place] = {}
        self.since: dict[OrderId, Nanos] = {}
        self.leaves: dict[OrderId, Lots] = {}
        self.ended: list[OrderInterval] = []
        self.rejects: Counter[RejectReason] = Counter()
        self.cancels_asked = 0
        self.cancelled = 0
        self.cancels_refused = 0

    def note(self, event: Event) -> None:
        """Take in one event; market data pass by."""
        match event:
            case Accepted(ts_event=ts, order_id=order_id):
                self.since[order_id] = ts
                self.leaves[order_id] = self.placed[order_id].size
            case Filled(ts_event=ts, order_id=order_id, size=size):
                self.leaves[order_id] = Lots(self.leaves[order_id] - size)
                if not self.leaves[order_id]:
                    self._end(order_id, ts)
            case Canceled(ts_event=ts, order_id=order_id):
                self.cancelled += 1
                self._end(order_id, ts)
            case Rejected(reason=reason):
                self.rejects[reason] += 1
            case CancelRejected():
                self.cancels_refused += 1
            case _:
                pass

    def _end(self, order_id: OrderId, ts: Nanos) -> None:
        order = self.placed[order_id]
        self.ended.append(OrderInterval(order.side, order.price, self.since.pop(order_id), ts))

    def intervals(self, end: Nanos) -> tuple[OrderInterval, ...]:
        """Every order's time on the book, none of it after `end`."""
        still = []
        for order_id, since in self.since.items():
            order = self.placed[order_id]
            still.append(OrderInterval(order.side, order.price, since, end))
        return tuple(
            msgspec.structs.replace(order, until=min(order.until, end))
            for order in (*self.ended, *still)
        )
