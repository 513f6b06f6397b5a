"""A bus within the process: a log of the last events, which readers follow at their own pace.

Publishing never waits, so that no slow reader can hold up the relay, and through it the outbox.
What falls out of the log before a reader came for it is lost to that reader alone, which learns it
how many that were; the outbox table still has them. This is how a topic with a bounded retention
behaves, too.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from market_maker.bus.topics import TOPICS
from market_maker.model.errors import BusRefusedError
from market_maker.model.records import OutboxRecord

CAPACITY = 10_000
"""Events kept."""
PAYLOAD_BYTES_MAX = 1_000_000
"""As Kafka's brokers have it by default."""


class Batch(Struct, frozen=True):
    """What a reader gets: events in the order in which they were published. missed: how many
    before them had fallen out of the log."""

    events: tuple[OutboxRecord, ...]
    missed: int


class MemoryBus:
    """ports.Bus. published: events since it was made."""

    def __init__(self, capacity: int = CAPACITY, topics: Sequence[str] = TOPICS) -> None:
        assert capacity > 0, capacity
        self._topics = frozenset(topics)
        self._kept: deque[OutboxRecord] = deque(maxlen=capacity)
        self._news = asyncio.Event()
        self.published = 0

    async def publish(self, event: OutboxRecord) -> None:
        if event.topic not in self._topics:
            raise BusRefusedError(f"there is no topic {event.topic!r}")
        if len(event.payload) > PAYLOAD_BYTES_MAX:
            raise BusRefusedError(f"{len(event.payload)} bytes are more than {PAYLOAD_BYTES_MAX}")
        self._kept.append(event)
        self.published += 1
        self._news.set()
        self._news = asyncio.Event()

    def subscribe(self, *topics: str) -> "Reader":
        """A reader of `topics`, of all where none is named, from now on."""
        unknown = [topic for topic in topics if topic not in self._topics]
        assert not unknown, unknown
        return Reader(self, frozenset(topics) or self._topics)

    async def after(self, position: int) -> None:
        """Return once more than `position` events have been published."""
        while self.published <= position:
            await self._news.wait()

    def since(self, position: int) -> Batch:
        """Everything published after the first `position` events."""
        fresh = self.published - position
        kept = min(fresh, len(self._kept))
        events = [self._kept[index] for index in range(len(self._kept) - kept, len(self._kept))]
        return Batch(tuple(events), fresh - kept)


class Reader:
    """Follows some topics of a bus."""

    def __init__(self, bus: MemoryBus, topics: frozenset[str]) -> None:
        self._bus, self._topics = bus, topics
        self._position = bus.published

    async def take(self) -> Batch:
        """Everything that is new; waits until something is. `missed` counts events of all
        topics."""
        while True:
            await self._bus.after(self._position)
            batch = self._bus.since(self._position)
            self._position = self._bus.published
            mine = tuple(event for event in batch.events if event.topic in self._topics)
            if mine or batch.missed:
                return Batch(mine, batch.missed)
