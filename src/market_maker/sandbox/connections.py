"""The venue's end of a connection: what it reports, and the account that trades through it."""

from collections import deque

from msgspec import Struct

from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    Rejected,
    Trade,
)
from market_maker.model.inbox import Inbox
from market_maker.model.orders import Side
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Lots, Nanos, OrderId, Ticks, Value
from market_maker.sandbox.latency import Channel
from market_maker.sandbox.reports import (
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    PublicTrade,
    Report,
)

FILLS_KEPT = 10_000
"""Fills that the venue remembers of each account, the latest."""


class VenueFill(Struct, frozen=True, gc=False):
    """One fill of an account, as the venue's own list has it. fee > 0 is a cost. client_order_id:
    as the account named its order."""

    ts_event: Nanos
    order_id: OrderId
    trade_id: int
    side: Side
    price: Ticks
    size: Lots
    fee: Value
    client_order_id: str = ""


class Subscription:
    """One listener: the market data, and the private events of the accounts routed to it.

    entry: the way of its requests for snapshots; feed: the way of market data. What has arrived
    waits in `inbox` until it is drained; one that is not drained drops its market data.
    """

    def __init__(self, entry: Channel, feed: Channel) -> None:
        self.entry = entry
        self.feed = feed
        self.inbox = Inbox()

    def drain(self) -> list[Event]:
        """Everything that has arrived since the last time, in order of arrival."""
        return self.inbox.drain()

    def receive(self, event: Event) -> None:
        """`event` arrives."""
        self.inbox.put(event)


class AccountLine:
    """An account of ours: its ways to and from the venue, and what the venue remembers: the latest
    FILLS_KEPT fills, of the last `fills_kept_for` only where that is said."""

    def __init__(
        self, entry: Channel, response: Channel, fills_kept_for: Nanos | None = None
    ) -> None:
        self.entry = entry
        self.response = response
        self.subscription: Subscription | None = None
        self.fills: deque[VenueFill] = deque(maxlen=FILLS_KEPT)
        self._fills_kept_for = fills_kept_for

    def note(self, fill: VenueFill) -> None:
        """One more fill; those that are too old by now are forgotten."""
        self.fills.append(fill)
        if self._fills_kept_for is not None:
            forgotten = fill.ts_event - self._fills_kept_for
            while self.fills[0].ts_event < forgotten:
                self.fills.popleft()


def venue_fill(fill: OrderFilled, now: Nanos) -> VenueFill:
    """What the venue keeps of a fill at `now`."""
    return VenueFill(**shared_fields(VenueFill, fill), ts_event=now)


def event_of(report: Report, sent: Nanos, received: Nanos) -> Event:
    """`report` as an event for an engine."""
    name = report.client_order_id
    if isinstance(report, OrderFilled):
        return Filled(**shared_fields(Filled, report), ts_event=sent, ts_recv=received)
    if isinstance(report, OrderRejected):
        return Rejected(sent, received, report.order_id, report.reason, name)
    if isinstance(report, OrderAccepted):
        return Accepted(sent, received, report.order_id, name)
    if isinstance(report, OrderCanceled):
        return Canceled(sent, received, report.order_id, name)
    return CancelRejected(sent, received, report.order_id, gone=True, client_order_id=name)


def trade_event(trade: PublicTrade, now: Nanos) -> Trade:
    """`trade` as a public event; ts_recv is yet to be set."""
    return Trade(
        ts_event=now,
        ts_recv=now,
        price=trade.price,
        size=trade.size,
        aggressor=trade.aggressor,
    )
