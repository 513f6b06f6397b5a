"""The relay: takes committed events out of the outbox and puts them on the bus.

At least once: an event is marked as published after the bus has it, so a crash in between
publishes it again, under the same event_id. In order, for each key: after an event that could not
go out, nothing of its key goes out before it does. An event that the bus will never take is parked
and holds up its own key alone, until a person releases it (`market_maker outbox unpark`).
"""

import asyncio
from enum import Enum
from itertools import groupby
from operator import attrgetter

from msgspec import Struct

from market_maker.model.errors import BusRefusedError, BusUnavailableError
from market_maker.model.records import OutboxBacklog, OutboxRecord
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from market_maker.ports import Bus, Clock, Store, Unit
from market_maker.telemetry.logging import Logger

LEASE = Nanos(30 * NANOS_PER_SECOND)
"""How long a claim holds: the events of a relay that died are free after this."""
BATCH = 200
"""Events claimed at once."""
KEPT = Nanos(7 * 24 * NANOS_PER_HOUR)
"""How long published events stay in the table, for questions about the past."""

EMPTY = OutboxBacklog(0, 0, None)


class Fate(Enum):
    """What became of one event. HELD: behind another of its key that could not go out."""

    PUBLISHED = "published"
    HELD = "held"
    PARKED = "parked"


class RelayCounts(Struct):
    """Since the relay was made."""

    published: int = 0
    held: int = 0
    parked: int = 0


class Relay:
    """tally: what it did. backlog: what waited at its last reading; lag: how long, nanoseconds,
    the oldest of it had waited then."""

    def __init__(self, store: Store, bus: Bus, clock: Clock, log: Logger) -> None:
        self._store, self._bus, self._clock, self._log = store, bus, clock, log
        self.tally = RelayCounts()
        self.backlog = EMPTY
        self.lag = Nanos(0)
        self._refused_tries = 0

    async def step(self) -> bool:
        """Publish what waits, up to BATCH events; whether there may be more that can go out now.
        Raises StoreUnavailableError."""
        now = self._clock.now()
        await self._measure_backlog(now)
        if self.backlog.waiting == self.backlog.parked:
            return False
        events = await self._store.commit(lambda unit: unit.outbox.claim(now, LEASE, BATCH))
        fates = await self._published(events)
        await self._settle(fates)
        return len(events) == BATCH and Fate.PUBLISHED in fates.values()

    async def purge(self) -> int:
        """Delete what was published long ago; returns how many events that were."""
        async with self._store.transaction() as unit:
            return await unit.outbox.purge(Nanos(self._clock.now() - KEPT))

    async def _measure_backlog(self, now: Nanos) -> None:
        async with self._store.glimpse() as unit:
            self.backlog = await unit.outbox.backlog()
        oldest = self.backlog.oldest
        self.lag = Nanos(0 if oldest is None else max(0, now - oldest))

    async def _published(self, events: tuple[OutboxRecord, ...]) -> dict[str, Fate]:
        """The fate of each event, by id: keys side by side, one key's events in their order."""
        by_key = groupby(sorted(events, key=attrgetter("key")), key=attrgetter("key"))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._publish_key(list(own))) for _, own in by_key]
        return {event_id: fate for task in tasks for event_id, fate in task.result().items()}

    async def _publish_key(self, events: list[OutboxRecord]) -> dict[str, Fate]:
        fates = {event.event_id: Fate.HELD for event in events}
        for event in events:
            fates[event.event_id] = await self._publish(event)
            if fates[event.event_id] is not Fate.PUBLISHED:
                break
        return fates

    async def _publish(self, event: OutboxRecord) -> Fate:
        about = {"topic": event.topic, "key": event.key, "event_id": event.event_id}
        try:
            await self._bus.publish(event)
        except BusUnavailableError as error:
            # One line for an outage, however many events wait and however often each is tried.
            if not self._refused_tries:
                self._log.warning("events not published", problem=str(error), **about)
            self._refused_tries += 1
            return Fate.HELD
        except BusRefusedError as error:
            self._log.error("event parked with its key", problem=str(error), **about)
            return Fate.PARKED
        if self._refused_tries:
            self._log.info("events published again", tries=self._refused_tries)
            self._refused_tries = 0
        return Fate.PUBLISHED

    async def _settle(self, fates: dict[str, Fate]) -> None:
        def those(fate: Fate) -> list[str]:
            return [event_id for event_id, its in fates.items() if its is fate]

        async def settle(unit: Unit) -> None:
            await unit.outbox.published(those(Fate.PUBLISHED), self._clock.now())
            await unit.outbox.failed(those(Fate.HELD), park=False)
            await unit.outbox.failed(those(Fate.PARKED), park=True)

        await self._store.commit(settle)
        self.tally.published += len(those(Fate.PUBLISHED))
        self.tally.held += len(those(Fate.HELD))
        self.tally.parked += len(those(Fate.PARKED))
