"""A transfer is done or refused only where an answer that repeats its terms says so."""

from decimal import Decimal

import pytest

from market_maker.model.money import TransferStatus
from market_maker.venues.wallet.wire import (
    TEXT_LENGTH_MAX,
    TXN_ID_LENGTH_MAX,
    TransferInfo,
    TransferOrder,
    WireTransferStatus,
    order_of,
    transfer_of,
)

ORDER = TransferOrder(
    transfer_id="t-1",
    settlement_id="s-1",
    attempt=1,
    payer="a",
    payee="b",
    amount_usdt=Decimal("12.50"),
)
DONE, REFUSED = WireTransferStatus.DONE, WireTransferStatus.REFUSED


def told(status, **fields):
    return transfer_of(TransferInfo(order=ORDER, status=status, **fields), 7)


def test_terms_go_out_and_come_back_the_same():
    done = told(DONE, wallet_txn_id="0xabc")
    assert (done.status, done.wallet_txn_id, done.created_at) == (TransferStatus.DONE, "0xabc", 7)
    assert order_of(done) == ORDER


@pytest.mark.parametrize("txn", ["", "x" * (TXN_ID_LENGTH_MAX + 1), "ä", "a\nb"])
def test_done_without_a_transaction_to_look_up_proves_nothing(txn):
    assert told(DONE, wallet_txn_id=txn) is None
    assert told(WireTransferStatus.PENDING, wallet_txn_id="0xabc") is None


def test_a_refusal_has_words_and_no_transaction():
    refused = told(REFUSED, problem="x" * 1_000, wallet_txn_id="0xabc")
    assert refused.status is TransferStatus.REFUSED
    assert (len(refused.problem), refused.wallet_txn_id) == (TEXT_LENGTH_MAX, "")
    assert told(REFUSED).problem == "refused"
