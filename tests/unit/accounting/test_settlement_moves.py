"""Whatever is asked of a settlement, in whatever order, it moves as the state table says."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from market_maker.model.errors import ConflictError, DomainError
from market_maker.model.exact import ZERO
from market_maker.model.money import EntryKind, SettlementStatus, TransferStatus
from market_maker.settlement.lifecycle import SETTLEMENT_TRANSITIONS, SettlementCommand
from tests.examples import examples
from tests.support.counting_house import ANN, MAY, PAT, house

COMMANDS = [*SettlementCommand, "resolve", "silent", "speak", "refuse", "accept"]
PEOPLE = [MAY, ANN, PAT]


async def ask(application, name, command, who):
    """Do it; returns what was refused."""
    if not isinstance(command, SettlementCommand):
        await tell(application, command)
        return None
    settling, payouts = application.settling, application.payouts
    do = {
        SettlementCommand.APPROVE: lambda: settling.approve(who, name),
        SettlementCommand.REJECT: lambda: settling.reject(who, name, "because"),
        SettlementCommand.PAY: lambda: payouts.pay(who, name),
        SettlementCommand.MARK_SETTLED: lambda: payouts.mark_settled(who, name, "txn-by-hand"),
        SettlementCommand.MARK_FAILED: lambda: payouts.mark_failed(who, name, "because"),
        SettlementCommand.RETRY: lambda: payouts.retry(who, name),
    }
    try:
        await do[command]()
    except DomainError as error:
        return error
    return None


async def tell(application, word):
    if word == "resolve":
        await application.payouts.resolve()
    elif word in {"silent", "speak"}:
        application.wallet.silent = word == "silent"
    else:
        application.wallet.refusal = "no" if word == "refuse" else ""


def amounts(record):
    return {name: value for name, value in asdict(record).items() if name.endswith("_usdt")}


def judge(before, after, command, refused):
    """One step, against the table and against who was asked."""
    was, now = before.record, after.record
    assert amounts(was) == amounts(now)
    if refused is not None or was.status is now.status:
        return
    if command in {SettlementCommand.PAY, "resolve"}:
        assert was.status is SettlementStatus.APPROVED
        assert now.status in {SettlementStatus.SETTLED, SettlementStatus.FAILED}
        return
    assert SETTLEMENT_TRANSITIONS[was.status, command] is now.status


async def played(steps):
    async with house() as application:
        name = await application.pending()
        for command, who in steps:
            before = await application.settling.get(name)
            refused = await ask(application, name, command, who)
            after = await application.settling.get(name)
            judge(before, after, command, refused)
            unknown = any(t.status is TransferStatus.UNKNOWN for t in before.transfers)
            if unknown and command != "resolve":
                assert after.record.status is before.record.status
            if unknown and command in {SettlementCommand.PAY, SettlementCommand.MARK_SETTLED}:
                assert isinstance(refused, ConflictError)
        view, entries = await application.settling.get(name), await application.ledger()
        return application, view, entries


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.sampled_from(PEOPLE)), max_size=14))
def test_random_commands_move_it_as_the_table_says_and_money_at_most_once(steps):
    application, view, entries = asyncio.run(played(steps))
    record, kinds = view.record, [entry.kind for entry in entries]
    approved = record.status not in {SettlementStatus.PENDING, SettlementStatus.REJECTED}
    assert kinds.count(EntryKind.SETTLEMENT) == approved
    assert kinds.count(EntryKind.TRANSFER) == (record.status is SettlementStatus.SETTLED)
    assert all(entry.imbalance == ZERO for entry in entries)
    assert len(application.wallet.moved) <= 1
    if record.status is SettlementStatus.SETTLED:
        assert record.wallet_txn_id
        assert record.approved_by not in {record.created_by, record.paid_by}
    if record.status is SettlementStatus.PENDING:
        assert not view.transfers
