"""Money moves once, and what the wallet has not said is unknown."""

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.accounting.payouts import ASK_INTERVAL
from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidFieldError,
    StoreUnavailableError,
)
from market_maker.model.money import EntryKind, SettlementStatus, TransferStatus
from market_maker.model.units import Nanos
from tests.support.counting_house import ANN, PAT, FailingStore, House, house, payouts_on

pytestmark = pytest.mark.anyio

APPROVED, SETTLED, FAILED = (
    SettlementStatus.APPROVED,
    SettlementStatus.SETTLED,
    SettlementStatus.FAILED,
)


@pytest.fixture
async def application():
    async with house() as opened:
        yield opened


async def test_what_the_wallet_has_done_is_settled_in_one_step(application):
    name = await application.approved()
    view = await application.payouts.pay(PAT, name)
    assert (view.record.status, view.record.wallet_txn_id) == (SETTLED, "txn-1")
    assert view.record.paid_by == "pat"
    assert view.allowed == ()
    (transfer,) = view.transfers
    assert (transfer.payer, transfer.payee) == ("account-acme", "platform")
    assert transfer.amount_usdt == view.record.amount_usdt == Decimal("249.98")
    (entry,) = await application.ledger(kind=EntryKind.TRANSFER)
    assert (entry.platform_due, entry.cash) == (Decimal("249.98"), Decimal("-249.98"))
    assert [row[:2] for row in (await application.audit())[-2:]] == [
        ("pat", "settlement.pay"),
        ("pat", "settlement.transfer.done"),
    ]


async def test_what_the_wallet_refuses_fails_with_its_words_and_may_be_tried_again(application):
    name = await application.approved()
    application.wallet.refusal = "account is closed"
    view = await application.payouts.pay(PAT, name)
    assert (view.record.status, view.record.notes) == (FAILED, "account is closed")
    assert view.allowed == ("retry",)
    assert await application.ledger(kind=EntryKind.TRANSFER) == ()
    application.wallet.refusal = ""
    await application.payouts.retry(PAT, name, "account was opened")
    view = await application.payouts.pay(PAT, name)
    assert view.record.status is SETTLED
    assert [t.transfer_id for t in view.transfers] == [f"{name}-1", f"{name}-2"]
    assert application.wallet.moved == [f"{name}-2"]


async def test_silence_is_unknown_and_blocks_everything_until_the_wallet_answers(application):
    name = await application.approved()
    application.wallet.silent = True
    view = await application.payouts.pay(PAT, name)
    assert (view.record.status, view.transfers[0].status) == (APPROVED, TransferStatus.UNKNOWN)
    assert view.allowed == ()
    for call in (
        application.payouts.pay(PAT, name),
        application.payouts.mark_settled(PAT, name, "txn-x"),
        application.payouts.mark_failed(PAT, name, "gave up"),
    ):
        with pytest.raises(ConflictError, match="not answered"):
            await call
    assert await application.payouts.resolve() == 0
    assert application.payouts.unknown == 1
    application.wallet.silent = False
    assert await application.payouts.resolve() == 1
    view = await application.settling.get(name)
    assert (view.record.status, view.record.paid_by) == (SETTLED, "pat")
    assert application.wallet.moved == [f"{name}-1"]
    assert len(await application.ledger(kind=EntryKind.TRANSFER)) == 1
    assert (await application.audit())[-1][:2] == ("service", "settlement.transfer.done")


async def test_a_request_that_never_arrived_is_sent_again_under_the_same_id(application):
    name = await application.approved()
    application.wallet.deaf = True
    await application.payouts.pay(PAT, name)
    assert application.wallet.done == {}
    application.wallet.deaf = False
    assert await application.payouts.resolve() == 1
    assert application.wallet.moved == [f"{name}-1"]
    assert (await application.settling.get(name)).record.status is SETTLED


async def test_a_crash_after_the_request_is_resolved_by_the_next_process(application):
    name = await application.approved()
    failing = FailingStore(application.store, 1)
    with pytest.raises(StoreUnavailableError):
        await payouts_on(failing, application.clock, application.wallet).pay(PAT, name)
    assert application.wallet.moved == [f"{name}-1"]
    assert (await application.settling.get(name)).transfers[0].status is TransferStatus.REQUESTED
    again = House(application.store)
    again.wallet = application.wallet
    payouts = payouts_on(again.store, again.clock, application.wallet)
    assert await payouts.resolve() == 1
    assert (await application.settling.get(name)).record.status is SETTLED
    assert application.wallet.moved == [f"{name}-1"]


async def test_a_request_whose_answer_was_lost_is_carried_out(application):
    name = await application.approved()
    failing = FailingStore(application.store, 0, late=True)
    with pytest.raises(StoreUnavailableError):
        await payouts_on(failing, application.clock, application.wallet).pay(PAT, name)
    assert application.wallet.moved == []
    with pytest.raises(ConflictError, match="not answered"):
        await application.payouts.pay(PAT, name)
    assert await application.payouts.resolve() == 1
    assert application.wallet.moved == [f"{name}-1"]
    assert (await application.settling.get(name)).record.status is SETTLED


async def test_two_who_pay_at_once_pay_once(application):
    name = await application.approved()
    asked = await asyncio.gather(
        *(application.payouts.pay(PAT, name) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(each, ConflictError | IllegalTransitionError) for each in asked) == 4
    assert application.wallet.moved == [f"{name}-1"]
    assert len(await application.ledger(kind=EntryKind.TRANSFER)) == 1


async def test_two_resolvers_conclude_once(application):
    name = await application.approved()
    application.wallet.silent = True
    await application.payouts.pay(PAT, name)
    application.wallet.silent = False
    other = payouts_on(application.store, application.clock, application.wallet)
    await asyncio.gather(application.payouts.resolve(), other.resolve())
    actions = [action for _, action, _ in await application.audit()]
    assert actions.count("settlement.transfer.done") == 1
    assert (await application.settling.get(name)).record.status is SETTLED


@pytest.mark.parametrize(
    "lie", [{"amount_usdt": Decimal(1)}, {"payee": "thief"}, {"transfer_id": "other"}]
)
async def test_an_answer_of_the_wallet_about_another_transfer_is_not_accepted(application, lie):
    name = await application.approved()

    class Liar:
        async def transfer(self, wanted):
            return replace(wanted, status=TransferStatus.DONE, wallet_txn_id="t", **lie)

    view = await payouts_on(application.store, application.clock, Liar()).pay(PAT, name)
    assert view.record.status is APPROVED
    assert view.transfers[0].status is TransferStatus.UNKNOWN


async def test_the_wallet_is_asked_again_after_its_interval_and_not_before(application):
    name = await application.approved()
    application.wallet.silent = True
    await application.payouts.pay(PAT, name)
    assert await application.payouts.step() == 0
    application.wallet.silent = False
    assert await application.payouts.step() == 0
    application.clock.advance_to(Nanos(application.clock.now() + ASK_INTERVAL))
    assert await application.payouts.step() == 1


async def test_only_an_approved_settlement_is_paid(application):
    name = await application.pending()
    with pytest.raises(IllegalTransitionError, match="pay while PENDING"):
        await application.payouts.pay(PAT, name)
    assert application.wallet.done == {}


async def test_who_approved_does_not_pay_or_mark(application):
    name = await application.approved()
    for call in (
        application.payouts.pay(ANN, name),
        application.payouts.mark_settled(ANN, name, "txn-1"),
        application.payouts.mark_failed(ANN, name, "no"),
    ):
        with pytest.raises(ConflictError, match="four eyes"):
            await call
    assert application.wallet.done == {}


async def test_a_transfer_by_hand_is_marked_with_its_transaction(application):
    name = await application.approved()
    with pytest.raises(InvalidFieldError, match="wallet_txn_id"):
        await application.payouts.mark_settled(PAT, name, " ")
    view = await application.payouts.mark_settled(PAT, name, "bank-42", "paid by hand")
    assert (view.record.status, view.record.wallet_txn_id) == (SETTLED, "bank-42")
    assert len(await application.ledger(kind=EntryKind.TRANSFER)) == 1


async def test_where_nothing_is_to_be_moved_nothing_is_asked(application):
    await application.pending()
    name = "stl-2025-10-1-beta"
    await application.settling.approve(ANN, name)
    with pytest.raises(InvalidFieldError, match="nothing has to be moved"):
        await application.payouts.pay(PAT, name)
    assert (await application.settling.get(name)).allowed == ("mark-settled", "mark-failed")
    view = await application.payouts.mark_settled(PAT, name, "")
    assert view.record.status is SETTLED


async def test_a_failure_by_hand_needs_a_reason_and_can_be_retried(application):
    name = await application.approved()
    with pytest.raises(InvalidFieldError, match="reason"):
        await application.payouts.mark_failed(PAT, name, "")
    view = await application.payouts.mark_failed(PAT, name, "bank was shut")
    assert (view.record.status, view.allowed) == (FAILED, ("retry",))
    view = await application.payouts.retry(PAT, name)
    assert (view.record.status, view.record.approved_by) == (APPROVED, "ann")
