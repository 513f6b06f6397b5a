"""One move of a settlement: the record under its lock, the ledger's entry, the audit log, in one
transaction."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

from market_maker.accounting.uncounted_fees import not_counted
from market_maker.accounting.views import SettlementView
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.money import (
    Direction,
    LedgerEntry,
    SettlementRecord,
    SettlementStatus,
    Transfer,
)
from market_maker.model.units import Nanos
from market_maker.ports import Clock, Store, Unit
from market_maker.settlement.lifecycle import (
    OPEN_TRANSFERS,
    SettlementCommand,
    settlement_allowed,
)

Change: TypeAlias = Callable[[Unit, SettlementRecord, Nanos], Awaitable[SettlementRecord]]
"""The record as it is after a move, by the state table."""

Posting: TypeAlias = Callable[[SettlementRecord, Nanos], LedgerEntry]
"""What the move is in the ledger."""


class Move(Struct, frozen=True):
    """Who wants what of which settlement, and why."""

    caller: Caller
    command: str
    settlement_id: str
    reason: str = ""


class SettlementMoves:
    """Makes moves, each in one transaction."""

    def __init__(self, store: Store, trail: AuditTrail, clock: Clock) -> None:
        self._store, self._trail, self._clock = store, trail, clock

    async def make(
        self, move: Move, change: Change, entry_of: Posting | None = None
    ) -> SettlementView:
        """Make a move, or keep its refusal in the audit log. Raises NotFoundError, ConflictError,
        and whatever `change` refuses with."""
        caller, settlement_id, reason = move.caller, move.settlement_id, move.reason
        action = f"settlement.{move.command}"
        async with (
            self._trail.refusals_kept(caller, action, settlement_id, reason),
            self._store.transaction() as unit,
        ):
            now = self._clock.now()
            before = await unit.settlements.lock(settlement_id)
            changed = await change(unit, before, now)
            after = await unit.settlements.replace(changed, before.version)
            if entry_of is not None:
                await unit.ledger.post([entry_of(after, now)])
            view = await view_of(unit, after)
            entry = AuditEntry(
                caller=caller,
                action=action,
                target=settlement_id,
                before=before,
                after=after,
                reason=reason,
            )
            await self._trail.append(unit, entry)
        return view


async def view_of(unit: Unit, record: SettlementRecord) -> SettlementView:
    """A record with its transfers, and what may be done with it now."""
    transfers = await unit.transfers.of_settlement(record.settlement_id)
    commands = allowed(record, transfers)
    fees = await not_counted(unit, record)
    return SettlementView(record=record, transfers=transfers, allowed=commands, not_counted=fees)


def allowed(record: SettlementRecord, transfers: Sequence[Transfer]) -> tuple[str, ...]:
    """By the state table; nothing while the wallet has not answered, and nothing to pay where
    nothing is to be moved."""
    if any(transfer.status in OPEN_TRANSFERS for transfer in transfers):
        return ()
    if record.status is SettlementStatus.REJECTED:
        return ("recreate",)
    moves = settlement_allowed(record.status)
    nothing = record.direction is Direction.NONE
    return tuple(move for move in moves if not (nothing and move == SettlementCommand.PAY))
