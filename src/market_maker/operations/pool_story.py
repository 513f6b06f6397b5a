"""What became of a pool: versions of its configuration with their differences, and its events."""

from collections.abc import AsyncIterator

from market_maker.journaling.audit import DONE
from market_maker.model.alerts import AlertCriteria
from market_maker.model.errors import NotFoundError
from market_maker.model.records import AuditCriteria, AuditRecord
from market_maker.model.units import Nanos
from market_maker.operations.pool_events import (
    EventKind,
    PoolEvent,
    alert_events,
    call_events,
    move_event,
)
from market_maker.operations.pool_versions import (
    VERSION_ACTIONS,
    PoolVersion,
    PoolVersionInFull,
    version_of,
)
from market_maker.ports import Store, Unit

RECORDS_MAX = 1_000
"""Of each source, the newest."""
MEMBERS_MAX = 100
MARKS = (EventKind.STATE, EventKind.HALT, EventKind.RESTART, EventKind.CONFIG, EventKind.MEMBER)
"""What a series is marked with."""


class PoolStory:
    """Read from the audit log, the stored moves and the alerts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def versions(self, symbol: str) -> tuple[PoolVersion, ...]:
        """Newest first. Raises NotFoundError for a symbol that never had a pool."""
        return tuple(each.version for each in await self._versions(symbol))

    async def version(self, symbol: str, number: int) -> PoolVersionInFull:
        """Raises NotFoundError."""
        for each in await self._versions(symbol):
            if each.version.version == number:
                return each
        raise NotFoundError("version", str(number), f"of {symbol}")

    async def events(self, symbol: str, since: Nanos, until: Nanos) -> tuple[PoolEvent, ...]:
        """since <= ts < until, newest first."""
        async with self._store.reading() as unit:
            moves = await unit.states.page(symbol, RECORDS_MAX)
            alerts = await unit.alerts.page(AlertCriteria(symbol=symbol), RECORDS_MAX)
            calls = [call async for call in _calls(unit, symbol, since, until)]
        found = [move_event(move) for move in moves.items]
        found += [event for alert in alerts.items for event in alert_events(alert)]
        found += [event for call in calls for event in call_events(call)]
        within = [event for event in found if since <= event.ts < until]
        return tuple(sorted(within, key=lambda event: event.ts, reverse=True))

    async def marks(self, symbol: str, since: Nanos, until: Nanos) -> tuple[PoolEvent, ...]:
        """The events that a series of the pool is marked with, oldest first."""
        events = await self.events(symbol, since, until)
        return tuple(event for event in reversed(events) if event.kind in MARKS)

    async def _versions(self, symbol: str) -> tuple[PoolVersionInFull, ...]:
        async with self._store.reading() as unit:
            page = await unit.audit.page(AuditCriteria(target=symbol), RECORDS_MAX)
        records = [
            each for each in page.items if each.action in VERSION_ACTIONS and each.result == DONE
        ]
        if not records:
            raise NotFoundError("pool", symbol)
        return tuple(map(version_of, records))


async def _calls(unit: Unit, symbol: str, since: Nanos, until: Nanos) -> AsyncIterator[AuditRecord]:
    """Of the pool and of its members."""
    members = await unit.members.of_pool(symbol)
    names = [f"{symbol}/{row.member.participant_id}" for row in members[:MEMBERS_MAX]]
    for target in (symbol, *names):
        criteria = AuditCriteria(target=target, since=since, until=until)
        for record in (await unit.audit.page(criteria, RECORDS_MAX)).items:
            yield record
