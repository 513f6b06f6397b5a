"""The outside world on one page. Adapters satisfy these by shape.

All are handed over to and asked, never waited for: what happens comes back as events.
"""

from typing import Protocol

from market_maker.model.actions import Place, Turn
from market_maker.model.events import Event
from market_maker.model.orders import Order
from market_maker.model.units import Nanos, OrderId


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> Nanos:
        """The time; never earlier than the last answer."""

    def sleep(self, span: Nanos) -> None:
        """Return `span` later, or somewhat earlier when a signal arrives."""


class MarketData(Protocol):
    """Where facts about the market, and about our orders, come from."""

    def poll(self, now: Nanos) -> list[Event]:
        """What has arrived by `now` and was not given before, in order of arrival."""

    def request_snapshot(self, now: Nanos) -> None:
        """Ask for the whole book; it comes back as an event. Asking again while an answer is
        on its way is harmless."""


class Orders(Protocol):
    """Where orders go. Every request is answered by an event, an Unanswered at worst."""

    def place(self, now: Nanos, order: Place) -> None:
        """Send a new order."""

    def cancel(self, now: Nanos, order_id: OrderId) -> None:
        """Ask for one order to be taken off the book."""

    def open_orders(self, now: Nanos) -> tuple[Order, ...]:
        """The venue's own list of what rests or may still come to rest for us: proof, not our
        memory. Raises VenueUnavailableError: a failed question proves nothing."""


class Journal(Protocol):
    """What an engine was told and what it asked, turn by turn."""

    def append(self, turn: Turn) -> None:
        """Keep one turn."""
