"""/v1/mm-analytics: what trading came to, and from what; read-only."""

from typing import Annotated, Any

from pydantic import StringConstraints

from market_maker.accounting.fill_attribution import AttributedFill
from market_maker.accounting.views import AttributionView, Bucket, OverviewOfMoney, SymbolMetrics
from market_maker.api.literals import CHOICE, Name, Time
from market_maker.api.paging import PageQuery, page_of, place_of
from market_maker.api.records import WindowQuery, checked_span
from market_maker.api.routes import EVERYONE, Asked, Route, RouteAnswer
from market_maker.model.orders import Side
from market_maker.model.records import Criteria
from market_maker.model.units import ParticipantId

_FIELD = "(side|level|participant_id|config_version)"
BY_DEFAULT = "side,level,participant_id,config_version"
By = Annotated[
    str,
    StringConstraints(
        strict=True, max_length=len(BY_DEFAULT), pattern=f"^{_FIELD}(,{_FIELD}){{0,3}}$"
    ),
]
"""Fields to group by, separated by commas."""


class HourlyQuery(PageQuery):
    """since <= hour < until, the last 24 and the one under way unless asked for. symbol,
    participant_id: of these only, else of all together."""

    since: Time | None = None
    until: Time | None = None
    symbol: Name | None = None
    participant_id: Name | None = None


class AttributionQuery(WindowQuery):
    """by: what to group by, each once. participant_id: of this one only."""

    by: By = BY_DEFAULT
    participant_id: Name | None = None


class AttributedFillsQuery(PageQuery):
    """since <= time of the fill < until. participant_id, side: of these only."""

    since: Time | None = None
    until: Time | None = None
    participant_id: Name | None = None
    side: Annotated[Side, CHOICE] | None = None


async def _overview(asked: Asked) -> RouteAnswer:
    return RouteAnswer(value=await asked.application.analytics.overview())


async def _hourly(asked: Asked) -> RouteAnswer:
    query = asked.query_as(HourlyQuery)
    checked_span(query.since, query.until)
    buckets = await asked.application.analytics.hourly(
        symbol=query.symbol,
        participant_id=_participant(query.participant_id),
        since=query.since,
        until=query.until,
    )
    return RouteAnswer(
        value=page_of(buckets, lambda bucket: f"{bucket.hour:020d}", place_of(asked))
    )


async def _metrics(asked: Asked) -> RouteAnswer:
    return RouteAnswer(value=await asked.application.analytics.symbol_metrics(asked.path["symbol"]))


async def _attribution(asked: Asked) -> RouteAnswer:
    query = asked.query_as(AttributionQuery)
    checked_span(query.since, query.until)
    view = await asked.application.analytics.attribution(
        symbol=asked.path["symbol"],
        participant_id=_participant(query.participant_id),
        since=query.since,
        until=query.until,
        by=query.by.split(","),
    )
    return RouteAnswer(value=view)


async def _fills(asked: Asked) -> RouteAnswer:
    query = asked.query_as(AttributedFillsQuery)
    checked_span(query.since, query.until)
    criteria = Criteria(
        symbol=asked.path["symbol"],
        participant_id=_participant(query.participant_id),
        side=query.side,
        since=query.since,
        until=query.until,
    )
    return RouteAnswer(
        value=await asked.application.books.fills(criteria, query.limit, query.cursor)
    )


def _participant(name: str | None) -> ParticipantId | None:
    return None if name is None else ParticipantId(name)


def _row(path: str, name: str, summary: str, handle: Any, **more: Any) -> Route:
    row: dict[str, Any] = {
        "method": "GET",
        "path": f"/v1/mm-analytics/{path}",
        "name": name,
        "summary": summary,
        "handle": handle,
    }
    return Route(**row | {"family": "analytics", "roles": EVERYONE} | more)


ROUTES = (
    _row(
        "overview",
        "getAnalyticsOverview",
        "The last 24 hours of all symbols and participants, and what waits for approval.",
        _overview,
        answer=OverviewOfMoney,
    ),
    _row(
        "hourly",
        "listHourly",
        "Fills hour by hour, oldest first; hours without fills are left out.",
        _hourly,
        answer=Bucket,
        paged=True,
        query=HourlyQuery,
        finds=True,
    ),
    _row(
        "{symbol}/metrics",
        "getSymbolMetrics",
        "One symbol over 24 hours, 7 and 30 days: fills, orders, presence.",
        _metrics,
        answer=SymbolMetrics,
    ),
    _row(
        "{symbol}/attribution",
        "getAttribution",
        "Where one symbol's money came from: spread, adverse selection, inventory, fees, funding.",
        _attribution,
        answer=AttributionView,
        query=AttributionQuery,
    ),
    _row(
        "{symbol}/fills",
        "listAttributedFills",
        "Fills of one symbol, newest first, each with where its money came from.",
        _fills,
        answer=AttributedFill,
        paged=True,
        query=AttributedFillsQuery,
    ),
)
