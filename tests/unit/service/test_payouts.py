"""Money moves once, and nobody pretends to know what the wallet has not said."""

import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidFieldError,
    StoreUnavailableError,
)
from market_maker.model.money import EntryKind, SettlementStatus, TransferStatus
from market_maker.model.units import Nanos
from market_maker.service.payouts import ASK_INTERVAL, Payouts
from tests.unit.service.counting_house import ANN, PAT, FailingStore, House, house
from tests.unit.service.office import Office

pytestmark = pytest.mark.anyio

APPROVED, SETTLED, FAILED = (
    SettlementStatus.APPROVED,
    SettlementStatus.SETTLED,
    SettlementStatus.FAILED,
)


@pytest.fixture
async def desk():
    async with house() as opened:
        yield opened


async def test_what_the_wallet_has_done_is_settled_in_one_step(desk):
    name = await desk.approved()
    view = await desk.payouts.pay(PAT, name)
    assert (view.record.status, view.record.wallet_txn_id) == (SETTLED, "txn-1")
    assert view.record.paid_by == "pat"
    assert view.allowed == ()
    (transfer,) = view.transfers
    assert (transfer.payer, transfer.payee) == ("account-acme", "platform")
    assert transfer.amount_usdt == view.record.amount_usdt == Decimal("249.98")
    (entry,) = await desk.ledger(kind=EntryKind.TRANSFER)
    assert (entry.platform_due, entry.cash) == (Decimal("249.98"), Decimal("-249.98"))
    assert [row[:2] for row in (await desk.audit())[-2:]] == [
        ("pat", "settlement.pay"),
        ("pat", "settlement.transfer.done"),
    ]


async def test_what_the_wallet_refuses_fails_with_its_words_and_may_be_tried_again(desk):
    name = await desk.approved()
    desk.wallet.refusal = "account is closed"
    view = await desk.payouts.pay(PAT, name)
    assert (view.record.status, view.record.notes) == (FAILED, "account is closed")
    assert view.allowed == ("retry",)
    assert await desk.ledger(kind=EntryKind.TRANSFER) == ()
    desk.wallet.refusal = ""
    await desk.payouts.retry(PAT, name, "account was opened")
    view = await desk.payouts.pay(PAT, name)
    assert view.record.status is SETTLED
    assert [t.transfer_id for t in view.transfers] == [f"{name}-1", f"{name}-2"]
    assert desk.wallet.moved == [f"{name}-2"]


async def test_silence_is_unknown_and_blocks_everything_until_the_wallet_speaks(desk):
    name = await desk.approved()
    desk.wallet.silent = True
    view = await desk.payouts.pay(PAT, name)
    assert (view.record.status, view.transfers[0].status) == (APPROVED, TransferStatus.UNKNOWN)
    assert view.allowed == ()
    for call in (
        desk.payouts.pay(PAT, name),
        desk.payouts.mark_settled(PAT, name, "txn-x"),
        desk.payouts.mark_failed(PAT, name, "gave up"),
    ):
        with pytest.raises(ConflictError, match="not answered"):
            await call
    assert await desk.payouts.resolve() == 0
    assert desk.payouts.unknown == 1
    desk.wallet.silent = False
    assert await desk.payouts.resolve() == 1
    view = await desk.settling.get(name)
    assert (view.record.status, view.record.paid_by) == (SETTLED, "pat")
    assert desk.wallet.moved == [f"{name}-1"]
    assert len(await desk.ledger(kind=EntryKind.TRANSFER)) == 1
    assert (await desk.audit())[-1][:2] == ("service", "settlement.transfer.done")


async def test_a_request_that_never_arrived_is_sent_again_under_the_same_id(desk):
    name = await desk.approved()
    desk.wallet.deaf = True
    await desk.payouts.pay(PAT, name)
    assert desk.wallet.done == {}
    desk.wallet.deaf = False
    assert await desk.payouts.resolve() == 1
    assert desk.wallet.moved == [f"{name}-1"]
    assert (await desk.settling.get(name)).record.status is SETTLED


async def test_a_crash_after_the_request_is_resolved_by_the_next_process(desk):
    name = await desk.approved()
    back = Office(FailingStore(desk.store, 1), desk.clock).back
    with pytest.raises(StoreUnavailableError):
        await Payouts(back, desk.wallet).pay(PAT, name)
    assert desk.wallet.moved == [f"{name}-1"]
    assert (await desk.settling.get(name)).transfers[0].status is TransferStatus.REQUESTED
    again = House(desk.store)
    again.wallet = desk.wallet
    payouts = Payouts(again.back, desk.wallet)
    assert await payouts.resolve() == 1
    assert (await desk.settling.get(name)).record.status is SETTLED
    assert desk.wallet.moved == [f"{name}-1"]


async def test_a_request_of_which_nobody_heard_whether_it_was_kept_is_carried_out(desk):
    name = await desk.approved()
    back = Office(FailingStore(desk.store, 0, late=True), desk.clock).back
    with pytest.raises(StoreUnavailableError):
        await Payouts(back, desk.wallet).pay(PAT, name)
    assert desk.wallet.moved == []
    with pytest.raises(ConflictError, match="not answered"):
        await desk.payouts.pay(PAT, name)
    assert await desk.payouts.resolve() == 1
    assert desk.wallet.moved == [f"{name}-1"]
    assert (await desk.settling.get(name)).record.status is SETTLED


async def test_two_who_pay_at_once_pay_once(desk):
    name = await desk.approved()
    asked = await asyncio.gather(
        *(desk.payouts.pay(PAT, name) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(each, ConflictError | IllegalTransitionError) for each in asked) == 4
    assert desk.wallet.moved == [f"{name}-1"]
    assert len(await desk.ledger(kind=EntryKind.TRANSFER)) == 1


async def test_two_resolvers_conclude_once(desk):
    name = await desk.approved()
    desk.wallet.silent = True
    await desk.payouts.pay(PAT, name)
    desk.wallet.silent = False
    other = Payouts(desk.back, desk.wallet)
    await asyncio.gather(desk.payouts.resolve(), other.resolve())
    actions = [action for _, action, _ in await desk.audit()]
    assert actions.count("settlement.transfer.done") == 1
    assert (await desk.settling.get(name)).record.status is SETTLED


@pytest.mark.parametrize(
    "lie", [{"amount_usdt": Decimal(1)}, {"payee": "thief"}, {"transfer_id": "other"}]
)
async def test_a_wallet_that_tells_of_another_transfer_is_not_believed(desk, lie):
    name = await desk.approved()

    class Liar:
        async def transfer(self, wanted):
            return replace(wanted, status=TransferStatus.DONE, wallet_txn_id="t", **lie)

    view = await Payouts(desk.back, Liar()).pay(PAT, name)
    assert view.record.status is APPROVED
    assert view.transfers[0].status is TransferStatus.UNKNOWN


async def test_the_wallet_is_asked_again_after_its_interval_and_not_before(desk):
    name = await desk.approved()
    desk.wallet.silent = True
    await desk.payouts.pay(PAT, name)
    assert await desk.payouts.step() == 0
    desk.wallet.silent = False
    assert await desk.payouts.step() == 0
    desk.clock.advance_to(Nanos(desk.clock.now() + ASK_INTERVAL))
    assert await desk.payouts.step() == 1


async def test_only_an_approved_settlement_is_paid(desk):
    name = await desk.pending()
    with pytest.raises(IllegalTransitionError, match="pay while PENDING"):
        await desk.payouts.pay(PAT, name)
    assert desk.wallet.done == {}


async def test_who_approved_does_not_pay_or_mark(desk):
    name = await desk.approved()
    for call in (
        desk.payouts.pay(ANN, name),
        desk.payouts.mark_settled(ANN, name, "txn-1"),
        desk.payouts.mark_failed(ANN, name, "no"),
    ):
        with pytest.raises(ConflictError, match="four eyes"):
            await call
    assert desk.wallet.done == {}


async def test_a_transfer_by_hand_is_marked_with_its_transaction(desk):
    name = await desk.approved()
    with pytest.raises(InvalidFieldError, match="wallet_txn_id"):
        await desk.payouts.mark_settled(PAT, name, " ")
    view = await desk.payouts.mark_settled(PAT, name, "bank-42", "paid by hand")
    assert (view.record.status, view.record.wallet_txn_id) == (SETTLED, "bank-42")
    assert len(await desk.ledger(kind=EntryKind.TRANSFER)) == 1


async def test_where_nothing_is_to_be_moved_nothing_is_asked(desk):
    await desk.pending()
    name = "stl-2025-10-1-beta"
    await desk.settling.approve(ANN, name)
    with pytest.raises(InvalidFieldError, match="nothing has to be moved"):
        await desk.payouts.pay(PAT, name)
    assert (await desk.settling.get(name)).allowed == ("mark-settled", "mark-failed")
    view = await desk.payouts.mark_settled(PAT, name, "")
    assert view.record.status is SETTLED


async def test_a_failure_by_hand_needs_a_reason_and_can_be_retried(desk):
    name = await desk.approved()
    with pytest.raises(InvalidFieldError, match="reason"):
        await desk.payouts.mark_failed(PAT, name, "")
    view = await desk.payouts.mark_failed(PAT, name, "bank was shut")
    assert (view.record.status, view.allowed) == (FAILED, ("retry",))
    view = await desk.payouts.retry(PAT, name)
    assert (view.record.status, view.record.approved_by) == (APPROVED, "ann")
