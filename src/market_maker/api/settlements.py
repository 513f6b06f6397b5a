"""/v1/settlements: who is owed what for a month, who agreed, and what became of the money."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

from msgspec import Struct

from market_maker.accounting.views import Closed, SettlementView
from market_maker.api.filters import MonthName, Whose
from market_maker.api.paging import PageQuery
from market_maker.api.reading import Body
from market_maker.api.routes import (
    AUDITORS,
    PAYERS,
    SIGNERS,
    Asked,
    Route,
    Versioning,
    command,
    links,
)
from market_maker.api.settlement_answer import SettlementAnswer, settlement_answer
from market_maker.model.caller import Role
from market_maker.model.fields import line, meaning
from market_maker.model.money import SettlementRecord, SettlementStatus
from market_maker.model.records import Page, SettlementCriteria

PATH = "/v1/settlements"
ONE = PATH + "/{settlement_id}"

ROLES: dict[str, tuple[Role, ...]] = {
    "approve": SIGNERS,
    "reject": SIGNERS,
    "recreate": AUDITORS,
    "pay": PAYERS,
    "mark-settled": PAYERS,
    "mark-failed": PAYERS,
    "retry": PAYERS,
}
"""Every command on a settlement, and who may give it: as the routes have it."""

_Reason: TypeAlias = Annotated[str, line(1_000, "Kept with the record.", 1)]
_Notes: TypeAlias = Annotated[str, line(1_000, "Kept with the record.")]
Person: TypeAlias = Annotated[
    str, line(100, "What the caller is called; who counts is the subject of the token.")
]


class PendingQuery(PageQuery, frozen=True, kw_only=True):
    """month: of that month only. participant_id: of that participant only."""

    month: MonthName | None = None
    participant_id: Whose = None


class SettlementsQuery(PendingQuery, frozen=True, kw_only=True):
    """status: those in this status only."""

    status: Annotated[SettlementStatus | None, meaning("In this status only.")] = None


class RunBody(Struct, frozen=True, kw_only=True):
    """month: YYYY-MM, which must be over unless dry_run, which stores nothing. participant_id: of
    this one only."""

    month: MonthName
    dry_run: bool = False
    participant_id: Whose = None


class ApproveBody(Struct, frozen=True):
    """approved_by: as the caller calls themselves; who counts is whose token it is.
    without_token_fees: said where `not_counted` of the settlement is not empty."""

    approved_by: Person = ""
    without_token_fees: Annotated[
        bool, meaning("That fees in other tokens, for which no rate is known, are not in it.")
    ] = False


class RejectBody(Struct, frozen=True):
    """reason: kept with the record. rejected_by: as approved_by of an approval."""

    reason: _Reason
    rejected_by: Person = ""


class SettledBody(Struct, frozen=True):
    """wallet_txn_id: the wallet's, needed where money was to move."""

    wallet_txn_id: Annotated[str, line(200, "Of the wallet; needed where money was to move.")] = ""
    notes: _Notes = ""


class FailedBody(Struct, frozen=True):
    """reason: why the money did not move."""

    reason: _Reason


class RetryBody(Struct, frozen=True):
    """notes: what was put right."""

    notes: _Notes = ""


async def _list(asked: Asked) -> Page[SettlementRecord]:
    query = asked.query_as(SettlementsQuery)
    return await _page(asked, query, query.status)


async def _pending(asked: Asked) -> Page[SettlementRecord]:
    return await _page(asked, asked.query_as(PendingQuery), SettlementStatus.PENDING)


async def _page(
    asked: Asked, query: PendingQuery, status: SettlementStatus | None
) -> Page[SettlementRecord]:
    criteria = SettlementCriteria(
        status=status, participant_id=query.participant_id, month=query.month
    )
    return await asked.application.settlements.page(criteria, query.limit, query.cursor)


async def _run(asked: Asked) -> Closed:
    body = asked.body_as(RunBody)
    return await asked.application.settlements.close(
        asked.caller, body.month, dry_run=body.dry_run, participant_id=body.participant_id
    )


async def _get(asked: Asked) -> SettlementAnswer:
    return await _answered(asked, await asked.application.settlements.get(_id(asked)))


async def _approve(asked: Asked) -> SettlementAnswer:
    body, settlements = asked.body_as(ApproveBody), asked.application.settlements
    view = await settlements.approve(
        asked.caller,
        _id(asked),
        body.approved_by,
        without_token_fees=body.without_token_fees,
    )
    return await _answered(asked, view)


async def _reject(asked: Asked) -> SettlementAnswer:
    body, settlements = asked.body_as(RejectBody), asked.application.settlements
    view = await settlements.reject(asked.caller, _id(asked), body.reason, body.rejected_by)
    return await _answered(asked, view)


async def _recreate(asked: Asked) -> SettlementAnswer:
    view = await asked.application.settlements.recreate(asked.caller, _id(asked))
    return await _answered(asked, view)


async def _pay(asked: Asked) -> SettlementAnswer:
    view = await asked.application.payouts.pay(asked.caller, _id(asked))
    return await _answered(asked, view)


async def _mark_settled(asked: Asked) -> SettlementAnswer:
    body, payouts = asked.body_as(SettledBody), asked.application.payouts
    id_ = _id(asked)
    view = await payouts.mark_settled(asked.caller, id_, body.wallet_txn_id, body.notes)
    return await _answered(asked, view)


async def _mark_failed(asked: Asked) -> SettlementAnswer:
    reason = asked.body_as(FailedBody).reason
    view = await asked.application.payouts.mark_failed(asked.caller, _id(asked), reason)
    return await _answered(asked, view)


async def _retry(asked: Asked) -> SettlementAnswer:
    notes = asked.body_as(RetryBody).notes
    view = await asked.application.payouts.retry(asked.caller, _id(asked), notes)
    return await _answered(asked, view)


async def _answered(asked: Asked, view: SettlementView) -> SettlementAnswer:
    """With its story as it is now."""
    history = await asked.application.settlements.history(view.record.settlement_id)
    return settlement_answer(view, history, asked.caller, ROLES)


def _id(asked: Asked) -> str:
    return asked.path["settlement_id"]


Handle: TypeAlias = Callable[[Asked], Awaitable[object]]

_LINKS = links(
    {"settlement_id": "settlement_id"},
    "getSettlement",
    "approveSettlement",
    "rejectSettlement",
    "recreateSettlement",
    "markSettlementSettled",
    "markSettlementFailed",
    "retrySettlement",
    "paySettlement",
    "getStatement",
)
_OF_ONE: dict[str, Any] = {
    "family": "settlements",
    "answer": SettlementAnswer,
    "versioning": Versioning.GIVES,
    "version": "record.version",
    "links": _LINKS,
}


def _list_row(path: str, name: str, summary: str, handle: Handle, query: type[PageQuery]) -> Route:
    return Route(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        family="settlements",
        roles=AUDITORS,
        handle=handle,
        answer=SettlementRecord,
        paged=True,
        query=query,
    )


def _command(words: tuple[str, str, str], handle: Handle, **more: Any) -> Route:
    """words: of the address, the operation's name, its summary."""
    word, name, summary = words
    given = _OF_ONE | more
    return command(f"{ONE}/{word}", name, summary, roles=ROLES[word], handle=handle, **given)


ROUTES = (
    _list_row(
        PATH,
        "listSettlements",
        "All settlements, newest month first.",
        _list,
        SettlementsQuery,
    ),
    _list_row(
        f"{PATH}/pending",
        "listPendingSettlements",
        "Settlements that wait for approval.",
        _pending,
        PendingQuery,
    ),
    command(
        f"{PATH}/run",
        "runSettlement",
        "Close a month: one PENDING record for each participant. Again changes nothing.",
        family="settlements",
        roles=AUDITORS,
        handle=_run,
        answer=Closed,
        body=Body(kind=RunBody),
        optional_body=False,
        finds=True,
    ),
    Route(
        method="GET",
        path=ONE,
        name="getSettlement",
        summary="One settlement, the attempts to pay it, and what may be done with it now.",
        roles=AUDITORS,
        handle=_get,
        **_OF_ONE,
    ),
    _command(
        ("approve", "approveSettlement", "PENDING to APPROVED, by another person than made it."),
        _approve,
        body=Body(kind=ApproveBody),
    ),
    _command(
        ("reject", "rejectSettlement", "PENDING to REJECTED, with the reason."),
        _reject,
        body=Body(kind=RejectBody),
        optional_body=False,
    ),
    _command(
        ("recreate", "recreateSettlement", "A new PENDING record in place of a REJECTED one."),
        _recreate,
        statuses=(201,),
    ),
    _command(
        ("pay", "paySettlement", "Have the wallet move the money, by another than approved it."),
        _pay,
    ),
    _command(
        ("mark-settled", "markSettlementSettled", "APPROVED to SETTLED: the money was seen moved."),
        _mark_settled,
        body=Body(kind=SettledBody),
    ),
    _command(
        ("mark-failed", "markSettlementFailed", "APPROVED to FAILED: the money did not move."),
        _mark_failed,
        body=Body(kind=FailedBody),
        optional_body=False,
    ),
    _command(
        ("retry", "retrySettlement", "FAILED to APPROVED, to be paid again."),
        _retry,
        body=Body(kind=RetryBody),
    ),
)
