"""/v1/participants: who lends the pools their accounts, under which terms."""

from typing import Annotated

import msgspec

from market_maker.api.masking import masked, sees_identities
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, page_of, place_of, sorted_by
from market_maker.api.reading import Body
from market_maker.api.routes import (
    EVERYONE,
    OPERATORS,
    STOPPERS,
    Asked,
    Route,
    Versioning,
    command,
    links,
)
from market_maker.model.caller import Caller, Role
from market_maker.model.fields import line, meaning
from market_maker.model.participant import (
    Enrolment,
    Participant,
    ParticipantChange,
    ParticipantCommand,
    ParticipantCriteria,
    ParticipantStatus,
    Tier,
)
from market_maker.model.records import Page
from market_maker.operations.participant_limits import ParticipantHeadroom
from market_maker.operations.views import MemberView

PATH = "/v1/participants"
ONE = PATH + "/{participant_id}"


class ParticipantsQuery(PageQuery, frozen=True, kw_only=True):
    """status, tier: those in this one only. q: those whose display name or id holds it, whatever
    the case of its letters."""

    status: Annotated[ParticipantStatus | None, meaning("In this status only.")] = None
    tier: Annotated[Tier | None, meaning("Of this tier only.")] = None
    q: Annotated[str | None, line(64, "Words in the display name or the id.", 1)] = None
    sort: Annotated[
        str, sorted_by("participant_id", "display_name", "status", "tier", "created_at")
    ] = "participant_id"


async def _list(asked: Asked) -> Page[Participant]:
    query = asked.query_as(ParticipantsQuery)
    wanted = ParticipantCriteria(status=query.status, tier=query.tier, words=query.q)
    page = await asked.application.participants.page(
        query.limit, query.cursor, wanted, sort=query.sort
    )
    shown = tuple(shown_to(asked.caller, each) for each in page.items)
    return Page(shown, page.next_cursor, page.total)


async def _get(asked: Asked) -> Participant:
    found = await asked.application.participants.get(asked.participant_id)
    return shown_to(asked.caller, found)


async def _enroll(asked: Asked) -> Participant:
    enrolment = asked.body_as(Enrolment)
    return shown_to(
        asked.caller, await asked.application.participants.enroll(asked.caller, enrolment)
    )


async def _change(asked: Asked) -> Participant:
    change = asked.body_as(ParticipantChange)
    changed = await asked.application.participants.change(
        asked.caller, asked.participant_id, change, asked.version
    )
    return shown_to(asked.caller, changed)


async def _memberships(asked: Asked) -> Page[MemberView]:
    views = await asked.application.participants.memberships(asked.participant_id)
    return page_of(views, lambda view: view.symbol, place_of(asked))


async def _headroom(asked: Asked) -> ParticipantHeadroom:
    return await asked.application.limits.headroom(asked.participant_id)


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


_LINKS = links(
    {"participant_id": "participant_id"},
    "getParticipant",
    "changeParticipant",
    "activateParticipant",
    "suspendParticipant",
    "terminateParticipant",
    "listMemberships",
)


def _command(word: ParticipantCommand, summary: str, roles: tuple[Role, ...]) -> Route:
    async def handle(asked: Asked) -> Participant:
        participants = asked.application.participants
        moved = await participants.command(asked.caller, asked.participant_id, word)
        return shown_to(asked.caller, moved)

    return command(
        f"{ONE}/{word}",
        f"{word}Participant",
        summary,
        family="participants",
        roles=roles,
        handle=handle,
        answer=Participant,
        versioning=Versioning.GIVES,
        links=_LINKS,
    )


ROUTES = (
    Route(
        method="GET",
        path=PATH,
        name="listParticipants",
        summary="All participants; a viewer sees identities masked.",
        family="participants",
        roles=EVERYONE,
        handle=_list,
        answer=Participant,
        paged=True,
        query=ParticipantsQuery,
    ),
    Route(
        method="POST",
        path=PATH,
        name="enrollParticipant",
        summary="Enroll a participant; it is PENDING until it is activated.",
        family="participants",
        roles=OPERATORS,
        handle=_enroll,
        answer=Participant,
        pace=Pace.WRITE,
        body=Body(kind=Enrolment, name="ParticipantBody"),
        creates=True,
        versioning=Versioning.GIVES,
        statuses=(201,),
        conflicts=True,
        links=_LINKS,
    ),
    Route(
        method="GET",
        path=ONE,
        name="getParticipant",
        summary="One participant; a viewer sees identities masked.",
        family="participants",
        roles=EVERYONE,
        handle=_get,
        answer=Participant,
        versioning=Versioning.GIVES,
    ),
    Route(
        method="PUT",
        path=ONE,
        name="changeParticipant",
        summary="Change a participant's terms; what is left out stays.",
        family="participants",
        roles=OPERATORS,
        handle=_change,
        answer=Participant,
        pace=Pace.WRITE,
        body=Body(kind=ParticipantChange, name="ParticipantChangeBody", versioned=True),
        versioning=Versioning.TAKES,
        conflicts=True,
        links=_LINKS,
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
    Route(
        method="GET",
        path=f"{ONE}/memberships",
        name="listMemberships",
        summary="Every pool that a participant is or was in, by symbol.",
        family="participants",
        roles=EVERYONE,
        handle=_memberships,
        answer=MemberView,
        paged=True,
        query=PageQuery,
    ),
    Route(
        method="GET",
        path=f"{ONE}/headroom",
        name="getHeadroom",
        summary="A participant against its drawdown and its margin, over all pools.",
        family="participants",
        roles=EVERYONE,
        handle=_headroom,
        answer=ParticipantHeadroom,
    ),
)
