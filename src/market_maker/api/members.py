"""/v1/pools/{symbol}/members: who is in a pool, with which weight and limits."""

from typing import Annotated

from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, page_of, place_of
from market_maker.api.reading import Body
from market_maker.api.routes import (
    EVERYONE,
    NO_BODY,
    OPERATORS,
    Asked,
    Route,
    Versioning,
    links,
)
from market_maker.model.fields import meaning
from market_maker.model.pool import IDENTITY, Member
from market_maker.model.records import Page
from market_maker.operations.memberships import MemberChange
from market_maker.operations.views import MembershipState, MemberView

PATH = "/v1/pools/{symbol}/members"
ONE = PATH + "/{participant_id}"


class MembersQuery(PageQuery, frozen=True, kw_only=True):
    """state: those in this state only; without it all but the REMOVED ones."""

    state: Annotated[MembershipState | None, meaning("In this state only.")] = None


async def _list(asked: Asked) -> Page[MemberView]:
    state = asked.query_as(MembersQuery).state
    views = [
        view
        for view in await asked.application.members.of_pool(asked.symbol)
        if view.state is state or (state is None and view.state is not MembershipState.REMOVED)
    ]
    return page_of(views, lambda view: view.participant_id, place_of(asked))


async def _add(asked: Asked) -> MemberView:
    return await asked.application.members.add(asked.caller, asked.symbol, asked.body_as(Member))


async def _change(asked: Asked) -> MemberView:
    change = asked.body_as(MemberChange)
    return await asked.application.members.change(
        asked.caller, asked.symbol, asked.participant_id, change, asked.version
    )


async def _remove(asked: Asked) -> MemberView:
    return await asked.application.members.remove(asked.caller, asked.symbol, asked.participant_id)


_BOTH = {"symbol": "symbol", "participant_id": "participant_id"}
_LINKS = (
    *links(_BOTH, "changeMember", "removeMember"),
    *links({"symbol": "symbol"}, "listMembers"),
    *links({"participant_id": "participant_id"}, "getParticipant"),
)

ROUTES = (
    Route(
        method="GET",
        path=PATH,
        name="listMembers",
        summary="A pool's members, by participant.",
        family="members",
        roles=EVERYONE,
        handle=_list,
        answer=MemberView,
        paged=True,
        query=MembersQuery,
    ),
    Route(
        method="POST",
        path=PATH,
        name="addMember",
        summary="Add an ACTIVE participant to a pool; the live engine has it at once.",
        family="members",
        roles=OPERATORS,
        handle=_add,
        answer=MemberView,
        pace=Pace.WRITE,
        body=Body(kind=Member, name="MemberBody", left_out=("active", *IDENTITY)),
        creates=True,
        versioning=Versioning.GIVES,
        statuses=(201,),
        conflicts=True,
        links=_LINKS,
    ),
    Route(
        method="PUT",
        path=ONE,
        name="changeMember",
        summary="Change a member's weight or limits; what is left out stays.",
        family="members",
        roles=OPERATORS,
        handle=_change,
        answer=MemberView,
        pace=Pace.WRITE,
        body=Body(kind=MemberChange, name="MemberChangeBody", versioned=True),
        versioning=Versioning.TAKES,
        conflicts=True,
        links=_LINKS,
    ),
    Route(
        method="DELETE",
        path=ONE,
        name="removeMember",
        summary="Remove a member softly: its orders go, its weight is free, its history stays.",
        family="members",
        roles=OPERATORS,
        handle=_remove,
        answer=MemberView,
        pace=Pace.WRITE,
        body=NO_BODY,
        optional_body=True,
        versioning=Versioning.GIVES,
        conflicts=True,
    ),
)
