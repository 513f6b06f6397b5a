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
                self.accepted(order_id, ts)
            case Filled(ts_event=ts, order_id=order_id, size=size):
                self.filled(order_id, ts, size)
            case Canceled(ts_event=ts, order_id=order_id):
                self.canceled(order_id, ts)
            case Rejected(reason=reason):
                self.rejects[reason] += 1
            case CancelRejected():
                self.cancels_refused += 1
            case _:
                pass

    def accepted(self, order_id: OrderId, ts: Nanos) -> None:
        """The order rests from `ts` on, the venue's clock."""
        self.since[order_id] = ts
        self.leaves[order_id] = self.placed[order_id].size

    def filled(self, order_id: OrderId, ts: Nanos, size: Lots) -> None:
        """So much of it was executed."""
        self.leaves[order_id] = left = Lots(self.leaves[order_id] - size)
        if not left:
            self._end(order_id, ts)

    def canceled(self, order_id: OrderId, ts: Nanos) -> None:
        """It rested until `ts`."""
        self.cancelled += 1
        self._end(order_id, ts)

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
            order if order.until <= end else msgspec.structs.replace(order, until=end)
            for order in (*self.ended, *still)
        )
