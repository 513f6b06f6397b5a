"""The sandbox exchange as a venue: each member trades under an account of its own.

Reports can be lost, doubled or late. So a request that stays unanswered becomes an Unanswered,
and on a timer the exchange is asked what is open and what was filled; its answers come back as
the same events that were missed.
"""

from collections.abc import Sequence

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
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId
from market_maker.sandbox.connections import VenueFill
from market_maker.sandbox.market import SandboxMarket

ANSWER_WITHIN = Nanos(2 * NANOS_PER_SECOND)
"""A request without an answer for so long has an unknown fate."""

SWEEP_INTERVAL = Nanos(NANOS_PER_SECOND)
"""How often the exchange is asked for its own lists."""

FILL_GRACE = Nanos(3 * NANOS_PER_SECOND)
"""A fill that is on the exchange's list may take so long to be reported before it is missed."""

ABSENCES_FOR_PROOF = 2
"""How often in a row an order must be missing from the list before it counts as gone."""


class _Sent:
    """An order of ours that may be open. placed_at, cancelled_at: when it was asked for, None
    once that is answered. doubtful: its fate is to be found on the exchange's list; absent: how
    often in a row it was not there."""

    __slots__ = ("absent", "cancelled_at", "doubtful", "leaves", "order", "placed_at", "trades")

    def __init__(self, order: Place, now: Nanos) -> None:
        self.order = order
        self.leaves: int = order.size
        self.placed_at: Nanos | None = now
        self.cancelled_at: Nanos | None = None
        self.doubtful = False
        self.absent = 0
        self.trades: list[int] = []

    def unanswered(self, now: Nanos) -> bool:
        """Whether a request has waited for too long."""
        asked = (self.placed_at, self.cancelled_at)
        return any(at is not None and now - at >= ANSWER_WITHIN for at in asked)

    def doubt(self) -> None:
        """No answer is expected any more; the list will tell."""
        self.placed_at = self.cancelled_at = None
        self.doubtful = True


class SandboxVenue:
    """MarketData and Orders of one market. Time comes with the calls and never goes back."""

    def __init__(self, market: SandboxMarket, members: Sequence[ParticipantId], now: Nanos) -> None:
        self._market = market
        self._subscription = market.subscribe(now, members)
        self._members = list(members)
        self._sent: dict[OrderId, _Sent] = {}
        self._own: list[Event] = []
        self._reported: set[tuple[OrderId, int]] = set()
        self._missing: dict[tuple[OrderId, int], VenueFill] = {}
        self._listed = dict.fromkeys(members, 0)
        self._swept = now

    def place(self, now: Nanos, order: Place) -> None:
        if order.member not in self._listed:
            self._market.route(order.member, self._subscription)
            self._members.append(order.member)
            self._listed[order.member] = 0
        self._sent[order.order_id] = _Sent(order, now)
        self._market.place(now, order.member, order)

    def cancel(self, now: Nanos, order_id: OrderId) -> None:
        sent = self._sent.get(order_id)
        if sent is None:
            # It was proved gone after this was decided; the exchange would say the same.
            self._own.append(CancelRejected(now, now, order_id, gone=True))
            return
        if sent.cancelled_at is None:
            sent.cancelled_at = now
        self._market.cancel(now, sent.order.member, order_id)

    def open_orders(self, now: Nanos) -> tuple[Order, ...]:
        self._market.advance(now)
        return tuple(
            Order(
                order_id=listed.order_id,
                member=member,
                side=listed.side,
                level=self._level(listed.order_id),
                price=listed.price,
                size=listed.size,
                leaves=listed.leaves,
                state=OrderState.LIVE,
            )
            for member in self._members
            for listed in self._market.open_orders(member)
        )

    def position(self, member: ParticipantId) -> Lots:
        """What the exchange holds for `member`, signed lots."""
        return self._market.position(member)

    def request_snapshot(self, now: Nanos) -> None:
        self._market.request_snapshot(now, self._subscription)

    def poll(self, now: Nanos) -> list[Event]:
        self._market.advance(now)
        events, self._own = [*self._own, *self._subscription.drain()], []
        for event in events:
            self._note(event)
        events += self._overdue(now)
        if now - self._swept >= SWEEP_INTERVAL:
            self._swept = now
            events += self._sweep(now)
        return events

    def _level(self, order_id: OrderId) -> int:
        sent = self._sent.get(order_id)
        return sent.order.level if sent else 0

    def _note(self, event: Event) -> None:
        """What has arrived changes what is still to be expected."""
        match event:
            case Filled():
                self._filled(event)
            case Accepted(order_id=order_id) if order_id in self._sent:
                self._sent[order_id].placed_at = None
            case Rejected(order_id=order_id) | Canceled(order_id=order_id):
                self._sent.pop(order_id, None)
            case CancelRejected(order_id=order_id) if order_id in self._sent:
                # Most often it was filled, and the fill is on its way; the list will tell.
                self._sent[order_id].doubt()

    def _filled(self, fill: Filled) -> None:
        self._reported.add((fill.order_id, fill.trade_id))
        self._missing.pop((fill.order_id, fill.trade_id), None)
        sent = self._sent.get(fill.order_id)
        if sent is None or fill.trade_id in sent.trades:
            return
        sent.trades.append(fill.trade_id)
        sent.placed_at = None
        sent.leaves -= fill.size
        if sent.leaves <= 0:
            del self._sent[fill.order_id]

    def _overdue(self, now: Nanos) -> list[Event]:
        events: list[Event] = []
        for order_id, sent in self._sent.items():
            if sent.unanswered(now):
                sent.doubt()
                events.append(Unanswered(now, order_id))
        return events

    def _sweep(self, now: Nanos) -> list[Event]:
        """Ask for fills and open orders, and tell what was missed."""
        for member in self._members:
            self._compare_fills(member)
        self._reported.clear()
        late = [key for key, fill in self._missing.items() if now - fill.ts_event >= FILL_GRACE]
        events = [self._found(now, key) for key in late]
        listed = {order.order_id for order in self.open_orders(now)}
        for order_id, sent in list(self._sent.items()):
            events += self._judge(now, sent, listed=order_id in listed)
        return events

    def _compare_fills(self, member: ParticipantId) -> None:
        known = self._listed[member]
        for fill in reversed(self._market.fills(member)):
            if fill.trade_id <= known:
                break
            self._listed[member] = max(self._listed[member], fill.trade_id)
            key = (fill.order_id, fill.trade_id)
            if key not in self._reported:
                self._missing[key] = fill

    def _found(self, now: Nanos, key: tuple[OrderId, int]) -> Event:
        fill = self._missing[key]
        event = Filled(
            ts_event=fill.ts_event,
            ts_recv=now,
            order_id=fill.order_id,
            trade_id=fill.trade_id,
            price=fill.price,
            size=fill.size,
            fee=fill.fee,
        )
        self._filled(event)
        return event

    def _judge(self, now: Nanos, sent: _Sent, *, listed: bool) -> list[Event]:
        order_id = sent.order.order_id
        if listed:
            sent.absent = 0
            if not sent.doubtful:
                return []
            sent.doubtful = False
            return [Accepted(now, now, order_id)]
        if sent.placed_at is not None or order_id not in self._sent:
            return []
        sent.absent += 1
        if sent.absent < ABSENCES_FOR_PROOF:
            return []
        events = [self._found(now, key) for key in list(self._missing) if key[0] == order_id]
        if self._sent.pop(order_id, None) is not None:
            events.append(Canceled(now, now, order_id))
        return events
