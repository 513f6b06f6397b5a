"""/v1/performance and /v1/participants/{id}/obligations: scores, and what was promised."""

from decimal import Decimal
from typing import Annotated, Any

from market_maker.api.literals import MonthName, Time, decimal_in, whole_in
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery
from market_maker.api.records import checked_span
from market_maker.api.routes import (
    EVERYONE,
    OPERATORS,
    Asked,
    Fields,
    Route,
    RouteAnswer,
    Versioning,
)
from market_maker.model.money import Obligations
from market_maker.model.pool import POOL_BOUNDS, Bounds
from market_maker.model.units import ParticipantId
from market_maker.performance.views import Leaderboard, ObligationsView, Promise, Scored

Percent = Annotated[Decimal, decimal_in(Bounds(Decimal(0), Decimal(100), "per cent"))]
Spread = Annotated[Decimal, decimal_in(Bounds(Decimal(0), Decimal(5_000), "bps", low_open=True))]
Depth = Annotated[Decimal, decimal_in(Bounds(Decimal(0), Decimal(10**11), "USDT"))]
Version = Annotated[int, whole_in(POOL_BOUNDS["version"])]


class PeriodQuery(Fields):
    """since <= day < until, whole UTC days."""

    since: Time | None = None
    until: Time | None = None


class DaysQuery(PageQuery):
    """since <= day < until."""

    since: Time | None = None
    until: Time | None = None


class MonthQuery(Fields):
    """month: YYYY-MM; this one, as far as it has come, unless asked for."""

    month: MonthName | None = None


class ObligationsBody(Fields):
    """What is promised for every symbol that the participant quotes; what is left out is not
    promised any more. version: the one that this changes."""

    uptime_min_pct: Percent | None = None
    spread_max_bps: Spread | None = None
    depth_min_usdt: Depth | None = None
    version: Version | None = None


async def _leaderboard(asked: Asked) -> RouteAnswer:
    query = asked.query_as(PeriodQuery)
    checked_span(query.since, query.until)
    return RouteAnswer(value=await asked.application.scores.leaderboard(query.since, query.until))


async def _of_symbol(asked: Asked) -> RouteAnswer:
    query = asked.query_as(DaysQuery)
    checked_span(query.since, query.until)
    scored = await asked.application.scores.symbol(
        asked.path["symbol"], query.limit, query.cursor, since=query.since, until=query.until
    )
    return RouteAnswer(value=scored)


async def _of_participant(asked: Asked) -> RouteAnswer:
    query = asked.query_as(DaysQuery)
    checked_span(query.since, query.until)
    scored = await asked.application.scores.participant(
        _id(asked), query.limit, query.cursor, since=query.since, until=query.until
    )
    return RouteAnswer(value=scored)


async def _obligations(asked: Asked) -> RouteAnswer:
    view = await asked.application.scores.obligations(_id(asked), asked.query_as(MonthQuery).month)
    return RouteAnswer(value=view, version=None if view.promised is None else view.promised.version)


async def _promise(asked: Asked) -> RouteAnswer:
    body = asked.body_as(ObligationsBody)
    promise = Promise(**body.model_dump(exclude={"version"}))
    promised = await asked.application.scores.promise(
        asked.caller, _id(asked), promise, asked.version
    )
    return RouteAnswer(value=promised, version=promised.version)


def _id(asked: Asked) -> ParticipantId:
    return ParticipantId(asked.path["participant_id"])


def _row(**more: Any) -> Route:
    row: dict[str, Any] = {"method": "GET", "family": "performance", "roles": EVERYONE}
    return Route(**row | more)


ROUTES = (
    _row(
        path="/v1/performance/leaderboard",
        name="getLeaderboard",
        summary="Participants by Q-score over all symbols; the last 30 days unless asked for.",
        handle=_leaderboard,
        answer=Leaderboard,
        query=PeriodQuery,
    ),
    _row(
        path="/v1/performance/symbol/{symbol}",
        name="getSymbolPerformance",
        summary="Days of one symbol, newest first, each score with all it is made from.",
        handle=_of_symbol,
        answer=Scored,
        query=DaysQuery,
    ),
    _row(
        path="/v1/performance/{participant_id}",
        name="getParticipantPerformance",
        summary="Days of one participant, newest first, each score with all it is made from.",
        handle=_of_participant,
        answer=Scored,
        query=DaysQuery,
    ),
    _row(
        path="/v1/participants/{participant_id}/obligations",
        name="getObligations",
        summary="What a participant promised, and how far it is met this month.",
        handle=_obligations,
        answer=ObligationsView,
        query=MonthQuery,
        versioning=Versioning.GIVES,
    ),
    _row(
        method="PUT",
        path="/v1/participants/{participant_id}/obligations",
        name="replaceObligations",
        summary="Put down what a participant promises; what is left out is promised no more.",
        roles=OPERATORS,
        handle=_promise,
        answer=Obligations,
        pace=Pace.WRITE,
        body=ObligationsBody,
        versioning=Versioning.TAKES,
        conflicts=True,
    ),
)
