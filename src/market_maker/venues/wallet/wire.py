"""What travels between a wallet service and us, as JSON; amounts are decimal strings.

    POST /v1/transfers                  TransferOrder -> TransferInfo; the same transfer_id, also
                                        sent as Idempotency-Key, is done once however often asked
    GET  /v1/transfers/{transfer_id}    -> TransferInfo, or 404 with UnknownTransfer
    GET  /v1/transfers                  -> TransferList: everything ever taken, by number

A transfer is done or refused only where a TransferInfo that repeats its terms says so.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.model.money import Transfer, TransferStatus
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos

BODY_MAX = 1_000_000
"""Bytes of one answer; more is refused unread."""

TEXT_LENGTH_MAX = 500
"""Of what a wallet says about a refusal, as it is kept."""

TXN_ID_LENGTH_MAX = 128


class WireTransferStatus(StrEnum):
    """PENDING: taken, and not decided; ask again for the outcome."""

    DONE = "DONE"
    REFUSED = "REFUSED"
    PENDING = "PENDING"


class TransferOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Move amount_usdt (> 0) from payer to payee."""

    transfer_id: str
    settlement_id: str
    attempt: int
    payer: str
    payee: str
    amount_usdt: Decimal


class TransferInfo(Struct, frozen=True, kw_only=True):
    """What became of it. wallet_txn_id: where it is DONE; problem: where it is REFUSED."""

    order: TransferOrder
    status: WireTransferStatus
    wallet_txn_id: str = ""
    problem: str = ""


class TransferList(Struct, frozen=True):
    """By number."""

    transfers: tuple[TransferInfo, ...]


class UnknownTransfer(Struct, frozen=True, forbid_unknown_fields=True):
    """No transfer has this id."""

    transfer_id: str
    known: bool


def order_of(wanted: Transfer) -> TransferOrder:
    """The terms of a transfer."""
    return TransferOrder(**shared_fields(TransferOrder, wanted))


def transfer_of(info: TransferInfo, now: Nanos) -> Transfer | None:
    """What an answer proves; None where that is nothing: it is not decided, or DONE without a
    transaction that a person could look up."""
    order = info.order
    txn = info.wallet_txn_id
    named = 0 < len(txn) <= TXN_ID_LENGTH_MAX and txn.isascii() and txn.isprintable()
    if info.status is WireTransferStatus.PENDING or (
        info.status is WireTransferStatus.DONE and not named
    ):
        return None
    done = info.status is WireTransferStatus.DONE
    return Transfer(
        **shared_fields(Transfer, order),
        status=TransferStatus.DONE if done else TransferStatus.REFUSED,
        wallet_txn_id=txn if done else "",
        problem="" if done else (info.problem or "refused")[:TEXT_LENGTH_MAX],
        requested_by="",
        created_at=now,
        updated_at=now,
    )
