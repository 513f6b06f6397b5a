"""A venue that does what a test asks: a market that stands still, accounts that fill on demand.

It can be mute (its lists are not to be had), have an old list (of `listed_at`), deaf (cancels are
ignored), or broken (an exception out of the adapter itself).
"""

from typing_extensions import override

from market_maker.model.actions import Place
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import Accepted, BookTop, Canceled, Event, Filled
from market_maker.model.orders import Order, OrderState
from market_maker.ports import NEVER
from market_maker.venues.tracking import SentOrders

BID, ASK = 999_995, 1_000_005
TOP_INTERVAL = 100_000_000


class QuietVenue:
    def __init__(self, now: int) -> None:
        self.now = now
        self.top = (BID, ASK)
        self.open: dict[int, Order] = {}
        self.places: dict[int, Place] = {}
        self.sent = SentOrders()
        self.mute = self.deaf = self.broken = self.silent = False
        self.listed_at: int | None = None
        self.placed: list[int] = []
        self.cancelled: list[int] = []
        self._inbox: list[Event] = []
        self._told = 0
        self._trade_id = 0

    def poll(self, now: int) -> list[Event]:
        if self.broken:
            raise ZeroDivisionError("the adapter is broken")
        self.now = now
        if now - self._told >= TOP_INTERVAL and not self.silent:
            self._told = now
            self._inbox.append(BookTop(now, now, self.top[0], 50, self.top[1], 50))
        events, self._inbox = self._inbox, []
        return [event for event in events if self.sent.note(now, event)]

    def due(self, now: int) -> int:
        return now

    def request_snapshot(self, now: int) -> None:
        self._told = min(self._told, now - TOP_INTERVAL)

    def place(self, now: int, order: Place) -> None:
        self.placed.append(order.order_id)
        self.places[order.order_id] = order
        self.sent.placed(now, order)
        self.open[order.order_id] = Order(
            order.order_id,
            order.member,
            order.side,
            order.level,
            order.price,
            order.size,
            order.size,
            OrderState.LIVE,
        )
        self._inbox.append(Accepted(now, now, order.order_id))

    def cancel(self, now: int, *order_ids: int) -> None:
        for order_id in order_ids:
            self.cancelled.append(order_id)
            if not self.deaf and self.open.pop(order_id, None) is not None:
                self._inbox.append(Canceled(now, now, order_id))

    def open_orders(self, now: int, after: int = -1) -> tuple[Order, ...]:
        if self.mute:
            raise VenueUnavailableError(f"no answer at {now}")
        if self.listed_at is not None and self.listed_at <= after:
            raise VenueUnavailableError(f"the list is of {self.listed_at}")
        return tuple(self.open.values())

    def fill(self, order_id: int, size: int | None = None, fee: int = 0) -> Filled:
        """Fill an order, by default all of it; what the venue reports."""
        order = self.open.pop(order_id)
        self._trade_id += 1
        lots = order.leaves if size is None else size
        if lots < order.leaves:
            self.open[order_id] = Order(
                order_id,
                order.member,
                order.side,
                order.level,
                order.price,
                order.size,
                order.leaves - lots,
                OrderState.LIVE,
            )
        event = Filled(self.now, self.now, order_id, self._trade_id, order.price, lots, fee)
        self._inbox.append(event)
        return event

    def say(self, *events: Event) -> None:
        self._inbox += events


class SleepingVenue(QuietVenue):
    """It says when something waits, so that a thousand engines need not be asked each
    ten milliseconds."""

    @override
    def due(self, now: int) -> int:
        if self._inbox:
            return now
        return NEVER if self.silent else self._told + TOP_INTERVAL


class SilentVenue(QuietVenue):
    """Its market has not been seen yet."""

    def __init__(self, now: int) -> None:
        super().__init__(now)
        self.silent = True
