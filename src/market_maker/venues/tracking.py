"""What we sent to a venue and what became of it, as far as the venue has said.

Reports can be lost, doubled or late. So a request that stays unanswered becomes an Unanswered,
and whenever the venue's own lists are at hand they are compared with what was reported; what was
missed comes back as the same events.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

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
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId
from market_maker.ports import NEVER

ANSWER_WITHIN = Nanos(2 * NANOS_PER_SECOND)
"""A request without an answer for so long has an unknown fate."""

FILL_GRACE = Nanos(3 * NANOS_PER_SECOND)
"""A fill seen on the venue's list may take so long to be reported before it is missed."""

ABSENCES_FOR_PROOF = 2
"""How often in a row an order must be missing from the list before it counts as gone."""

REPORTED_KEPT = Nanos(60 * NANOS_PER_SECOND)
"""How long a reported fill is remembered that has not been seen on the venue's list."""


ENDED_KEPT = 250
ENDED_KEPT_FOR = Nanos(60 * NANOS_PER_SECOND)
"""Orders that are over and whose late news can still be attributed: the latest, of so long. A fill
that comes later still is found by reconciliation on the venue's list, its order in the store."""


def shown(place: Place, leaves: Lots, state: OrderState) -> Order:
    """An order that was asked for, for readers."""
    return Order(**shared_fields(Order, place), leaves=leaves, state=state)


class SentOrder:
    """An order that went out, and for a while after its end. order: as it was placed, with its
    name and account. filled: lots of it, each execution counted once. over: its end is proved.
    late: the execution that was counted last came after that.

    placed_at, cancelled_at: when it was asked for, None once that is answered. heard_at: when the
    venue last reported it. doubtful: its fate is to be found on the venue's list, since
    `doubted_at`; absent: how often in a row it was not there. acknowledged: the venue has reported
    of it."""

    __slots__ = (
        "absent",
        "acknowledged",
        "cancelled_at",
        "doubted_at",
        "doubtful",
        "filled",
        "heard_at",
        "late",
        "order",
        "over",
        "placed_at",
        "trades",
    )

    def __init__(self, order: Place, now: Nanos) -> None:
        self.order = order
        self.filled = 0
        self.over = self.late = False
        self.placed_at: Nanos | None = now
        self.cancelled_at: Nanos | None = None
        self.heard_at = now
        self.doubtful = False
        self.doubted_at = now
        self.acknowledged = False
        self.absent = 0
        # Made with the first: most orders are never filled, and up to 250 are remembered.
        self.trades: set[int] | None = None

    @property
    def complete(self) -> bool:
        """Nothing is left to fill."""
        return self.filled >= self.order.size

    def shown(self) -> Order:
        """For readers."""
        leaves = Lots(max(0, self.order.size - self.filled))
        state = OrderState.LIVE if self.acknowledged else OrderState.UNKNOWN
        return shown(self.order, leaves, state)

    def unanswered(self, now: Nanos) -> bool:
        """Whether a request has waited for too long."""
        asked_at = self.asked_at
        return asked_at is not None and now - asked_at >= ANSWER_WITHIN

    @property
    def asked_at(self) -> Nanos | None:
        """When the oldest request about it went out that is not answered; None without one."""
        asked = [at for at in (self.placed_at, self.cancelled_at) if at is not None]
        return min(asked, default=None)

    def doubt(self, now: Nanos) -> None:
        """No answer is expected any more; the list decides."""
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


class SentOrders:
    """The one memory of what went out: follows each order from its sending until its end is proved,
    and for a while after; the venue and the gateway in front of it share it. It is also the one
    place where an execution that is reported twice is counted once.

    absent_for: how long an order that the venue never reported must be missing from the lists to
    count as never accepted."""

    def __init__(self, absent_for: Nanos = Nanos(0)) -> None:
        self._absent_for = absent_for
        self._open: dict[OrderId, SentOrder] = {}
        self._ended: OrderedDict[OrderId, tuple[Nanos, SentOrder]] = OrderedDict()
        self._by_name: dict[str, SentOrder] = {}
        self._reported: dict[tuple[OrderId, int], Nanos] = {}
        self._missing: dict[tuple[OrderId, int], tuple[Filled, Nanos]] = {}
        # No request is unanswered for too long before: asked at every step of an engine.
        self._overdue_at = NEVER

    def __len__(self) -> int:
        """How many orders may be open."""
        return len(self._open)

    def order(self, order_id: OrderId) -> Place | None:
        """What was sent; None once its end is proved."""
        sent = self._open.get(order_id)
        return sent.order if sent else None

    def find(self, order_id: OrderId) -> SentOrder | None:
        """An order that may be open or ended lately; None for others."""
        sent = self._open.get(order_id)
        if sent is None and order_id in self._ended:
            sent = self._ended[order_id][1]
        return sent

    def named(self, client_order_id: str) -> SentOrder | None:
        """The same, by its name."""
        return self._by_name.get(client_order_id)

    def orders(self) -> list[Order]:
        """All that may be open; LIVE where the venue has spoken of it."""
        return [sent.shown() for sent in self._open.values()]

    def placed(self, now: Nanos, order: Place) -> None:
        """It is being sent."""
        self._overdue_at = min(self._overdue_at, Nanos(now + ANSWER_WITHIN))
        sent = self._open[order.order_id] = SentOrder(order, now)
        if order.client_order_id:
            self._by_name[order.client_order_id] = sent

    def cancelling(self, now: Nanos, order_id: OrderId) -> None:
        """A cancel is being sent."""
        sent = self._open[order_id]
        if sent.cancelled_at is None:
            sent.cancelled_at = now
            self._overdue_at = min(self._overdue_at, Nanos(now + ANSWER_WITHIN))

    def failed(self, now: Nanos, order_id: OrderId) -> list[Event]:
        """A request about it came to nothing that we could read: its fate is unknown."""
        sent = self._open.get(order_id)
        if sent is None:
            return []
        sent.doubt(now)
        return [Unanswered(now, order_id, sent.order.client_order_id)]

    def note(self, now: Nanos, event: Event) -> bool:
        """What has arrived changes what is still to be expected. Returns whether it is news: an
        execution that was counted already is not."""
        match event:
            case Filled():
                return self._filled(now, event)
            case Accepted(order_id=order_id) if order_id in self._open:
                self._open[order_id].heard(now)
            case Rejected(order_id=order_id) | Canceled(order_id=order_id):
                self._end(now, order_id)
            case CancelRejected(order_id=order_id) if order_id in self._open:
                # Most often it was filled, and the fill is on its way; the list decides.
                self._open[order_id].doubt(now)
            case _:
                pass
        return True

    def booked(self, now: Nanos, order_id: OrderId, trade_id: int, size: Lots) -> bool:
        """An execution that was found elsewhere (in the venue's list, by reconciliation) is to be
        counted. Returns whether it is news."""
        sent = self.find(order_id)
        return sent is None or self._count(now, sent, trade_id, size)

    def overdue(self, now: Nanos) -> list[Event]:
        """Unanswered, of each order of which an answer has not come in time."""
        if now < self._overdue_at:
            return []
        late = [order_id for order_id, sent in self._open.items() if sent.unanswered(now)]
        events = [event for order_id in late for event in self.failed(now, order_id)]
        waits = [sent.asked_at for sent in self._open.values()]
        ends = (Nanos(at + ANSWER_WITHIN) for at in waits if at is not None)
        self._overdue_at = min(ends, default=NEVER)
        return events

    def doubt_pending(self, now: Nanos) -> list[Event]:
        """The venue does not answer: every request that is under way has an unknown fate."""
        pending = [
            order_id
            for order_id, sent in self._open.items()
            if sent.placed_at is not None or sent.cancelled_at is not None
        ]
        return [event for order_id in pending for event in self.failed(now, order_id)]

    def compare(self, now: Nanos, lists: Lists) -> list[Event]:
        """What the lists show and no event reported: missed fills, orders found or proved to be
        gone."""
        for fill in lists.fills:
            key = (fill.order_id, fill.trade_id)
            if self._reported.pop(key, None) is None:
                self._missing[key] = (fill, now)
        self._forget(now)
        events = self.missed(now)
        for order_id, sent in list(self._open.items()):
            if sent.heard_at <= lists.asked_at:
                events += self._judge(now, sent, listed=order_id in lists.open)
        return events

    @property
    def in_doubt(self) -> bool:
        """Whether the venue's next list may decide what became of an order or an execution."""
        open_orders = self._open.values()
        return bool(self._missing) or any(sent.doubtful or sent.absent for sent in open_orders)

    def missed(self, now: Nanos) -> list[Event]:
        """Executions that were on a list a while ago and that no event has reported since."""
        late = [key for key, (_, seen) in self._missing.items() if now - seen >= FILL_GRACE]
        return [event for key in late for event in self._found(now, key)]

    def _forget(self, now: Nanos) -> None:
        old = [key for key, at in self._reported.items() if now - at >= REPORTED_KEPT]
        for key in old:
            del self._reported[key]

    def _filled(self, now: Nanos, fill: Filled) -> bool:
        key = (fill.order_id, fill.trade_id)
        if self._missing.pop(key, None) is None:
            self._reported[key] = now
        sent = self.find(fill.order_id)
        return sent is None or self._count(now, sent, fill.trade_id, fill.size)

    def _count(self, now: Nanos, sent: SentOrder, trade_id: int, size: Lots) -> bool:
        if sent.trades is None:
            sent.trades = set()
        elif trade_id in sent.trades:
            return False
        sent.trades.add(trade_id)
        sent.late = sent.over
        sent.filled += size
        sent.heard(now)
        if sent.complete:
            self._end(now, sent.order.order_id)
        return True

    def _end(self, now: Nanos, order_id: OrderId) -> None:
        """Its end is proved; it is remembered for a while."""
        sent = self._open.pop(order_id, None)
        if sent is None:
            return
        sent.over = True
        self._ended[order_id] = (now, sent)
        while self._ended:
            oldest, (ended_at, gone) = next(iter(self._ended.items()))
            if len(self._ended) <= ENDED_KEPT and now - ended_at <= ENDED_KEPT_FOR:
                return
            del self._ended[oldest]
            self._by_name.pop(gone.order.client_order_id, None)

    def _found(self, now: Nanos, key: tuple[OrderId, int]) -> list[Event]:
        """A missed execution, unless it was counted meanwhile."""
        fill = structs.replace(self._missing[key][0], ts_recv=now)
        return [fill] if self._filled(now, fill) else []

    def _judge(self, now: Nanos, sent: SentOrder, *, listed: bool) -> list[Event]:
        order_id, name = sent.order.order_id, sent.order.client_order_id
        if listed:
            sent.absent = 0
            if not sent.doubtful:
                return []
            sent.doubtful, sent.acknowledged = False, True
            return [Accepted(now, now, order_id, name)]
        if sent.placed_at is not None or sent.over:
            return []
        if not sent.acknowledged and now - sent.doubted_at < self._absent_for:
            return []
        sent.absent += 1
        if sent.absent < ABSENCES_FOR_PROOF:
            return []
        keys = [key for key in self._missing if key[0] == order_id]
        events = [event for key in keys for event in self._found(now, key)]
        if not sent.over:
            self._end(now, order_id)
            events.append(Canceled(now, now, order_id, name))
        return events
