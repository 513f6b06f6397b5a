"""Payouts: the wallet is asked to move what a settlement comes to, and its answer is final.

The transfer is on record before it is sent to the wallet, under an id by which the wallet does it
once. What is not answered stays UNKNOWN, over restarts too, and blocks everything else on that
settlement until the wallet has said what became of it.
"""

import asyncio
from collections.abc import Sequence

import msgspec

from market_maker.accounting.settlement_moves import Move, SettlementMoves, view_of
from market_maker.accounting.views import SettlementView
from market_maker.execution.alarms import SERVICE
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.errors import (
    NotFoundError,
    WalletUnavailableError,
)
from market_maker.model.money import SettlementRecord, Transfer, TransferStatus
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock, Store, Unit, Wallet
from market_maker.settlement import lifecycle
from market_maker.settlement.lifecycle import OPEN_TRANSFERS, answered, payment
from market_maker.settlement.posting import transfer_entry

ASK_INTERVAL = Nanos(10 * NANOS_PER_SECOND)
"""How often the wallet is asked about what it has not answered."""

AT_ONCE = 10
"""Questions under way at the same time."""

_TERMS = ("transfer_id", "settlement_id", "attempt", "payer", "payee", "amount_usdt")


class Payouts:
    """unknown: transfers that the wallet had not answered when it was last asked."""

    def __init__(self, store: Store, trail: AuditTrail, clock: Clock, wallet: Wallet) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._wallet = wallet
        self._moves = SettlementMoves(store, trail, clock)
        self._asking: set[str] = set()
        self._ask_at = Nanos(0)
        self.unknown = 0

    async def pay(self, caller: Caller, settlement_id: str) -> SettlementView:
        """Ask the wallet for the transfer of an APPROVED settlement. It is SETTLED or FAILED
        then, by the wallet's word, or stays APPROVED with the transfer UNKNOWN.

        Raises NotFoundError, IllegalTransitionError, ConflictError("paid_by") for the approver,
        ConflictError("transfer") while an earlier transfer is not answered,
        InvalidFieldError("amount_usdt") where nothing is to be moved."""
        async with self._trail.refusals_kept(caller, "settlement.pay", settlement_id):
            transfer = await self._requested(caller, settlement_id)
        self._asking.add(transfer.transfer_id)
        try:
            answered = await self._told(transfer, first=True)
            return await self._conclude(caller, answered)
        finally:
            self._asking.discard(transfer.transfer_id)

    async def mark_settled(
        self, caller: Caller, settlement_id: str, wallet_txn_id: str, notes: str = ""
    ) -> SettlementView:
        """APPROVED -> SETTLED by a person who saw the money move. Raises NotFoundError,
        IllegalTransitionError, InvalidFieldError("wallet_txn_id"), ConflictError("paid_by") for
        the approver, ConflictError("transfer") while the wallet has not answered."""

        async def change(unit: Unit, record: SettlementRecord, now: Nanos) -> SettlementRecord:
            transfers = await unit.transfers.of_settlement(settlement_id)
            by, txn = caller.subject, wallet_txn_id
            return lifecycle.mark_settled(
                record, transfers, by, now, wallet_txn_id=txn, notes=notes
            )

        move = Move(caller, "mark-settled", settlement_id, notes)
        return await self._moves.make(move, change, transfer_entry)

    async def mark_failed(self, caller: Caller, settlement_id: str, reason: str) -> SettlementView:
        """APPROVED -> FAILED: the money did not move. Raises as `mark_settled`, and
        InvalidFieldError("reason") without a reason."""

        async def change(unit: Unit, record: SettlementRecord, now: Nanos) -> SettlementRecord:
            transfers = await unit.transfers.of_settlement(settlement_id)
            return lifecycle.mark_failed(record, transfers, caller.subject, now, reason=reason)

        move = Move(caller, "mark-failed", settlement_id, reason)
        return await self._moves.make(move, change)

    async def retry(self, caller: Caller, settlement_id: str, notes: str = "") -> SettlementView:
        """FAILED -> APPROVED, to be paid again; the approval holds. Raises NotFoundError,
        IllegalTransitionError, ConflictError("transfer")."""

        async def change(unit: Unit, record: SettlementRecord, now: Nanos) -> SettlementRecord:
            transfers = await unit.transfers.of_settlement(settlement_id)
            return lifecycle.retry(record, transfers, now, notes=notes)

        move = Move(caller, "retry", settlement_id, notes)
        return await self._moves.make(move, change)

    async def resolve(self) -> int:
        """Ask about every transfer that is not answered; returns how many are now. A transfer that
        the wallet never took is asked for again, under the same id. Raises
        StoreUnavailableError."""
        async with self._store.reading() as unit:
            waiting = await unit.transfers.open()
        mine = [each for each in waiting if each.transfer_id not in self._asking]
        solved = 0
        for start in range(0, len(mine), AT_ONCE):
            solved += await self._resolve(mine[start : start + AT_ONCE])
        self.unknown = len(waiting) - solved
        return solved

    async def step(self) -> int:
        """`resolve`, when it is time; returns how many transfers are answered now, False before."""
        now = self._clock.now()
        if now < self._ask_at:
            return False
        self._ask_at = Nanos(now + ASK_INTERVAL)
        return await self.resolve()

    async def _requested(self, caller: Caller, settlement_id: str) -> Transfer:
        """Put the request on record, before it is sent."""
        async with self._store.transaction() as unit:
            record = await unit.settlements.lock(settlement_id)
            participant = await unit.participants.get(record.participant_id)
            if participant is None:
                raise NotFoundError("participant", record.participant_id)
            before = await unit.transfers.of_settlement(settlement_id)
            account = participant.account_id
            now, by = self._clock.now(), caller.subject
            transfer = payment(record, before, by, now, account_id=account)
            await unit.transfers.add(transfer)
            await self._audit(unit, caller, "settlement.pay", (None, transfer))
        return transfer

    async def _resolve(self, transfers: Sequence[Transfer]) -> int:
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._told(each, first=False)) for each in transfers]
        solved = 0
        for before, task in zip(transfers, asked, strict=True):
            answered = task.result()
            if (answered.status, answered.problem) != (before.status, before.problem):
                await self._conclude(SERVICE, answered)
            solved += answered.status not in OPEN_TRANSFERS
        return solved

    async def _told(self, transfer: Transfer, *, first: bool) -> Transfer:
        """The transfer as the wallet says, UNKNOWN where it says nothing that can be relied on."""
        try:
            word = None if first else await self._wallet.find(transfer.transfer_id)
            if word is None:
                word = await self._wallet.transfer(transfer)
        except WalletUnavailableError as error:
            return _unknown(transfer, str(error))
        if any(getattr(word, term) != getattr(transfer, term) for term in _TERMS):
            return _unknown(transfer, "the wallet reports other terms under this id")
        if word.status in OPEN_TRANSFERS:
            return _unknown(transfer, "the wallet has not decided")
        return msgspec.structs.replace(
            transfer,
            status=word.status,
            wallet_txn_id=word.wallet_txn_id,
            problem=word.problem,
        )

    async def _conclude(self, caller: Caller, answered: Transfer) -> SettlementView:
        """Store the wallet's answer once; a second caller finds it stored."""
        async with self._store.transaction() as unit:
            record = await unit.settlements.lock(answered.settlement_id)
            before = await unit.transfers.get(answered.transfer_id)
            assert before is not None, answered
            if before.status in OPEN_TRANSFERS:
                now = self._clock.now()
                after = msgspec.structs.replace(answered, updated_at=now)
                await unit.transfers.replace(after)
                record = await self._settle(unit, record, after, now)
                action = f"settlement.transfer.{after.status.lower()}"
                await self._audit(unit, caller, action, (before, after))
            return await view_of(unit, record)

    async def _settle(
        self, unit: Unit, record: SettlementRecord, transfer: Transfer, now: Nanos
    ) -> SettlementRecord:
        changed = answered(record, transfer, now)
        if changed is record:
            return record
        after = await unit.settlements.replace(changed, record.version)
        if transfer.status is TransferStatus.DONE:
            await unit.ledger.post([transfer_entry(after, now)])
        return after

    async def _audit(
        self, unit: Unit, caller: Caller, action: str, rows: tuple[Transfer | None, Transfer]
    ) -> None:
        before, after = rows
        entry = AuditEntry(
            caller=caller,
            action=action,
            target=after.settlement_id,
            before=before,
            after=after,
            reason=after.problem,
        )
        await self._trail.append(unit, entry)


def _unknown(transfer: Transfer, problem: str) -> Transfer:
    return msgspec.structs.replace(transfer, status=TransferStatus.UNKNOWN, problem=problem)
