"""What we sent to a venue and what became of it, as far as the venue has said.

Reports can be lost, doubled or late. So a request that stays unanswered becomes an Unanswered,
and whenever the venue's own lists are at hand they are compared with what was reported; what was
missed comes back as the same events.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from market_maker.model.actions import Place
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Rejected,
    Unanswered,
)
from market_maker.model.orders import Order, OrderState
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId

ANSWER_WITHIN = Nanos(2 * NANOS_PER_SECOND)
"""A request without an answer for so long has an unknown fate."""

FILL_GRACE = Nanos(3 * NANOS_PER_SECOND)
"""A fill seen on the venue's list may take so long to be reported before it is missed."""

ABSENCES_FOR_PROOF = 2
"""How often in a row an order must be missing from the list before it counts as gone."""

REPORTED_KEPT = Nanos(60 * NANOS_PER_SECOND)
"""How long a reported fill is remembered that has not been seen on the venue's list."""


class _Sent:
    """An order of ours that may be open. placed_at, cancelled_at: when it was asked for, None
    once that is answered. heard_at: when the venue last spoke of it. doubtful: its fate is to be
    found on the venue's list, since `doubted_at`; absent: how often in a row it was not there.
    acknowledged: the venue has spoken of it."""

    __slots__ = (
        "absent",
        "acknowledged",
        "cancelled_at",
        "doubted_at",
        "doubtful",
        "heard_at",
        "leaves",
        "order",
        "placed_at",
        "trades",
    )

    def __init__(self, order: Place, now: Nanos) -> None:
        self.order = order
        self.leaves: int = order.size
        self.placed_at: Nanos | None = now
        self.cancelled_at: Nanos | None = None
        self.heard_at = now
        self.doubtful = False
        self.doubted_at = now
        self.acknowledged = False
        self.absent = 0
        self.trades: list[int] = []

    def shown(self) -> Order:
        """For readers."""
        order = self.order
        return Order(
            order_id=order.order_id,
            member=order.member,
            side=order.side,
            level=order.level,
            price=order.price,
            size=order.size,
            leaves=Lots(self.leaves),
            state=OrderState.LIVE if self.acknowledged else OrderState.UNKNOWN,
        )

    def unanswered(self, now: Nanos) -> bool:
        """Whether a request has waited for too long."""
        # Asked of every open order at every look at the venue.
        placed, cancelled = self.placed_at, self.cancelled_at
        return (placed is not None and now - placed >= ANSWER_WITHIN) or (
            cancelled is not None and now - cancelled >= ANSWER_WITHIN
        )

    def doubt(self, now: Nanos) -> None:
        """No answer is expected any more; the list will tell."""
        self.placed_at = self.cancelled_at = None
        if not self.doubtful:
            self.doubtful, self.doubted_at = True, now

    def heard(self, now: Nanos) -> None:
        """The venue has it."""
        self.placed_at = None
        self.acknowledged, self.heard_at = True, now


class Lists(Struct, frozen=True):
    """The venue's answers to questions that were asked at `asked_at`. fills: those that were on
    no list before, each once. open: of our orders, those on the book."""

    asked_at: Nanos
    fills: Sequence[Filled]
    open: Mapping[OrderId, object]


class OrderTracker:
    """Follows each order from its sending until its end is proved. absent_for: how long an order
    of which the venue never spoke must be missing from the lists to count as never accepted."""

    def __init__(self, absent_for: Nanos = Nanos(0)) -> None:
        self._absent_for = absent_for
        self._sent: dict[OrderId, _Sent] = {}
        self._reported: dict[tuple[OrderId, int], Nanos] = {}
        self._missing: dict[tuple[OrderId, int], tuple[Filled, Nanos]] = {}

    def __len__(self) -> int:
        """How many orders may be open."""
        return len(self._sent)

    def order(self, order_id: OrderId) -> Place | None:
        """What was sent; None once its end is proved."""
        sent = self._sent.get(order_id)
        return sent.order if sent else None

    def orders(self) -> list[Order]:
        """All that may be open; LIVE where the venue has spoken of it."""
        return [sent.shown() for sent in self._sent.values()]

    def placed(self, now: Nanos, order: Place) -> None:
        """It is being sent."""
        self._sent[order.order_id] = _Sent(order, now)

    def cancelling(self, now: Nanos, order_id: OrderId) -> None:
        """A cancel is being sent."""
        sent = self._sent[order_id]
        if sent.cancelled_at is None:
            sent.cancelled_at = now

    def failed(self, now: Nanos, order_id: OrderId) -> list[Event]:
        """A request about it came to nothing that we could read: its fate is unknown."""
        sent = self._sent.get(order_id)
        if sent is None:
            return []
        sent.doubt(now)
        return [Unanswered(now, order_id)]

    def note(self, now: Nanos, event: Event) -> None:
        """What has arrived changes what is still to be expected."""
        match event:
            case Filled():
                self._filled(now, event)
            case Accepted(order_id=order_id) if order_id in self._sent:
                self._sent[order_id].heard(now)
            case Rejected(order_id=order_id) | Canceled(order_id=order_id):
                self._sent.pop(order_id, None)
            case CancelRejected(order_id=order_id) if order_id in self._sent:
                # Most often it was filled, and the fill is on its way; the list will tell.
                self._sent[order_id].doubt(now)

    def overdue(self, now: Nanos) -> list[Event]:
        """Unanswered, of each order of which an answer has not come in time."""
        late = [order_id for order_id, sent in self._sent.items() if sent.unanswered(now)]
        return [event for order_id in late for event in self.failed(now, order_id)]

    def compare(self, now: Nanos, lists: Lists) -> list[Event]:
        """What the lists say and nobody told: missed fills, orders found or proved to be gone."""
        for fill in lists.fills:
            key = (fill.order_id, fill.trade_id)
            if self._reported.pop(key, None) is None:
                self._missing[key] = (fill, now)
        self._forget(now)
        late = [key for key, (_, seen) in self._missing.items() if now - seen >= FILL_GRACE]
        events = [self._found(now, key) for key in late]
        for order_id, sent in list(self._sent.items()):
            if sent.heard_at <= lists.asked_at:
                events += self._judge(now, sent, listed=order_id in lists.open)
        return events

    def _forget(self, now: Nanos) -> None:
        old = [key for key, at in self._reported.items() if now - at >= REPORTED_KEPT]
        for key in old:
            del self._reported[key]

    def _filled(self, now: Nanos, fill: Filled) -> None:
        key = (fill.order_id, fill.trade_id)
        if self._missing.pop(key, None) is None:
            self._reported[key] = now
        sent = self._sent.get(fill.order_id)
        if sent is None or fill.trade_id in sent.trades:
            return
        sent.trades.append(fill.trade_id)
        sent.heard(now)
        sent.leaves -= fill.size
        if sent.leaves <= 0:
            del self._sent[fill.order_id]

    def _found(self, now: Nanos, key: tuple[OrderId, int]) -> Event:
        fill, _ = self._missing[key]
        event = Filled(
            ts_event=fill.ts_event,
            ts_recv=now,
            order_id=fill.order_id,
            trade_id=fill.trade_id,
            price=fill.price,
            size=fill.size,
            fee=fill.fee,
        )
        self._filled(now, event)
        return event

    def _judge(self, now: Nanos, sent: _Sent, *, listed: bool) -> list[Event]:
        order_id = sent.order.order_id
        if listed:
            sent.absent = 0
            if not sent.doubtful:
                return []
            sent.doubtful, sent.acknowledged = False, True
            return [Accepted(now, now, order_id)]
        if sent.placed_at is not None or order_id not in self._sent:
            return []
        if not sent.acknowledged and now - sent.doubted_at < self._absent_for:
            return []
        sent.absent += 1
        if sent.absent < ABSENCES_FOR_PROOF:
            return []
        events = [self._found(now, key) for key in list(self._missing) if key[0] == order_id]
        if self._sent.pop(order_id, None) is not None:
            events.append(Canceled(now, now, order_id))
        return events
