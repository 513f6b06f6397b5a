"""Settlements: months are closed, records approved or rejected, and paid ones marked.

Every move is one transaction: the record under its lock, the ledger's entry, the audit log.
"""

import msgspec
from msgspec import Struct

from market_maker.accounting.closing import MonthClosing, Progress, silent
from market_maker.accounting.settlement_moves import Move, SettlementMoves, allowed, view_of
from market_maker.accounting.uncounted_fees import WITHOUT, check_said, not_counted
from market_maker.accounting.views import Closed, SettlementView
from market_maker.journaling.audit import AuditTrail, done
from market_maker.model.calendar import Month
from market_maker.model.caller import Caller
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.money import (
    MoneyFlow,
    SettlementRecord,
    SettlementStatus,
)
from market_maker.model.records import PAGE_MAX, AuditRecord, Page, SettlementCriteria
from market_maker.model.units import Nanos, ParticipantId
from market_maker.ports import Clock, Store, Unit
from market_maker.settlement import lifecycle
from market_maker.settlement.posting import approval_entry


class SettlementStep(Struct, frozen=True, kw_only=True):
    """Something that was done to a settlement. action: as the audit log has it; before, after: its
    status, or that of a transfer; null where there was none. note: the reason that was given."""

    at: Nanos
    by: str
    action: str
    before: str | None
    after: str | None
    note: str


class Settling:
    """money_flow: where trading profits lie; frozen in each record."""

    def __init__(
        self, store: Store, trail: AuditTrail, clock: Clock, money_flow: MoneyFlow
    ) -> None:
        self._store, self._trail = store, trail
        self._moves = SettlementMoves(store, trail, clock)
        self._closing = MonthClosing(store, trail, clock, money_flow)

    # months

    async def close(
        self,
        caller: Caller,
        month: str,
        *,
        dry_run: bool = False,
        participant_id: ParticipantId | None = None,
        progress: Progress = silent,
    ) -> Closed:
        """Make one PENDING record for each participant who traded or was a member in the month
        YYYY-MM; those that exist stay as they are, so that it can be asked for again at any time.
        dry_run: show what would be made, and write nothing; then the month need not be over, and
        `participant_id` may pick one.

        Raises InvalidFieldError("month") for what is no month, in the future or not over;
        ConflictError("month") while an earlier one is not closed; NotFoundError (participant);
        InvalidFieldError("participant_id") without dry_run."""
        if dry_run:
            shown = await self._closing.preview(caller, month, participant_id, progress)
            watermark, records = shown
            created: tuple[str, ...] = ()
        else:
            async with self._trail.refusals_kept(caller, "settlement.close", month):
                if participant_id is not None:
                    only = "none: a month is closed for all participants; a dry run may name one"
                    raise InvalidFieldError("participant_id", participant_id, only)
                run, created = await self._closing.close(caller, month, progress)
            watermark, records = run.watermark, await self._of_month(month)
        async with self._store.reading() as unit:
            fees = await not_counted(unit, *records)
        return Closed(
            month=month,
            dry_run=dry_run,
            watermark=watermark,
            records=records,
            created=created,
            not_counted=fees,
        )

    async def recreate(self, caller: Caller, settlement_id: str) -> SettlementView:
        """One more revision of a REJECTED record, of everything that was posted until now. Raises
        NotFoundError, IllegalTransitionError, ConflictError("month") if it was replaced already or
        a later month stands."""
        async with self._trail.refusals_kept(caller, "settlement.recreate", settlement_id):
            record = await self._closing.recreate(caller, settlement_id)
        async with self._store.reading() as unit:
            fees = await not_counted(unit, record)
        commands = allowed(record, ())
        return SettlementView(record=record, transfers=(), allowed=commands, not_counted=fees)

    async def open_months(self) -> tuple[Month, ...]:
        """Months that are over and not closed, from that of the first ledger entry on; oldest
        first."""
        return await self._closing.open_months()

    async def complete_latest(self, caller: Caller) -> None:
        """Go on with the month that was closed last, if that was interrupted."""
        await self._closing.complete_latest(caller)

    # reading

    async def page(
        self, criteria: SettlementCriteria, limit: int, cursor: str | None = None
    ) -> Page[SettlementRecord]:
        """Newest month first. Raises InvalidFieldError for a bad limit or cursor."""
        async with self._store.reading() as unit:
            return await unit.settlements.page(criteria, limit, cursor)

    async def get(self, settlement_id: str) -> SettlementView:
        """Raises NotFoundError."""
        async with self._store.reading() as unit:
            return await view_of(unit, await _existing(unit, settlement_id))

    async def history(self, settlement_id: str) -> tuple[SettlementStep, ...]:
        """What was done to it, oldest first."""
        async with self._store.reading() as unit:
            steps = [_step(record) async for record in done(unit, settlement_id)]
        return tuple(reversed(steps))

    # moves

    async def approve(
        self,
        caller: Caller,
        settlement_id: str,
        claimed_by: str = "",
        *,
        without_token_fees: bool = False,
    ) -> SettlementView:
        """PENDING -> APPROVED: the platform's share is owed from now on. claimed_by: approved_by
        of the body. Raises NotFoundError, IllegalTransitionError, InvalidFieldError,
        ConflictError("approved_by") for the record's creator, ConflictError("month") while an
        earlier month is PENDING, ConflictError("token_fees") where there are some that it does not
        have, unless without_token_fees."""

        async def change(unit: Unit, record: SettlementRecord, now: Nanos) -> SettlementRecord:
            standing = await unit.settlements.standing(record.participant_id)
            by = caller.subject
            approved = lifecycle.approve(record, standing, by, now, claimed_by=claimed_by)
            check_said(await not_counted(unit, record), without=without_token_fees)
            return approved

        reason = WITHOUT if without_token_fees else ""
        move = Move(caller, "approve", settlement_id, reason)
        return await self._moves.make(move, change, approval_entry)

    async def reject(
        self, caller: Caller, settlement_id: str, reason: str, claimed_by: str = ""
    ) -> SettlementView:
        """PENDING -> REJECTED, for good; its entries fall to a new revision or to the next month.
        Raises as `approve`, InvalidFieldError("reason") without a reason, and
        ConflictError("month") while a later month stands on it."""

        async def change(unit: Unit, record: SettlementRecord, now: Nanos) -> SettlementRecord:
            standing = await unit.settlements.standing(record.participant_id)
            by = caller.subject
            return lifecycle.reject(record, standing, by, now, reason=reason, claimed_by=claimed_by)

        move = Move(caller, "reject", settlement_id, reason)
        return await self._moves.make(move, change)

    async def counts(self) -> dict[SettlementStatus, int]:
        """Records by status."""
        async with self._store.reading() as unit:
            return await unit.settlements.counts()

    async def _of_month(self, month: str) -> tuple[SettlementRecord, ...]:
        """All revisions, by participant."""
        records: list[SettlementRecord] = []
        criteria, cursor = SettlementCriteria(month=month), None
        while True:
            page = await self.page(criteria, PAGE_MAX, cursor)
            records += page.items
            cursor = page.next_cursor
            if cursor is None:
                return tuple(reversed(records))


def _step(record: AuditRecord) -> SettlementStep:
    return SettlementStep(
        at=record.ts,
        by=record.subject,
        action=record.action,
        before=_status(record.before),
        after=_status(record.after),
        note=record.reason,
    )


def _status(written: str) -> str | None:
    """Of a record or a transfer in the audit log."""
    fields = msgspec.json.decode(written) if written else {}
    status = fields.get("status")
    return None if status is None else str(status)


async def _existing(unit: Unit, settlement_id: str) -> SettlementRecord:
    record = await unit.settlements.get(settlement_id)
    if record is None:
        raise NotFoundError("settlement", settlement_id)
    return record
