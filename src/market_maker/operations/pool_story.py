"""What became of a pool: versions of its configuration with their differences, and its events."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.journaling.audit import DONE, restored
from market_maker.model.alerts import AlertCriteria, AlertRecord
from market_maker.model.errors import NotFoundError
from market_maker.model.loosening import loosened_limits
from market_maker.model.pool import PoolConfig
from market_maker.model.records import AuditCriteria, AuditRecord, StateRecord
from market_maker.model.units import Nanos
from market_maker.ports import Store, Unit

RECORDS_MAX = 1_000
"""Of each source, the newest."""
MEMBERS_MAX = 100
VERSION_ACTIONS = ("pool.create", "pool.replace")
NOT_COMPARED = ("symbol", "version", "members")
QUIET_ACTIONS = (*VERSION_ACTIONS, "alert.acknowledge")
"""Actions that have an event of another kind."""


class FieldChange(Struct, frozen=True, kw_only=True):
    """One field: as it was and as it became, as text; before: null in the first version. loosens:
    whether a limit holds less."""

    field: str
    before: str | None
    after: str
    loosens: bool


class PoolVersion(Struct, frozen=True, kw_only=True):
    """A version of a configuration. by: who made it. Numbers may be left out between two: members
    that come and go count as versions too."""

    version: int
    at: Nanos
    by: str
    changed: tuple[FieldChange, ...]


class PoolVersionInFull(Struct, frozen=True, kw_only=True):
    """One version with everything in it."""

    version: PoolVersion
    config: PoolConfig


class EventKind(StrEnum):
    """What an event is about. refused: a command that the rules did not allow."""

    STATE = "state"
    CONFIG = "config"
    MEMBER = "member"
    COMMAND = "command"
    REFUSED = "refused"
    ALERT = "alert"


class PoolEvent(Struct, frozen=True, kw_only=True):
    """Something that happened. by: who did it, empty where no one did."""

    ts: Nanos
    kind: EventKind
    text: str
    by: str


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
        raise NotFoundError("version", f"{number} of {symbol}")

    async def events(self, symbol: str, since: Nanos, until: Nanos) -> tuple[PoolEvent, ...]:
        """since <= ts < until, newest first."""
        async with self._store.reading() as unit:
            moves = await unit.states.page(symbol, RECORDS_MAX)
            alerts = await unit.alerts.page(AlertCriteria(symbol=symbol), RECORDS_MAX)
            calls = [call async for call in _calls(unit, symbol, since, until)]
        found = [_moved(move) for move in moves.items]
        found += [event for alert in alerts.items for event in _alerted(alert)]
        found += [event for call in calls for event in _called(call)]
        within = [event for event in found if since <= event.ts < until]
        return tuple(sorted(within, key=lambda event: event.ts, reverse=True))

    async def _versions(self, symbol: str) -> tuple[PoolVersionInFull, ...]:
        async with self._store.reading() as unit:
            page = await unit.audit.page(AuditCriteria(target=symbol), RECORDS_MAX)
        records = [
            each for each in page.items if each.action in VERSION_ACTIONS and each.result == DONE
        ]
        if not records:
            raise NotFoundError("pool", symbol)
        return tuple(map(_version, records))


async def _calls(unit: Unit, symbol: str, since: Nanos, until: Nanos) -> AsyncIterator[AuditRecord]:
    """Of the pool and of its members."""
    members = await unit.members.of_pool(symbol)
    names = [f"{symbol}/{row.member.participant_id}" for row in members[:MEMBERS_MAX]]
    for target in (symbol, *names):
        criteria = AuditCriteria(target=target, since=since, until=until)
        for record in (await unit.audit.page(criteria, RECORDS_MAX)).items:
            yield record


def _version(record: AuditRecord) -> PoolVersionInFull:
    after = restored(record.after, PoolConfig)
    before = restored(record.before, PoolConfig) if record.before else None
    version = PoolVersion(
        version=after.version,
        at=record.ts,
        by=record.subject,
        changed=tuple(_changes(before, after)),
    )
    return PoolVersionInFull(version=version, config=after)


def _changes(before: PoolConfig | None, after: PoolConfig) -> Iterator[FieldChange]:
    loosened = () if before is None else loosened_limits(before, after)
    for name in after.__struct_fields__:
        now = getattr(after, name)
        then = None if before is None else getattr(before, name)
        if name not in NOT_COMPARED and now != then:
            yield FieldChange(
                field=name,
                before=None if before is None else _text(then),
                after=_text(now),
                loosens=name in loosened,
            )


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {each}" for name, each in sorted(value.items()))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moved(state: StateRecord) -> PoolEvent:
    text = f"{state.state}: {state.reason}"
    return PoolEvent(ts=state.ts, kind=EventKind.STATE, text=text, by=state.by)


def _alerted(alert: AlertRecord) -> Iterator[PoolEvent]:
    words = f"{alert.severity}: {alert.text}"
    yield PoolEvent(ts=alert.since, kind=EventKind.ALERT, text=words, by="")
    if alert.acknowledged_at is not None:
        seen = f"acknowledged: {alert.text}" + (f" ({alert.note})" if alert.note else "")
        yield PoolEvent(
            ts=alert.acknowledged_at, kind=EventKind.ALERT, text=seen, by=alert.acknowledged_by
        )
    if alert.cleared_at is not None:
        yield PoolEvent(
            ts=alert.cleared_at, kind=EventKind.ALERT, text=f"cleared: {alert.text}", by=""
        )


def _called(record: AuditRecord) -> Iterator[PoolEvent]:
    if record.result != DONE:
        text, kind = f"{record.action}: {record.result}", EventKind.REFUSED
    elif record.action in VERSION_ACTIONS:
        version = _version(record).version
        fields = ", ".join(change.field for change in version.changed) or "nothing changed"
        text = f"configuration, version {version.version}"
        text += f": {fields}" if record.before else ""
        kind = EventKind.CONFIG
    elif record.action.startswith("member."):
        member = record.target.partition("/")[2]
        text, kind = f"{record.action}: {member}", EventKind.MEMBER
    elif record.action in QUIET_ACTIONS:
        return
    else:
        text = record.action + (f": {record.reason}" if record.reason else "")
        kind = EventKind.COMMAND
    yield PoolEvent(ts=record.ts, kind=kind, text=text, by=record.subject)
