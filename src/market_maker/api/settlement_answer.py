"""A settlement as the API answers it: with its story, what rests on what, and what may be done with
it by whom."""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct

from market_maker.accounting.settling import SettlementStep
from market_maker.accounting.views import NotCounted, SettlementView
from market_maker.api.literals import write_time
from market_maker.model.caller import Caller, Role
from market_maker.model.money import SettlementRecord, Transfer
from market_maker.model.shared_fields import shared_fields
from market_maker.settlement.lifecycle import OPEN_TRANSFERS

_PAYING = ("pay", "mark-settled", "mark-failed")


class SettlementAction(Struct, frozen=True, kw_only=True):
    """A command. allowed: to this caller, now; because: why not, empty where it is."""

    name: str
    allowed: bool
    because: str


class SettlementEvidence(Struct, frozen=True, kw_only=True):
    """Addresses of what the record was made from. adjustments: entries of earlier months that came
    late, null where there are none."""

    fills: str
    score: str
    ledger: str
    adjustments: str | None
    statement: str


class SettlementAnswer(Struct, frozen=True, kw_only=True):
    """A record, the attempts to pay it, and what may be done with it now. allowed: commands by the
    state table; actions: every command, with why it is not for this caller. history: what was done
    to it, oldest first. not_counted: token fees that are in none of the amounts; while there are
    some an approval says without_token_fees."""

    record: SettlementRecord
    transfers: tuple[Transfer, ...]
    allowed: tuple[str, ...]
    actions: tuple[SettlementAction, ...]
    history: tuple[SettlementStep, ...]
    evidence: SettlementEvidence
    not_counted: tuple[NotCounted, ...]


def settlement_answer(
    view: SettlementView,
    history: tuple[SettlementStep, ...],
    caller: Caller,
    roles: Mapping[str, tuple[Role, ...]],
) -> SettlementAnswer:
    """For this caller. roles: of every command, one of which it takes."""
    becauses = {name: _because(name, view, caller, needed) for name, needed in roles.items()}
    return SettlementAnswer(
        **shared_fields(SettlementAnswer, view),
        actions=tuple(
            SettlementAction(name=name, allowed=not because, because=because)
            for name, because in becauses.items()
        ),
        history=history,
        evidence=evidence_of(view.record),
    )


def evidence_of(record: SettlementRecord) -> SettlementEvidence:
    """Where everything lies that the record was made from."""
    span = {"since": write_time(record.period_start), "until": write_time(record.period_end)}
    whose = {"participant_id": record.participant_id}
    late = whose | {"until": span["since"], "sort": "-entry_id"}
    return SettlementEvidence(
        fills=f"/v1/mm-fills?{urlencode(whose | span)}",
        score=f"/v1/performance/{record.participant_id}?{urlencode(span)}",
        ledger=f"/v1/ledger?{urlencode(whose | span)}",
        adjustments=f"/v1/ledger?{urlencode(late)}" if record.late_entries else None,
        statement=f"/v1/settlements/{record.settlement_id}/statement",
    )


def _because(name: str, view: SettlementView, caller: Caller, needed: tuple[Role, ...]) -> str:
    record = view.record
    if any(transfer.status in OPEN_TRANSFERS for transfer in view.transfers):
        return "the wallet has not answered yet"
    if name not in view.allowed:
        return f"not while it is {record.status}"
    if not caller.has(*needed):
        return "needs the role " + " or ".join(needed)
    if name == "approve" and caller.subject == record.created_by:
        return "four eyes: not by who made it"
    if name in _PAYING and caller.subject == record.approved_by:
        return "four eyes: not by who approved it"
    return ""
