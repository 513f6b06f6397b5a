"""The alerts that hold, kept in step with what the engines say, and who has acknowledged them."""

import asyncio
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from market_maker.execution.engines import Engines
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.alerts import AlertCondition, AlertCriteria, AlertRecord, AlertSeverity
from market_maker.model.caller import Caller
from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.history import DAY
from market_maker.model.records import Page
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.operations.alert_conditions import (
    announced,
    pool_conditions,
    service_conditions,
    shortage_conditions,
)
from market_maker.ports import Clock, Store, Unit

SEEN_BEFORE_WARNING = 3
"""Checks in a row, a second apart, that a WARNING must hold before it is an alert; a CRITICAL one
is at once."""

GONE_BEFORE_CLEARED = 5
"""Checks in a row without it before an alert is cleared: what trembles is one alert, not ten."""

KEPT = 90 * DAY
"""How long cleared alerts are kept."""

HOLDING_MAX = 1_000
"""Alerts that may hold at once; more are checked again when some are cleared."""

SLICE = Nanos(NANOS_PER_MS // 2)
"""Yield to the event loop after so much of a check: one of 300 pools takes tens of ms."""

Place = tuple[str, str]
"""Symbol and kind."""


class HeldAlert(Struct, frozen=True):
    """An alert, and what was last seen of it. gone: checks in a row without it."""

    record: AlertRecord
    last: AlertCondition
    gone: int = 0


class AlertBoard:
    """changes: grows whenever the alerts that hold are others, or acknowledged."""

    def __init__(self, store: Store, trail: AuditTrail, clock: Clock, engine_host: Engines) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._engine_host = engine_host
        self._held: dict[Place, HeldAlert] | None = None
        self._seen: dict[Place, tuple[Nanos, int]] = {}
        self.changes = 0

    def holding(self) -> tuple[AlertRecord, ...]:
        """What holds now, newest first, with the values of now; without the store."""
        held = (self._held or {}).values()
        newest = sorted(held, key=lambda each: each.record.id, reverse=True)
        return tuple(map(_now, newest))

    async def step(self, problems: Mapping[str, str]) -> None:
        """Check once. problems: of the service's dependencies, by name. Raises
        StoreUnavailableError; what holds is checked again then."""
        found = await self._found(problems)
        if self._held is None:
            async with self._store.reading() as unit:
                held = await unit.alerts.holding()
            self._held = {(each.symbol, each.kind): HeldAlert(each, each) for each in held}
        opening = self._ripe(found)
        self._update_held(found, self._announced())
        rising = [
            (held.record, found[place])
            for place, held in self._held.items()
            if place in found and found[place].severity is not held.record.severity
        ]
        ending = [each for each in self._held.values() if each.gone >= GONE_BEFORE_CLEARED]
        if opening or rising or ending:
            await self._write(opening, rising, ending)

    async def page(
        self, criteria: AlertCriteria, limit: int, cursor: str | None = None
    ) -> Page[AlertRecord]:
        """Newest first; those that hold with the values of now."""
        async with self._store.reading() as unit:
            page = await unit.alerts.page(criteria, limit, cursor)
        held = {each.record.id: _now(each) for each in (self._held or {}).values()}
        items = [_valued(each, held.get(each.id)) for each in page.items]
        return Page(tuple(items), page.next_cursor)

    async def acknowledge(self, caller: Caller, alert_id: str, note: str) -> AlertRecord:
        """Put on record that the caller has seen it. Raises NotFoundError, ConflictError
        ("acknowledged_by") where it is acknowledged already."""
        async with self._trail.refusals_kept(caller, "alert.acknowledge", alert_id, note):
            number = int(alert_id) if alert_id.isdecimal() and len(alert_id) < len("1" * 19) else 0
            now = self._clock.now()
            async with self._store.transaction() as unit:
                before = await unit.alerts.get(number)
                if before is None:
                    raise NotFoundError("alert", alert_id)
                if not await unit.alerts.acknowledge(number, caller.subject, note, now):
                    problem = "it is acknowledged already"
                    raise ConflictError("acknowledged_by", before.acknowledged_by, problem)
                after = replace(
                    before, acknowledged_by=caller.subject, acknowledged_at=now, note=note
                )
                await self._trail.append(unit, _entry(caller, after))
        self._note(after)
        return after

    async def purge(self) -> None:
        """Forget what was cleared long ago."""
        async with self._store.transaction() as unit:
            await unit.alerts.purge(Nanos(self._clock.now() - KEPT))

    async def _found(self, problems: Mapping[str, str]) -> dict[Place, AlertCondition]:
        found, now = [*service_conditions(problems)], self._clock.now()
        found += shortage_conditions(self._engine_host.shortages)
        pause_at = now + SLICE
        for runner in self._engine_host.runners():
            found += pool_conditions(runner, now)
            if self._clock.now() >= pause_at:
                await asyncio.sleep(0)
                pause_at = self._clock.now() + SLICE
        return {(each.symbol, each.kind): each for each in found}

    def _announced(self) -> set[Place]:
        """Alerts about a limit that has halted its pool since: they stand as long as the halt."""
        runners = self._engine_host.runners()
        return {(each.instrument.symbol, announced(each)) for each in runners}

    def _ripe(self, found: Mapping[Place, AlertCondition]) -> list[AlertRecord]:
        """What is to be opened: seen often enough, and not held yet."""
        held, now = self._held or {}, self._clock.now()
        fresh = {place: each for place, each in found.items() if place not in held}
        self._seen = {
            place: (self._seen.get(place, (now, 0))[0], self._seen.get(place, (now, 0))[1] + 1)
            for place in fresh
        }
        ripe = [
            _opened(each, self._seen[place][0])
            for place, each in fresh.items()
            if each.severity is AlertSeverity.CRITICAL
            or self._seen[place][1] >= SEEN_BEFORE_WARNING
        ]
        return ripe[: max(0, HOLDING_MAX - len(held))]

    def _update_held(self, found: Mapping[Place, AlertCondition], stand: set[Place]) -> None:
        """stand: these are not gone, though nothing new is known of them."""
        self._held = {
            place: (
                HeldAlert(each.record, found[place])
                if place in found
                else HeldAlert(each.record, each.last, 0 if place in stand else each.gone + 1)
            )
            for place, each in (self._held or {}).items()
        }

    async def _write(
        self,
        opening: Iterable[AlertRecord],
        rising: Iterable[tuple[AlertRecord, AlertCondition]],
        ending: Iterable[HeldAlert],
    ) -> None:
        now = self._clock.now()
        async with self._store.transaction() as unit:
            opened = [await unit.alerts.add(each) for each in opening]
            risen = [await _raised(unit, *each) for each in rising]
            for each in ending:
                await unit.alerts.clear(each.record.id, now)
        held = self._held or {}
        for each in ending:
            held.pop((each.record.symbol, each.record.kind), None)
        for record in opened:
            held[record.symbol, record.kind] = HeldAlert(record, record)
        for record in risen:
            place = (record.symbol, record.kind)
            held[place] = HeldAlert(record, held[place].last)
        self._held = held
        self.changes += 1

    def _note(self, acknowledged: AlertRecord) -> None:
        place = (acknowledged.symbol, acknowledged.kind)
        held = (self._held or {}).get(place)
        if held is not None and held.record.id == acknowledged.id and self._held is not None:
            self._held[place] = HeldAlert(acknowledged, held.last, held.gone)
        self.changes += 1


async def _raised(unit: Unit, record: AlertRecord, condition: AlertCondition) -> AlertRecord:
    await unit.alerts.raise_to(record.id, condition.severity, condition.text)
    return replace(record, severity=condition.severity, text=condition.text)


def _opened(condition: AlertCondition, since: Nanos) -> AlertRecord:
    fields = {name: getattr(condition, name) for name in condition.__struct_fields__}
    return AlertRecord(id=0, since=since, **fields)


def _now(held: HeldAlert) -> AlertRecord:
    last = held.last
    return replace(held.record, value=last.value, threshold=last.threshold, text=last.text)


def _valued(stored: AlertRecord, held: AlertRecord | None) -> AlertRecord:
    if held is None or stored.cleared_at is not None:
        return stored
    return replace(stored, value=held.value, threshold=held.threshold, text=held.text)


def _entry(caller: Caller, alert: AlertRecord) -> AuditEntry:
    return AuditEntry(
        caller=caller,
        action="alert.acknowledge",
        target=alert.symbol or "service",
        after={"id": alert.id, "kind": alert.kind, "since": alert.since},
        reason=alert.note,
    )
