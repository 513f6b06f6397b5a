"""What has arrived from a venue and waits for an engine's next turn: the one queue between them.

It is bounded, with a rule for when it is full: market data are given up and said to be lost, which
makes the engine pull its quotes and ask for a snapshot. Facts about orders are never given up;
there are at most a few for each order, and the message budget bounds those.
"""

from collections.abc import Callable, Iterable

from market_maker.model.events import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Event,
    MarkPrice,
    Trade,
)
from market_maker.model.units import Nanos

INBOX_CAPACITY = 4_096
"""Events, until market data are conflated."""

MARKET_DATA = (BookSnapshot, BookDelta, BookTop, BookLost, Trade, MarkPrice)
"""Facts that newer facts replace. All others are ours alone and cannot be had again."""

OVERFLOW = "market data came faster than the engine took it"


class Inbox:
    """First in, first out. conflated: market data that were given up, since the start. arrived:
    called when something waits where nothing did."""

    __slots__ = ("_arrived", "_capacity", "_waiting", "conflated")

    def __init__(
        self, capacity: int = INBOX_CAPACITY, arrived: Callable[[], None] = lambda: None
    ) -> None:
        assert capacity > 0, capacity
        self._capacity, self._arrived = capacity, arrived
        self._waiting: list[Event] = []
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, event: Event) -> None:
        """Add one event."""
        if len(self._waiting) >= self._capacity and isinstance(event, MARKET_DATA):
            self._conflate(event.ts_recv)
        self._waiting.append(event)
        if len(self._waiting) == 1:
            self._arrived()

    def extend(self, events: Iterable[Event]) -> None:
        """Add several."""
        for event in events:
            self.put(event)

    def drain(self) -> list[Event]:
        """Take everything that waits, in order of arrival."""
        taken, self._waiting = self._waiting, []
        return taken

    def _conflate(self, now: Nanos) -> None:
        kept = [event for event in self._waiting if not isinstance(event, MARKET_DATA)]
        self.conflated += len(self._waiting) - len(kept)
        self._waiting = [*kept, BookLost(now, OVERFLOW)]
