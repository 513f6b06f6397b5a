"""A settlement says of every command whether this caller may give it, and why not."""

import pytest
from msgspec.structs import replace

from market_maker.accounting.settlement_moves import allowed
from market_maker.accounting.views import SettlementView
from market_maker.api.settlement_answer import evidence_of, settlement_answer
from market_maker.api.settlements import ROLES
from market_maker.model.caller import Caller, Role
from market_maker.model.money import SettlementRecord, Transfer, TransferStatus
from market_maker.settlement.lifecycle import payment
from tests.unit.settlement.facts import APPROVED, record

RISK = Caller("risk-person", (Role.RISK,), "t")
FINANCE = Caller("finance-person", (Role.FINANCE,), "t")


def why_not(row: SettlementRecord, caller: Caller, *transfers: Transfer) -> dict[str, str]:
    view = SettlementView(record=row, transfers=transfers, allowed=allowed(row, transfers))
    answer = settlement_answer(view, (), caller, ROLES)
    assert all(each.allowed is (each.because == "") for each in answer.actions)
    return {each.name: each.because for each in answer.actions}


def test_a_pending_record_may_be_approved_by_another_than_made_it():
    row = record(created_by="maker")
    assert why_not(row, RISK)["approve"] == ""
    own = Caller("maker", (Role.RISK,), "t")
    assert why_not(row, own)["approve"] == "four eyes: not by who made it"
    assert why_not(row, own)["reject"] == ""
    assert why_not(row, RISK)["pay"] == "not while it is PENDING"


def test_who_approved_does_not_pay_and_paying_takes_the_role():
    assert why_not(APPROVED, FINANCE)["pay"] == ""
    approver = Caller("jane", (Role.FINANCE,), "t")
    for name in ("pay", "mark-settled", "mark-failed"):
        assert why_not(APPROVED, approver)[name] == "four eyes: not by who approved it"
        assert why_not(APPROVED, RISK)[name] == "needs the role finance"


def test_nothing_may_be_done_while_the_wallet_has_not_answered():
    asked = payment(APPROVED, (), "finance-person", APPROVED.updated_at, account_id="a")
    unknown = replace(asked, status=TransferStatus.UNKNOWN)
    assert set(why_not(APPROVED, FINANCE, unknown).values()) == {"the wallet has not answered yet"}


@pytest.mark.parametrize("late", [0, 3])
def test_the_evidence_is_addresses_of_the_record_s_own_month(late):
    row = record(late_entries=late)
    found = evidence_of(row)
    for address in (found.fills, found.score, found.ledger):
        assert row.participant_id in address
        assert "since=" in address
        assert "until=" in address
    assert (found.adjustments is None) is (late == 0)
    assert found.statement.endswith(f"{row.settlement_id}/statement")
