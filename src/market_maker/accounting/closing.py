"""Closing a month: one PENDING record for each participant, made once, by any process.

A month has one run, which fixes how far the ledger is taken into account, and a record's id and
contents follow from the run. So two who close the same month make the same records, each is stored
by the first process, and where one dies in the middle the next one continues.
"""

from collections.abc import Callable, Sequence

from market_maker.accounting.month_records import MonthTerms, frame_of, record_of
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.calendar import Month, month_of
from market_maker.model.caller import Caller
from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidFieldError,
    NotFoundError,
)
from market_maker.model.money import (
    MoneyFlow,
    SettlementRecord,
    SettlementRun,
    SettlementStatus,
)
from market_maker.model.records import PAGE_MAX, LedgerCriteria, SettlementCriteria
from market_maker.model.units import ParticipantId
from market_maker.ports import Clock, Store, Unit
from market_maker.settlement.lifecycle import settlement_allowed
from market_maker.settlement.period import check_order, month_to_settle, months_to_close

Progress = Callable[[int, int], None]
"""Called with how many participants are dealt with, and how many there are."""


def silent(_done: int, _total: int) -> None:
    """For those whom progress does not interest."""


class MonthClosing:
    """money_flow: where trading profits lie."""

    def __init__(
        self, store: Store, trail: AuditTrail, clock: Clock, money_flow: MoneyFlow
    ) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._money_flow = money_flow

    async def close(
        self, caller: Caller, name: str, progress: Progress
    ) -> tuple[SettlementRun, tuple[str, ...]]:
        """Close a month, or go on closing it; returns its run and the ids of the records that are
        new. Raises InvalidFieldError, ConflictError("month")."""
        month = month_to_settle(name, self._clock.now(), dry_run=False)
        run = await self._run(month)
        if run is None:
            await self._check_begun(month)
            await self._check_order(month)
            before = await self._run(month.previous)
            if before is not None:
                # Its process may have died half-way, and its losses are carried into this one.
                await self._make_all(caller, before, silent)
            run = await self._open(caller, month)
        return run, await self._make_all(caller, run, progress)

    async def preview(
        self, caller: Caller, name: str, participant_id: ParticipantId | None, progress: Progress
    ) -> tuple[int, tuple[SettlementRecord, ...]]:
        """The watermark and the records that closing would make now, written nowhere; of those
        that exist, the newest revision as it is. Raises as `close`, and NotFoundError."""
        now = self._clock.now()
        month = month_to_settle(name, now, dry_run=True)
        names = [participant_id] if participant_id else await _names(self._store)
        if participant_id:
            await self._check_known(participant_id)
        await self._check_order(month)
        run = await self._run(month)
        if run is None:
            async with self._store.reading() as unit:
                head = await unit.ledger.head()
            run = SettlementRun(
                month=month.name, watermark=head, created_by=caller.subject, created_at=now
            )
        frame, found = frame_of(run, self._money_flow, now), []
        for number, each in enumerate(names, 1):
            async with self._store.reading() as unit:
                record = await _previewed(unit, frame, each)
            if record is not None:
                found.append(record)
            progress(number, len(names))
        return run.watermark, tuple(found)

    async def recreate(self, caller: Caller, settlement_id: str) -> SettlementRecord:
        """One more revision of a rejected record, of everything that was posted until now. Raises
        NotFoundError, IllegalTransitionError, ConflictError("month") if it was replaced already or
        a later month stands."""
        async with self._store.transaction() as unit:
            rejected = await unit.settlements.lock(settlement_id)
            if rejected.status is not SettlementStatus.REJECTED:
                allowed = settlement_allowed(rejected.status)
                raise IllegalTransitionError(rejected.status, "recreate", allowed)
            whose, month, now = rejected.participant_id, rejected.month, self._clock.now()
            standing = await _standing(unit, whose)
            revision = 1 + await unit.settlements.revisions(whose, month)
            fresh = SettlementRun(
                month=month,
                watermark=await unit.ledger.head(),
                created_by=caller.subject,
                created_at=now,
            )
            frame = frame_of(fresh, self._money_flow, now)
            record = await record_of(unit, frame, whose, standing, revision)
            if record is None or not await unit.settlements.add(record):
                raise ConflictError("month", month, "nothing of it is left to settle")
            await self._audit(unit, caller, "settlement.recreate", record)
        return record

    async def complete_latest(self, caller: Caller) -> None:
        """Go on with the newest month that has a run; those before it are complete."""
        now = self._clock.now()
        async with self._store.reading() as unit:
            first = (await unit.ledger.page(LedgerCriteria(), 1)).items
            if not first:
                return
            closed = await _closed(unit, month_of(first[0].ts_event), month_of(now))
            run = await unit.settlements.run(closed[-1]) if closed else None
        if run is not None:
            await self._make_all(caller, run, silent)

    async def open_months(self) -> tuple[Month, ...]:
        """Months that are over and not closed, from that of the first ledger entry on; oldest
        first. Empty while there are no entries."""
        now = self._clock.now()
        async with self._store.reading() as unit:
            first = (await unit.ledger.page(LedgerCriteria(), 1)).items
            if not first:
                return ()
            # One that came late may be older still: it is an adjustment then.
            begin = first[0].ts_event
            closed = await _closed(unit, month_of(begin), month_of(now))
        return months_to_close(begin, now, closed)

    async def _check_order(self, month: Month) -> None:
        async with self._store.reading() as unit:
            first = (await unit.ledger.page(LedgerCriteria(), 1)).items
            if first:
                begin = first[0].ts_event
                check_order(month, begin, await _closed(unit, month_of(begin), month))

    async def _check_begun(self, month: Month) -> None:
        """A run is for good: one in front of the ledger would make all of its month late."""
        async with self._store.reading() as unit:
            first = (await unit.ledger.page(LedgerCriteria(), 1)).items
        if not first:
            raise InvalidFieldError("month", month.name, "none: the ledger has no entry yet")
        begin = month_of(first[0].ts_event)
        if month < begin:
            allowed = f"a month from {begin.name}, with which the ledger begins, on"
            raise InvalidFieldError("month", month.name, allowed)

    async def _check_known(self, name: ParticipantId) -> None:
        async with self._store.reading() as unit:
            if await unit.participants.get(name) is None:
                raise NotFoundError("participant", name)

    async def _run(self, month: Month) -> SettlementRun | None:
        async with self._store.reading() as unit:
            return await unit.settlements.run(month.name)

    async def _open(self, caller: Caller, month: Month) -> SettlementRun:
        async with self._store.transaction() as unit:
            wanted = SettlementRun(
                month=month.name,
                watermark=await unit.ledger.head(),
                created_by=caller.subject,
                created_at=self._clock.now(),
            )
            run = await unit.settlements.open_run(wanted)
            if run == wanted:
                action = "settlement.close"
                entry = AuditEntry(caller=caller, action=action, target=month.name, after=run)
                await self._trail.append(unit, entry)
        return run

    async def _make_all(
        self, caller: Caller, run: SettlementRun, progress: Progress
    ) -> tuple[str, ...]:
        """The records that are missing, each in a transaction of its own; returns their ids."""
        frame = frame_of(run, self._money_flow, self._clock.now())
        names = await _names(self._store)
        made = []
        for number, name in enumerate(names, 1):
            record = await self._make(caller, frame, name)
            if record is not None:
                made.append(record.settlement_id)
            progress(number, len(names))
        return tuple(made)

    async def _make(
        self, caller: Caller, frame: MonthTerms, name: ParticipantId
    ) -> SettlementRecord | None:
        async with self._store.reading() as unit:
            if await unit.settlements.revisions(name, frame.month.name):
                return None
        async with self._store.transaction() as unit:
            standing = await _standing(unit, name)
            if _taken(standing, frame.month):
                return None
            record = await record_of(unit, frame, name, standing)
            if record is None or not await unit.settlements.add(record):
                return None
            await self._audit(unit, caller, "settlement.create", record)
        return record

    async def _audit(
        self, unit: Unit, caller: Caller, action: str, record: SettlementRecord
    ) -> None:
        entry = AuditEntry(caller=caller, action=action, target=record.settlement_id, after=record)
        await self._trail.append(unit, entry)


def _taken(standing: Sequence[SettlementRecord], month: Month) -> bool:
    """Whether a record of the month, or of a later one, stands."""
    return bool(standing) and standing[-1].month >= month.name


async def _standing(unit: Unit, name: ParticipantId) -> tuple[SettlementRecord, ...]:
    """The records that a new one is made on top of; the last of them cannot be rejected before
    the transaction ends."""
    standing = await unit.settlements.standing(name)
    if standing:
        await unit.settlements.lock(standing[-1].settlement_id)
        standing = await unit.settlements.standing(name)
    return standing


async def _previewed(unit: Unit, frame: MonthTerms, name: ParticipantId) -> SettlementRecord | None:
    criteria = SettlementCriteria(participant_id=name, month=frame.month.name)
    existing = (await unit.settlements.page(criteria, 1)).items
    if existing:
        return existing[0]
    standing = await unit.settlements.standing(name)
    return None if _taken(standing, frame.month) else await record_of(unit, frame, name, standing)


async def _closed(unit: Unit, first: Month, before: Month) -> list[str]:
    """Of the months from `first` up to `before`, excluded, those that have a run."""
    closed = []
    while first < before:
        if await unit.settlements.run(first.name) is not None:
            closed.append(first.name)
        first = first.next
    return closed


async def _names(store: Store) -> list[ParticipantId]:
    """Of all participants, in order."""
    names: list[ParticipantId] = []
    cursor = None
    async with store.reading() as unit:
        while True:
            page = await unit.participants.page(PAGE_MAX, cursor)
            names += [participant.participant_id for participant in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return names
