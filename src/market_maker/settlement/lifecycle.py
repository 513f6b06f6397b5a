"""What may happen to a settlement record, by whom, and in which order of months.

    PENDING -> APPROVED -> SETTLED
          |        |  ^
          v        v  | retry
      REJECTED   FAILED

Amounts never change. Who approves did not create; who pays did not approve.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NoReturn

from msgspec import structs

from market_maker.model.errors import ConflictError, IllegalTransitionError, InvalidFieldError
from market_maker.model.money import (
    Direction,
    SettlementRecord,
    SettlementStatus,
    Transfer,
    TransferStatus,
)
from market_maker.model.units import Nanos

TEXT_LENGTH_MAX = 1000
PLATFORM = "platform"
"""The platform's side of a transfer."""


class SettlementCommand(StrEnum):
    """What moves a record. PAY asks the wallet; its answer moves the record."""

    APPROVE = "approve"
    REJECT = "reject"
    PAY = "pay"
    MARK_SETTLED = "mark-settled"
    MARK_FAILED = "mark-failed"
    RETRY = "retry"


SETTLEMENT_TRANSITIONS: dict[tuple[SettlementStatus, SettlementCommand], SettlementStatus] = {
    (SettlementStatus.PENDING, SettlementCommand.APPROVE): SettlementStatus.APPROVED,
    (SettlementStatus.PENDING, SettlementCommand.REJECT): SettlementStatus.REJECTED,
    (SettlementStatus.APPROVED, SettlementCommand.PAY): SettlementStatus.APPROVED,
    (SettlementStatus.APPROVED, SettlementCommand.MARK_SETTLED): SettlementStatus.SETTLED,
    (SettlementStatus.APPROVED, SettlementCommand.MARK_FAILED): SettlementStatus.FAILED,
    (SettlementStatus.FAILED, SettlementCommand.RETRY): SettlementStatus.APPROVED,
}
"""A pair that is missing is refused: nothing here is idempotent, a record is signed once."""

OPEN_TRANSFERS = (TransferStatus.REQUESTED, TransferStatus.UNKNOWN)


def settlement_allowed(status: SettlementStatus) -> tuple[str, ...]:
    """The commands the table allows in `status`."""
    return tuple(command for then, command in SETTLEMENT_TRANSITIONS if then is status)


def settlement_advance(status: SettlementStatus, command: SettlementCommand) -> SettlementStatus:
    """Raise IllegalTransitionError unless the table allows `command` in `status`."""
    try:
        return SETTLEMENT_TRANSITIONS[status, command]
    except KeyError:
        raise IllegalTransitionError(status, command, settlement_allowed(status)) from None


def approve(
    record: SettlementRecord,
    standing: Sequence[SettlementRecord],
    by: str,
    now: Nanos,
    *,
    claimed_by: str = "",
) -> SettlementRecord:
    """APPROVED. standing: the participant's records that were not rejected. by: the subject of
    the token; claimed_by: approved_by of the body.

    Raises IllegalTransitionError; ConflictError("approved_by") if `by` created the record,
    ConflictError("month") while an earlier month is PENDING: its losses are carried into this."""
    status = settlement_advance(record.status, SettlementCommand.APPROVE)
    if by == record.created_by:
        _refuse_person("approved_by", record.created_by, "who created a settlement")
    for other in standing:
        if other.month < record.month and other.status is SettlementStatus.PENDING:
            problem = "an earlier month has to be approved or rejected first"
            raise ConflictError("month", other.settlement_id, problem)
    return structs.replace(
        record,
        status=status,
        approved_by=by,
        approved_at=now,
        claimed_by=_text("approved_by", claimed_by, needed=False),
        updated_at=now,
    )


def reject(
    record: SettlementRecord,
    standing: Sequence[SettlementRecord],
    by: str,
    now: Nanos,
    *,
    reason: str,
    claimed_by: str = "",
) -> SettlementRecord:
    """REJECTED: its entries fall to a new revision of the month, or to the next month.

    Raises IllegalTransitionError, InvalidFieldError("reason") without a reason, and
    ConflictError("month") while a later month stands: it was made on top of this one, and has to
    be rejected first."""
    status = settlement_advance(record.status, SettlementCommand.REJECT)
    text = _text("reason", reason, needed=True)
    for other in standing:
        if other.month > record.month:
            problem = "a later month was made on top of this one and has to be rejected first"
            raise ConflictError("month", other.settlement_id, problem)
    return structs.replace(
        record,
        status=status,
        rejected_by=by,
        rejection_reason=text,
        claimed_by=_text("rejected_by", claimed_by, needed=False),
        updated_at=now,
    )


def mark_settled(
    record: SettlementRecord,
    transfers: Sequence[Transfer],
    by: str,
    now: Nanos,
    *,
    wallet_txn_id: str,
    notes: str = "",
) -> SettlementRecord:
    """SETTLED: a person confirmed that the money moved. wallet_txn_id: of the wallet; empty where
    nothing is to be moved (direction NONE), and only there.

    Raises IllegalTransitionError, InvalidFieldError("wallet_txn_id"), ConflictError("paid_by")
    for the approver, ConflictError("transfer") while the wallet has not answered."""
    status = settlement_advance(record.status, SettlementCommand.MARK_SETTLED)
    needed = record.direction is not Direction.NONE
    txn = _text("wallet_txn_id", wallet_txn_id, needed=needed)
    _check_payer(record, transfers, by)
    return structs.replace(
        record,
        status=status,
        paid_by=by,
        wallet_txn_id=txn,
        notes=_text("notes", notes, needed=False) or record.notes,
        updated_at=now,
    )


def mark_failed(
    record: SettlementRecord, transfers: Sequence[Transfer], by: str, now: Nanos, *, reason: str
) -> SettlementRecord:
    """FAILED: the money did not move, and `reason` says why. Raises as mark_settled does, and
    InvalidFieldError("reason") without a reason."""
    status = settlement_advance(record.status, SettlementCommand.MARK_FAILED)
    text = _text("reason", reason, needed=True)
    _check_payer(record, transfers, by)
    return structs.replace(record, status=status, paid_by=by, notes=text, updated_at=now)


def retry(
    record: SettlementRecord, transfers: Sequence[Transfer], now: Nanos, *, notes: str = ""
) -> SettlementRecord:
    """APPROVED again, to be paid again; the approval holds. Raises IllegalTransitionError,
    ConflictError("transfer") while the wallet has not answered."""
    status = settlement_advance(record.status, SettlementCommand.RETRY)
    check_answered(transfers)
    text = _text("notes", notes, needed=False) or record.notes
    return structs.replace(record, status=status, paid_by="", notes=text, updated_at=now)


def payment(
    record: SettlementRecord,
    transfers: Sequence[Transfer],
    by: str,
    now: Nanos,
    *,
    account_id: str,
) -> Transfer:
    """The transfer to be stored and then asked of the wallet; transfers: the record's earlier
    attempts. account_id: the participant's. The record itself does not change yet.

    Raises IllegalTransitionError, ConflictError("paid_by") for the approver,
    ConflictError("transfer") while the wallet has not answered,
    InvalidFieldError("amount_usdt") where nothing is to be moved."""
    settlement_advance(record.status, SettlementCommand.PAY)
    _check_payer(record, transfers, by)
    if record.direction is Direction.NONE:
        allowed = "an amount above 0; nothing has to be moved: mark it settled"
        raise InvalidFieldError("amount_usdt", record.amount_usdt, allowed)
    ours_to_pay = record.direction is Direction.PLATFORM_TO_PARTICIPANT
    attempt = max((transfer.attempt for transfer in transfers), default=0) + 1
    return Transfer(
        transfer_id=f"{record.settlement_id}-{attempt}",
        settlement_id=record.settlement_id,
        attempt=attempt,
        payer=PLATFORM if ours_to_pay else account_id,
        payee=account_id if ours_to_pay else PLATFORM,
        amount_usdt=record.amount_usdt,
        status=TransferStatus.REQUESTED,
        wallet_txn_id="",
        problem="",
        requested_by=by,
        created_at=now,
        updated_at=now,
    )


def answered(record: SettlementRecord, transfer: Transfer, now: Nanos) -> SettlementRecord:
    """The record after the wallet's word on its transfer: DONE settles it, REFUSED fails it, and
    while nothing is known nothing changes."""
    assert transfer.settlement_id == record.settlement_id, (transfer, record)
    if transfer.status is TransferStatus.DONE:
        status = settlement_advance(record.status, SettlementCommand.MARK_SETTLED)
        return structs.replace(
            record,
            status=status,
            paid_by=transfer.requested_by,
            wallet_txn_id=transfer.wallet_txn_id,
            updated_at=now,
        )
    if transfer.status is TransferStatus.REFUSED:
        status = settlement_advance(record.status, SettlementCommand.MARK_FAILED)
        return structs.replace(
            record,
            status=status,
            paid_by=transfer.requested_by,
            notes=transfer.problem,
            updated_at=now,
        )
    return record


def check_answered(transfers: Sequence[Transfer]) -> None:
    """Raise ConflictError("transfer") while the wallet has not said what became of one."""
    for transfer in transfers:
        if transfer.status in OPEN_TRANSFERS:
            problem = f"the wallet has not answered yet for {transfer.transfer_id}"
            raise ConflictError("transfer", transfer.status.value, problem)


def _check_payer(record: SettlementRecord, transfers: Sequence[Transfer], by: str) -> None:
    if by == record.approved_by:
        _refuse_person("paid_by", record.approved_by, "who approved a settlement")
    check_answered(transfers)


def _refuse_person(field: str, who: str, did: str) -> NoReturn:
    what = "approve it" if field == "approved_by" else "pay or mark it"
    rest = "a second person does, by a token of their own (without tokens all are one)"
    raise ConflictError(field, who, f"four eyes: {did} may not {what}: {rest}")


def _text(field: str, text: str, *, needed: bool) -> str:
    stripped = text.strip()
    if needed and not stripped:
        raise InvalidFieldError(field, text or None, "a text that is not empty")
    if len(stripped) > TEXT_LENGTH_MAX:
        raise InvalidFieldError(field, text, f"at most {TEXT_LENGTH_MAX} characters")
    return stripped
