"""/v1/participants: who lends the pools their accounts, under which terms."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec

from market_maker.api.literals import CHOICE, Name, decimal_in, line, whole_in
from market_maker.api.masking import masked, sees_identities
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, page_of, place_of
from market_maker.api.routes import (
    EVERYONE,
    OPERATORS,
    STOPPERS,
    AnswerLink,
    Asked,
    EmptyBody,
    Fields,
    Route,
    RouteAnswer,
    Versioning,
)
from market_maker.model.caller import Caller, Role
from market_maker.model.participant import (
    Participant,
    ParticipantCommand,
    ParticipantStatus,
    RevenueModel,
    Tier,
)
from market_maker.model.pool import POOL_BOUNDS, Bounds
from market_maker.model.records import Page
from market_maker.model.units import ParticipantId
from market_maker.operations.participants import Enrolment, ParticipantChange
from market_maker.operations.views import MemberView

DISPLAY_NAME_LENGTH_MAX = 100
ENROLLED_BY_LENGTH_MAX = 100
NOTES_LENGTH_MAX = 1_000

DisplayName = Annotated[str, line(DISPLAY_NAME_LENGTH_MAX, 1)]
Notes = Annotated[str, line(NOTES_LENGTH_MAX)]
EnrolledBy = Annotated[str, line(ENROLLED_BY_LENGTH_MAX)]
Margin = Annotated[Decimal, decimal_in(Bounds(Decimal(0), Decimal(100000000000), "USDT"))]
Drawdown = Annotated[
    Decimal, decimal_in(Bounds(Decimal(0), Decimal(100), "per cent", low_open=True))
]
Share = Annotated[Decimal, decimal_in(Bounds(Decimal(0), Decimal(100), "per cent"))]
Version = Annotated[int, whole_in(POOL_BOUNDS["version"])]
Revenue = Annotated[RevenueModel, CHOICE]
InTier = Annotated[Tier, CHOICE]


class ParticipantBody(Fields):
    """A new participant: its user and account at the exchange, and its terms."""

    user_id: Name
    account_id: Name
    display_name: DisplayName
    initial_margin_usdt: Margin
    max_drawdown_pct: Drawdown
    revenue_model: Revenue
    revenue_share_pct: Share
    tier: InTier
    enrolled_by: EnrolledBy = ""
    notes: Notes = ""


class ParticipantChangeBody(Fields):
    """What is to change; what is left out stays. version: the one that this changes."""

    display_name: DisplayName | None = None
    initial_margin_usdt: Margin | None = None
    max_drawdown_pct: Drawdown | None = None
    revenue_model: Revenue | None = None
    revenue_share_pct: Share | None = None
    tier: InTier | None = None
    notes: Notes | None = None
    version: Version | None = None


class ParticipantsQuery(PageQuery):
    """status: those in this status only."""

    status: Annotated[ParticipantStatus, CHOICE] | None = None


async def _list_participants(asked: Asked) -> RouteAnswer:
    query = asked.query_as(ParticipantsQuery)
    page = await asked.application.participants.page(query.limit, query.cursor, query.status)
    shown = tuple(shown_to(asked.caller, each) for each in page.items)
    return RouteAnswer(value=Page(shown, page.next_cursor))


async def _get_participant(asked: Asked) -> RouteAnswer:
    return _answer(asked, await asked.application.participants.get(_id(asked)))


async def _enroll_participant(asked: Asked) -> RouteAnswer:
    enrolment = Enrolment(**asked.body_as(ParticipantBody).model_dump())
    return _answer(asked, await asked.application.participants.enroll(asked.caller, enrolment), 201)


async def _change_participant(asked: Asked) -> RouteAnswer:
    body = asked.body_as(ParticipantChangeBody)
    change = ParticipantChange(**body.model_dump(exclude={"version"}))
    participant = await asked.application.participants.change(
        asked.caller, _id(asked), change, asked.version
    )
    return _answer(asked, participant)


async def _list_memberships(asked: Asked) -> RouteAnswer:
    views = await asked.application.participants.memberships(_id(asked))
    return RouteAnswer(value=page_of(views, lambda view: view.symbol, place_of(asked)))


def _id(asked: Asked) -> ParticipantId:
    return ParticipantId(asked.path["participant_id"])


def _answer(asked: Asked, participant: Participant, status: int = 200) -> RouteAnswer:
    shown = shown_to(asked.caller, participant)
    return RouteAnswer(value=shown, status=status, version=participant.version)


def shown_to(caller: Caller, participant: Participant) -> Participant:
    """The participant as `caller` may see it: viewers see the ends of identities only."""
    if sees_identities(caller):
        return participant
    return msgspec.structs.replace(
        participant,
        user_id=masked(participant.user_id),
        account_id=masked(participant.account_id),
        notes="",
    )


_OF_THIS_PARTICIPANT = tuple(
    AnswerLink(operation, {"participant_id": "participant_id"})
    for operation in (
        "getParticipant",
        "changeParticipant",
        "activateParticipant",
        "suspendParticipant",
        "terminateParticipant",
        "listMemberships",
    )
)


def _command(command: ParticipantCommand, summary: str, roles: tuple[Role, ...]) -> Route:
    async def handle(asked: Asked) -> RouteAnswer:
        participants = asked.application.participants
        return _answer(asked, await participants.command(asked.caller, _id(asked), command))

    return _row(
        method="POST",
        path=f"/v1/participants/{{participant_id}}/{command}",
        name=f"{command}Participant",
        summary=summary,
        roles=roles,
        handle=handle,
        pace=Pace.WRITE,
        body=EmptyBody,
        optional_body=True,
        versioning=Versioning.GIVES,
        conflicts=True,
        links=_OF_THIS_PARTICIPANT,
    )


def _row(**more: Any) -> Route:
    row: dict[str, Any] = {"family": "participants", "answer": Participant}
    return Route(**row | more)


ROUTES = (
    _row(
        method="GET",
        path="/v1/participants",
        name="listParticipants",
        summary="All participants; a viewer sees identities masked.",
        roles=EVERYONE,
        handle=_list_participants,
        paged=True,
        query=ParticipantsQuery,
    ),
    _row(
        method="POST",
        path="/v1/participants",
        name="enrollParticipant",
        summary="Enroll a participant; it is PENDING until it is activated.",
        roles=OPERATORS,
        handle=_enroll_participant,
        pace=Pace.WRITE,
        body=ParticipantBody,
        creates=True,
        versioning=Versioning.GIVES,
        statuses=(201,),
        conflicts=True,
        links=_OF_THIS_PARTICIPANT,
    ),
    _row(
        method="GET",
        path="/v1/participants/{participant_id}",
        name="getParticipant",
        summary="One participant; a viewer sees identities masked.",
        roles=EVERYONE,
        handle=_get_participant,
        versioning=Versioning.GIVES,
    ),
    _row(
        method="PUT",
        path="/v1/participants/{participant_id}",
        name="changeParticipant",
        summary="Change a participant's terms; what is left out stays.",
        roles=OPERATORS,
        handle=_change_participant,
        pace=Pace.WRITE,
        body=ParticipantChangeBody,
        versioning=Versioning.TAKES,
        conflicts=True,
        links=_OF_THIS_PARTICIPANT,
    ),
    _command(ParticipantCommand.ACTIVATE, "PENDING or SUSPENDED to ACTIVE.", OPERATORS),
    _command(
        ParticipantCommand.SUSPEND,
        "ACTIVE to SUSPENDED: its orders go, its memberships stay.",
        STOPPERS,
    ),
    _command(
        ParticipantCommand.TERMINATE,
        "Remove a participant from all pools, for ever.",
        OPERATORS,
    ),
    _row(
        method="GET",
        path="/v1/participants/{participant_id}/memberships",
        name="listMemberships",
        summary="Every pool that a participant is or was in, by symbol.",
        roles=EVERYONE,
        handle=_list_memberships,
        answer=MemberView,
        paged=True,
        query=PageQuery,
    ),
)
