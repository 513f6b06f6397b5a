"""What waits for an engine's next turn: bounded, and with a rule for when it is full."""

from collections import deque

from market_maker.model.events import (
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Event,
    MarkPrice,
    Trade,
)

MAILBOX_CAPACITY = 4_096
MARKET_DATA = (BookSnapshot, BookDelta, BookTop, BookLost, Trade, MarkPrice)
"""Facts that newer facts replace. All others are ours alone and cannot be had again."""


class Mailbox:
    """First in, first out, up to `capacity` events.

    A full mailbox gives up the market data in it and says so by a BookLost, which makes the
    engine pull its quotes and wait for a snapshot. Order events and commands are never given
    up; there are at most a few for each order, and the message budget bounds those.
    """

    def __init__(self, capacity: int = MAILBOX_CAPACITY) -> None:
        assert capacity > 0, capacity
        self._capacity = capacity
        self._waiting: deque[Event] = deque()
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, event: Event) -> None:
        """Add one event."""
        if len(self._waiting) >= self._capacity and isinstance(event, MARKET_DATA):
            self._conflate(BookLost(event.ts_recv, "mailbox full"))
        self._waiting.append(event)

    def drain(self) -> tuple[Event, ...]:
        """Take everything that waits."""
        taken = tuple(self._waiting)
        self._waiting.clear()
        return taken

    def _conflate(self, notice: BookLost) -> None:
        kept = [event for event in self._waiting if not isinstance(event, MARKET_DATA)]
        self.conflated += len(self._waiting) - len(kept)
        self._waiting = deque(kept)
        self._waiting.append(notice)
