"""/v1/performance and /v1/participants/{id}/obligations: scores, and what was promised."""

from operator import attrgetter
from typing import Annotated

from msgspec.structs import replace

from market_maker.api.filters import MonthName, SpanQuery, TimeParameter, check_span
from market_maker.api.pace import Pace
from market_maker.api.paging import OfForm, sorted_by
from market_maker.api.reading import Body, Query
from market_maker.api.routes import OPERATORS, Asked, Versioning, rows_of
from market_maker.model.money import DailyPerformance, Obligations, Promise
from market_maker.performance.views import Leaderboard, ObligationsView, Scored
from market_maker.scoring.leaderboard import Ranked


class PeriodQuery(Query, frozen=True, kw_only=True):
    """since <= day < until, whole UTC days. format: csv has the rows alone."""

    since: TimeParameter = None
    until: TimeParameter = None
    sort: Annotated[
        str,
        sorted_by("rank", "participant_id", "tier", "q_rank", "q_score", "trades", "volume_usdt"),
    ] = "rank"
    format: OfForm = None

    def __post_init__(self) -> None:
        check_span(self.since, self.until)


class DaysQuery(SpanQuery, frozen=True, kw_only=True):
    """since <= day < until."""


class MonthQuery(Query, frozen=True, kw_only=True):
    """month: YYYY-MM; this one, as far as it has come, unless asked for."""

    month: MonthName | None = None


async def _leaderboard(asked: Asked) -> Leaderboard:
    query = asked.query_as(PeriodQuery)
    found = await asked.application.scores.leaderboard(query.since, query.until)
    return replace(found, rows=_ordered(found.rows, query.sort))


def _ordered(rows: tuple[Ranked, ...], sort: str) -> tuple[Ranked, ...]:
    """Those without a value stand last, whichever way."""
    name = sort.removeprefix("-")
    known = [row for row in rows if getattr(row, name) is not None]
    known.sort(key=attrgetter(name), reverse=sort.startswith("-"))
    return tuple(known + [row for row in rows if getattr(row, name) is None])


async def _of_symbol(asked: Asked) -> Scored:
    query = asked.query_as(DaysQuery)
    return await asked.application.scores.symbol(
        asked.symbol, query.limit, query.cursor, since=query.since, until=query.until
    )


async def _of_participant(asked: Asked) -> Scored:
    query = asked.query_as(DaysQuery)
    return await asked.application.scores.participant(
        asked.participant_id, query.limit, query.cursor, since=query.since, until=query.until
    )


async def _obligations(asked: Asked) -> ObligationsView:
    month = asked.query_as(MonthQuery).month
    return await asked.application.scores.obligations(asked.participant_id, month)


async def _promise(asked: Asked) -> Obligations:
    return await asked.application.scores.promise(
        asked.caller, asked.participant_id, asked.body_as(Promise), asked.version
    )


_row = rows_of("performance")


ROUTES = (
    _row(
        path="/v1/performance/leaderboard",
        name="getLeaderboard",
        summary="Participants by Q-score over all symbols; the last 30 days unless asked for.",
        handle=_leaderboard,
        answer=Leaderboard,
        query=PeriodQuery,
        rows="rows",
        row=Ranked,
    ),
    _row(
        path="/v1/performance/symbol/{symbol}",
        name="getSymbolPerformance",
        summary="Days of one symbol, newest first, each score with all it is made from.",
        handle=_of_symbol,
        answer=Scored,
        rows="items",
        row=DailyPerformance,
        query=DaysQuery,
    ),
    _row(
        path="/v1/performance/{participant_id}",
        name="getParticipantPerformance",
        summary="Days of one participant, newest first, each score with all it is made from.",
        handle=_of_participant,
        answer=Scored,
        rows="items",
        row=DailyPerformance,
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
        version="promised.version",
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
        body=Body(kind=Promise, name="ObligationsBody", versioned=True),
        versioning=Versioning.TAKES,
        conflicts=True,
    ),
)
