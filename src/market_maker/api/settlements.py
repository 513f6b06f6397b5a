"""/v1/settlements: who is owed what for a month, who agreed, and what became of the money."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

from market_maker.accounting.views import Closed, SettlementView
from market_maker.api.literals import CHOICE, MonthName, Name, line
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery
from market_maker.api.routes import (
    AUDITORS,
    PAYERS,
    SIGNERS,
    AnswerLink,
    Asked,
    EmptyBody,
    Fields,
    Route,
    RouteAnswer,
    Versioning,
)
from market_maker.model.caller import Role
from market_maker.model.money import SettlementRecord, SettlementStatus
from market_maker.model.records import SettlementCriteria
from market_maker.model.units import ParticipantId

TEXT_LENGTH_MAX = 1_000
PERSON_LENGTH_MAX = 100
TXN_LENGTH_MAX = 200

Reason = Annotated[str, line(TEXT_LENGTH_MAX, 1)]
Notes = Annotated[str, line(TEXT_LENGTH_MAX)]
Person = Annotated[str, line(PERSON_LENGTH_MAX)]
Transaction = Annotated[str, line(TXN_LENGTH_MAX)]


class PendingQuery(PageQuery):
    """month: of that month only. participant_id: of that participant only."""

    month: MonthName | None = None
    participant_id: Name | None = None


class SettlementsQuery(PendingQuery):
    """status: those in this status only."""

    status: Annotated[SettlementStatus, CHOICE] | None = None


class RunBody(Fields):
    """month: YYYY-MM, which must be over unless dry_run, which stores nothing. participant_id: of
    this one only."""

    month: MonthName
    dry_run: bool = False
    participant_id: Name | None = None


class ApproveBody(Fields):
    """approved_by: as the caller calls themselves; who counts is whose token it is."""

    approved_by: Person = ""


class RejectBody(Fields):
    """reason: kept with the record. rejected_by: as approved_by of an approval."""

    reason: Reason
    rejected_by: Person = ""


class SettledBody(Fields):
    """wallet_txn_id: the wallet's, needed where money was to move."""

    wallet_txn_id: Transaction = ""
    notes: Notes = ""


class FailedBody(Fields):
    """reason: why the money did not move."""

    reason: Reason


class RetryBody(Fields):
    """notes: what was put right."""

    notes: Notes = ""


async def _list(asked: Asked) -> RouteAnswer:
    query = asked.query_as(SettlementsQuery)
    return await _page(asked, query, query.status)


async def _list_pending(asked: Asked) -> RouteAnswer:
    return await _page(asked, asked.query_as(PendingQuery), SettlementStatus.PENDING)


async def _page(asked: Asked, query: PendingQuery, status: SettlementStatus | None) -> RouteAnswer:
    criteria = SettlementCriteria(
        status=status, participant_id=_participant(query.participant_id), month=query.month
    )
    return RouteAnswer(
        value=await asked.application.settlements.page(criteria, query.limit, query.cursor)
    )


async def _run(asked: Asked) -> RouteAnswer:
    body = asked.body_as(RunBody)
    closed = await asked.application.settlements.close(
        asked.caller,
        body.month,
        dry_run=body.dry_run,
        participant_id=_participant(body.participant_id),
    )
    return RouteAnswer(value=closed)


async def _get(asked: Asked) -> RouteAnswer:
    return _answer(await asked.application.settlements.get(_id(asked)))


async def _approve(asked: Asked) -> RouteAnswer:
    claimed = asked.body_as(ApproveBody).approved_by
    return _answer(await asked.application.settlements.approve(asked.caller, _id(asked), claimed))


async def _reject(asked: Asked) -> RouteAnswer:
    body = asked.body_as(RejectBody)
    said = (body.reason, body.rejected_by)
    return _answer(await asked.application.settlements.reject(asked.caller, _id(asked), *said))


async def _recreate(asked: Asked) -> RouteAnswer:
    return _answer(await asked.application.settlements.recreate(asked.caller, _id(asked)), 201)


async def _pay(asked: Asked) -> RouteAnswer:
    return _answer(await asked.application.payouts.pay(asked.caller, _id(asked)))


async def _mark_settled(asked: Asked) -> RouteAnswer:
    body = asked.body_as(SettledBody)
    said = (body.wallet_txn_id, body.notes)
    return _answer(await asked.application.payouts.mark_settled(asked.caller, _id(asked), *said))


async def _mark_failed(asked: Asked) -> RouteAnswer:
    reason = asked.body_as(FailedBody).reason
    return _answer(await asked.application.payouts.mark_failed(asked.caller, _id(asked), reason))


async def _retry(asked: Asked) -> RouteAnswer:
    notes = asked.body_as(RetryBody).notes
    return _answer(await asked.application.payouts.retry(asked.caller, _id(asked), notes))


def _id(asked: Asked) -> str:
    return asked.path["settlement_id"]


def _participant(name: str | None) -> ParticipantId | None:
    return None if name is None else ParticipantId(name)


def _answer(view: SettlementView, status: int = 200) -> RouteAnswer:
    return RouteAnswer(value=view, status=status, version=view.record.version)


ADDRESS = "/v1/settlements/{settlement_id}"
Handle: TypeAlias = Callable[[Asked], Awaitable[RouteAnswer]]

_OF_THIS_SETTLEMENT = tuple(
    AnswerLink(operation, {"settlement_id": "settlement_id"})
    for operation in (
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
)


def _row(**more: Any) -> Route:
    row: dict[str, Any] = {"family": "settlements", "answer": SettlementView, "roles": AUDITORS}
    return Route(**row | more)


def _list_row(path: str, name: str, summary: str, handle: Handle, query: type[Fields]) -> Route:
    return _row(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        handle=handle,
        answer=SettlementRecord,
        paged=True,
        query=query,
    )


def _command(
    words: tuple[str, str, str], roles: tuple[Role, ...], handle: Handle, **more: Any
) -> Route:
    """words: of the address, the operation's name, its summary."""
    word, name, summary = words
    row: dict[str, Any] = {
        "method": "POST",
        "path": f"{ADDRESS}/{word}",
        "name": name,
        "summary": summary,
        "roles": roles,
        "handle": handle,
        "pace": Pace.WRITE,
        "versioning": Versioning.GIVES,
        "conflicts": True,
        "links": _OF_THIS_SETTLEMENT,
    }
    return _row(**row | more)


ROUTES = (
    _list_row(
        "/v1/settlements",
        "listSettlements",
        "All settlements, newest month first.",
        _list,
        SettlementsQuery,
    ),
    _list_row(
        "/v1/settlements/pending",
        "listPendingSettlements",
        "Settlements that wait for approval.",
        _list_pending,
        PendingQuery,
    ),
    _row(
        method="POST",
        path="/v1/settlements/run",
        name="runSettlement",
        summary="Close a month: one PENDING record for each participant. Again changes nothing.",
        handle=_run,
        answer=Closed,
        pace=Pace.WRITE,
        body=RunBody,
        conflicts=True,
        finds=True,
    ),
    _row(
        method="GET",
        path=ADDRESS,
        name="getSettlement",
        summary="One settlement, the attempts to pay it, and what may be done with it now.",
        handle=_get,
        versioning=Versioning.GIVES,
        links=_OF_THIS_SETTLEMENT,
    ),
    _command(
        ("approve", "approveSettlement", "PENDING to APPROVED, by another person than made it."),
        SIGNERS,
        _approve,
        body=ApproveBody,
        optional_body=True,
    ),
    _command(
        ("reject", "rejectSettlement", "PENDING to REJECTED, with the reason."),
        SIGNERS,
        _reject,
        body=RejectBody,
    ),
    _command(
        ("recreate", "recreateSettlement", "A new PENDING record in place of a REJECTED one."),
        AUDITORS,
        _recreate,
        body=EmptyBody,
        optional_body=True,
        statuses=(201,),
    ),
    _command(
        ("pay", "paySettlement", "Have the wallet move the money, by another than approved it."),
        PAYERS,
        _pay,
        body=EmptyBody,
        optional_body=True,
    ),
    _command(
        ("mark-settled", "markSettlementSettled", "APPROVED to SETTLED: the money was seen moved."),
        PAYERS,
        _mark_settled,
        body=SettledBody,
        optional_body=True,
    ),
    _command(
        ("mark-failed", "markSettlementFailed", "APPROVED to FAILED: the money did not move."),
        PAYERS,
        _mark_failed,
        body=FailedBody,
    ),
    _command(
        ("retry", "retrySettlement", "FAILED to APPROVED, to be paid again."),
        PAYERS,
        _retry,
        body=RetryBody,
        optional_body=True,
    ),
)
