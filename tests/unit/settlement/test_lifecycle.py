from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.errors import (
    ConflictError,
    DomainError,
    IllegalTransitionError,
    InvalidFieldError,
)
from market_maker.model.money import Direction, SettlementStatus, TransferStatus
from market_maker.settlement.lifecycle import (
    SETTLEMENT_TRANSITIONS,
    SettlementCommand,
    answered,
    approve,
    check_answered,
    mark_failed,
    mark_settled,
    payment,
    reject,
    retry,
    settlement_advance,
    settlement_allowed,
)
from tests.unit.settlement.facts import APPROVED, NOTHING_TO_MOVE, record

NOW = 5
PENDING = record()
AMOUNTS = [name for name in PENDING.__struct_fields__ if name.endswith(("_usdt", "_pct"))]


def paid(status=TransferStatus.REQUESTED, of=APPROVED, **changes):
    asked = payment(of, [], "finn", NOW, account_id="acc-1")
    return structs.replace(asked, status=status, **changes)


def do(command, now, by="finn", transfers=()):
    """Each command with everything it needs."""
    match command:
        case SettlementCommand.APPROVE:
            return approve(now, [now], by, NOW)
        case SettlementCommand.REJECT:
            return reject(now, [now], by, NOW, reason="odd fills")
        case SettlementCommand.PAY:
            payment(now, transfers, by, NOW, account_id="acc-1")
            return now
        case SettlementCommand.MARK_SETTLED:
            return mark_settled(now, transfers, by, NOW, wallet_txn_id="tx-1")
        case SettlementCommand.MARK_FAILED:
            return mark_failed(now, transfers, by, NOW, reason="no funds")
        case SettlementCommand.RETRY:
            return retry(now, transfers, NOW)


@pytest.mark.parametrize("status", SettlementStatus)
@pytest.mark.parametrize("command", SettlementCommand)
def test_every_pair_of_the_table_is_a_move_and_every_other_is_refused(status, command):
    then = record(status=status)
    if (status, command) in SETTLEMENT_TRANSITIONS:
        assert do(command, then).status is SETTLEMENT_TRANSITIONS[status, command]
        return
    with pytest.raises(IllegalTransitionError) as caught:
        do(command, then)
    assert (caught.value.state, caught.value.command) == (status, command)
    assert caught.value.allowed == settlement_allowed(status)


def test_the_table_is_the_documented_one():
    assert settlement_allowed(SettlementStatus.PENDING) == ("approve", "reject")
    assert settlement_allowed(SettlementStatus.APPROVED) == ("pay", "mark-settled", "mark-failed")
    assert settlement_allowed(SettlementStatus.FAILED) == ("retry",)
    assert settlement_allowed(SettlementStatus.SETTLED) == ()
    assert settlement_allowed(SettlementStatus.REJECTED) == ()


@given(st.lists(st.sampled_from(list(SettlementCommand)), max_size=12))
def test_no_sequence_of_commands_changes_an_amount_or_leaves_an_end(commands):
    now, ended = PENDING, False
    for command in commands:
        try:
            then = do(command, now, by="jane" if command == "approve" else "finn")
        except DomainError:
            continue
        assert not ended
        assert [getattr(then, name) for name in AMOUNTS] == [getattr(now, n) for n in AMOUNTS]
        assert (then.watermark, then.month, then.entries) == (now.watermark, now.month, now.entries)
        now = then
        ended = now.status in {SettlementStatus.SETTLED, SettlementStatus.REJECTED}


def test_an_approval_says_who_and_when_and_what_the_body_claimed():
    done = approve(PENDING, [PENDING], "jane", NOW, claimed_by=" ops-jane ")
    assert (done.approved_by, done.approved_at, done.claimed_by) == ("jane", NOW, "ops-jane")


def test_who_created_a_record_may_not_approve_it():
    by_hand = record(created_by="jane")
    with pytest.raises(ConflictError, match="four eyes: who created"):
        approve(by_hand, [by_hand], "jane", NOW)
    assert approve(by_hand, [by_hand], "finn", NOW).status is SettlementStatus.APPROVED


@pytest.mark.parametrize(
    "command",
    [SettlementCommand.PAY, SettlementCommand.MARK_SETTLED, SettlementCommand.MARK_FAILED],
)
def test_who_approved_a_record_may_not_pay_or_mark_it(command):
    with pytest.raises(ConflictError, match="four eyes: who approved") as caught:
        do(command, APPROVED, by="jane")
    assert caught.value.field == "paid_by"


def test_months_are_approved_in_order():
    before = record(month="2026-09", settlement_id="stl-2026-09-1-acme")
    with pytest.raises(ConflictError, match="earlier month") as caught:
        approve(PENDING, [before, PENDING], "jane", NOW)
    assert caught.value.current == "stl-2026-09-1-acme"
    for status in (SettlementStatus.APPROVED, SettlementStatus.SETTLED, SettlementStatus.FAILED):
        decided = structs.replace(before, status=status)
        assert approve(PENDING, [decided, PENDING], "jane", NOW).approved_by == "jane"


def test_months_are_rejected_from_the_last_one_backwards():
    after = record(month="2026-11", settlement_id="stl-2026-11-1-acme")
    with pytest.raises(ConflictError, match="later month") as caught:
        reject(PENDING, [PENDING, after], "finn", NOW, reason="odd fills")
    assert caught.value.current == "stl-2026-11-1-acme"


@pytest.mark.parametrize("reason", ["", "  ", "\n", "x" * 1001])
def test_a_rejection_and_a_failure_want_a_reason(reason):
    with pytest.raises(InvalidFieldError) as caught:
        reject(PENDING, [PENDING], "finn", NOW, reason=reason)
    assert caught.value.field == "reason"
    with pytest.raises(InvalidFieldError) as caught:
        mark_failed(APPROVED, [], "finn", NOW, reason=reason)
    assert caught.value.field == "reason"


def test_the_state_is_refused_before_anything_else():
    settled = record(status=SettlementStatus.SETTLED, created_by="jane")
    with pytest.raises(IllegalTransitionError):
        reject(settled, [], "jane", NOW, reason="")
    with pytest.raises(IllegalTransitionError):
        payment(PENDING, [paid()], "jane", NOW, account_id="acc-1")


def test_money_that_moved_is_marked_with_the_wallets_transaction():
    with pytest.raises(InvalidFieldError) as caught:
        mark_settled(APPROVED, [], "finn", NOW, wallet_txn_id=" ")
    assert caught.value.field == "wallet_txn_id"
    done = mark_settled(APPROVED, [], "finn", NOW, wallet_txn_id="tx-9", notes="by hand")
    assert (done.paid_by, done.wallet_txn_id, done.notes) == ("finn", "tx-9", "by hand")


def test_where_nothing_is_to_be_moved_a_mark_settles_and_a_payment_is_refused():
    done = mark_settled(NOTHING_TO_MOVE, [], "finn", NOW, wallet_txn_id="")
    assert (done.status, done.wallet_txn_id) == (SettlementStatus.SETTLED, "")
    with pytest.raises(InvalidFieldError, match="mark it settled") as caught:
        payment(NOTHING_TO_MOVE, [], "finn", NOW, account_id="acc-1")
    assert caught.value.field == "amount_usdt"


@pytest.mark.parametrize("status", [TransferStatus.REQUESTED, TransferStatus.UNKNOWN])
@pytest.mark.parametrize(
    "command",
    [SettlementCommand.PAY, SettlementCommand.MARK_SETTLED, SettlementCommand.MARK_FAILED],
)
def test_no_payment_or_mark_before_the_wallet_answered(status, command):
    refused = paid(TransferStatus.REFUSED)
    with pytest.raises(ConflictError, match="wallet has not answered") as caught:
        do(command, APPROVED, transfers=(refused, paid(status)))
    assert (caught.value.field, caught.value.current) == ("transfer", status)
    check_answered((refused, paid(TransferStatus.DONE)))


def test_no_retry_before_the_wallet_answered():
    failed = record(status=SettlementStatus.FAILED)
    with pytest.raises(ConflictError, match="wallet has not answered"):
        retry(failed, [paid(TransferStatus.UNKNOWN)], NOW)
    again = retry(failed, [paid(TransferStatus.REFUSED)], NOW, notes="limit raised")
    assert (again.status, again.notes, again.paid_by) == (
        SettlementStatus.APPROVED,
        "limit raised",
        "",
    )


def test_each_attempt_has_a_name_of_its_own_and_the_money_flows_as_the_record_says():
    first = payment(APPROVED, [], "finn", NOW, account_id="acc-1")
    assert (first.transfer_id, first.payer, first.payee) == (
        "stl-2026-10-1-acme-1",
        "acc-1",
        "platform",
    )
    assert (first.amount_usdt, first.status) == (Decimal("200.00"), TransferStatus.REQUESTED)
    refused = [structs.replace(first, status=TransferStatus.REFUSED)]
    assert payment(APPROVED, refused, "finn", NOW, account_id="acc-1").attempt == 2
    ours = structs.replace(APPROVED, direction=Direction.PLATFORM_TO_PARTICIPANT)
    back = payment(ours, [], "finn", NOW, account_id="acc-1")
    assert (back.payer, back.payee) == ("platform", "acc-1")


def test_the_wallets_word_moves_the_record_and_its_silence_does_not():
    done = answered(APPROVED, paid(TransferStatus.DONE, wallet_txn_id="tx-3"), NOW)
    assert (done.status, done.wallet_txn_id, done.paid_by) == (
        SettlementStatus.SETTLED,
        "tx-3",
        "finn",
    )
    refused = answered(APPROVED, paid(TransferStatus.REFUSED, problem="no funds"), NOW)
    assert (refused.status, refused.notes) == (SettlementStatus.FAILED, "no funds")
    for status in (TransferStatus.REQUESTED, TransferStatus.UNKNOWN):
        assert answered(APPROVED, paid(status), NOW) == APPROVED


def test_an_advance_by_the_table_alone_is_the_same():
    assert settlement_advance(SettlementStatus.FAILED, SettlementCommand.RETRY) == "APPROVED"
