"""/v1/pools/{symbol}/members: who is in a pool, with which weight and limits."""

from decimal import Decimal
from typing import Annotated

from market_maker.api.literals import CHOICE, Name, decimal_in, whole_in
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, page_of, place_of
from market_maker.api.routes import (
    EVERYONE,
    OPERATORS,
    AnswerLink,
    Asked,
    EmptyBody,
    Fields,
    Route,
    RouteAnswer,
    Versioning,
)
from market_maker.model.pool import MEMBER_BOUNDS, POOL_BOUNDS, Member
from market_maker.model.units import ParticipantId
from market_maker.operations.memberships import MemberChange
from market_maker.operations.views import MembershipState, MemberView

Weight = Annotated[Decimal, decimal_in(MEMBER_BOUNDS["capital_weight_pct"])]
PositionLimit = Annotated[Decimal, decimal_in(MEMBER_BOUNDS["position_limit_usdt"])]
LossLimit = Annotated[Decimal, decimal_in(MEMBER_BOUNDS["max_loss_usdt"])]
Version = Annotated[int, whole_in(POOL_BOUNDS["version"])]


class MemberBody(Fields):
    """A participant's share of every order of the pool, and its own limits."""

    participant_id: Name
    capital_weight_pct: Weight
    position_limit_usdt: PositionLimit
    max_loss_usdt: LossLimit


class MemberChangeBody(Fields):
    """What is to change; what is left out stays. version: the one that this changes."""

    capital_weight_pct: Weight | None = None
    position_limit_usdt: PositionLimit | None = None
    max_loss_usdt: LossLimit | None = None
    version: Version | None = None


class MembersQuery(PageQuery):
    """state: those in this state only; without it all but the REMOVED ones."""

    state: Annotated[MembershipState, CHOICE] | None = None


async def _list_members(asked: Asked) -> RouteAnswer:
    query = asked.query_as(MembersQuery)
    views = [
        view
        for view in await asked.application.members.of_pool(asked.path["symbol"])
        if _wanted(view, query.state)
    ]
    return RouteAnswer(value=page_of(views, lambda view: view.participant_id, place_of(asked)))


def _wanted(view: MemberView, state: MembershipState | None) -> bool:
    if state is None:
        return view.state is not MembershipState.REMOVED
    return view.state is state


async def _add_member(asked: Asked) -> RouteAnswer:
    body = asked.body_as(MemberBody)
    member = Member(
        ParticipantId(body.participant_id),
        body.capital_weight_pct,
        body.position_limit_usdt,
        body.max_loss_usdt,
    )
    view = await asked.application.members.add(asked.caller, asked.path["symbol"], member)
    return RouteAnswer(value=view, status=201, version=view.version)


async def _change_member(asked: Asked) -> RouteAnswer:
    body = asked.body_as(MemberChangeBody)
    change = MemberChange(
        capital_weight_pct=body.capital_weight_pct,
        position_limit_usdt=body.position_limit_usdt,
        max_loss_usdt=body.max_loss_usdt,
    )
    symbol, participant_id = asked.path["symbol"], ParticipantId(asked.path["participant_id"])
    view = await asked.application.members.change(
        asked.caller, symbol, participant_id, change, asked.version
    )
    return RouteAnswer(value=view, version=view.version)


async def _remove_member(asked: Asked) -> RouteAnswer:
    symbol, participant_id = asked.path["symbol"], ParticipantId(asked.path["participant_id"])
    view = await asked.application.members.remove(asked.caller, symbol, participant_id)
    return RouteAnswer(value=view, version=view.version)


_OF_THIS_MEMBER = (
    AnswerLink("changeMember", {"symbol": "symbol", "participant_id": "participant_id"}),
    AnswerLink("removeMember", {"symbol": "symbol", "participant_id": "participant_id"}),
    AnswerLink("listMembers", {"symbol": "symbol"}),
    AnswerLink("getParticipant", {"participant_id": "participant_id"}),
)

ROUTES = (
    Route(
        method="GET",
        path="/v1/pools/{symbol}/members",
        name="listMembers",
        summary="A pool's members, by participant.",
        family="members",
        roles=EVERYONE,
        handle=_list_members,
        answer=MemberView,
        paged=True,
        query=MembersQuery,
    ),
    Route(
        method="POST",
        path="/v1/pools/{symbol}/members",
        name="addMember",
        summary="Add an ACTIVE participant to a pool; the live engine has it at once.",
        family="members",
        roles=OPERATORS,
        handle=_add_member,
        answer=MemberView,
        pace=Pace.WRITE,
        body=MemberBody,
        creates=True,
        versioning=Versioning.GIVES,
        statuses=(201,),
        conflicts=True,
        links=_OF_THIS_MEMBER,
    ),
    Route(
        method="PUT",
        path="/v1/pools/{symbol}/members/{participant_id}",
        name="changeMember",
        summary="Change a member's weight or limits; what is left out stays.",
        family="members",
        roles=OPERATORS,
        handle=_change_member,
        answer=MemberView,
        pace=Pace.WRITE,
        body=MemberChangeBody,
        versioning=Versioning.TAKES,
        conflicts=True,
        links=_OF_THIS_MEMBER,
    ),
    Route(
        method="DELETE",
        path="/v1/pools/{symbol}/members/{participant_id}",
        name="removeMember",
        summary="Remove a member softly: its orders go, its weight is free, its history stays.",
        family="members",
        roles=OPERATORS,
        handle=_remove_member,
        answer=MemberView,
        pace=Pace.WRITE,
        body=EmptyBody,
        optional_body=True,
        versioning=Versioning.GIVES,
        conflicts=True,
    ),
)
