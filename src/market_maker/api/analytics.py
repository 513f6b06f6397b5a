"""/v1/mm-analytics: what trading came to, and from what; read-only."""

from typing import Annotated

from market_maker.accounting.fill_attribution import AttributedFill
from market_maker.accounting.views import AttributionView, Bucket, OverviewOfMoney
from market_maker.api.filters import OfSide, OfSymbol, SpanQuery, Whose, WindowQuery
from market_maker.api.paging import cursor_of, key_of, place_of, sorted_by
from market_maker.api.routes import Asked, rows_of
from market_maker.api.symbol_metrics import SymbolMetricsAnswer, symbol_metrics
from market_maker.model.errors import NotFoundError
from market_maker.model.fields import TextBounds, text
from market_maker.model.history import DAY, MINUTE
from market_maker.model.records import Criteria, Page
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos

_FIELD = "(side|level|participant_id|config_version)"
BY_DEFAULT = "side,level,participant_id,config_version"
_BY = TextBounds(
    1,
    len(BY_DEFAULT),
    f"^{_FIELD}(,{_FIELD}){{0,3}}$",
    f"some of {BY_DEFAULT}, separated by commas",
)


class HourlyQuery(SpanQuery, frozen=True, kw_only=True):
    """since <= hour < until, the last 24 and the one under way unless asked for. symbol,
    participant_id: of these only, else of all together."""

    symbol: OfSymbol = None
    participant_id: Whose = None
    sort: Annotated[str, sorted_by("hour")] = "hour"


class AttributionQuery(WindowQuery, frozen=True, kw_only=True):
    """by: what to group by, each once. participant_id: of this one only."""

    by: Annotated[str, text(_BY, "Fields to group by.")] = BY_DEFAULT
    participant_id: Whose = None


class AttributedFillsQuery(SpanQuery, frozen=True, kw_only=True):
    """since <= time of the fill < until. participant_id, side: of these only."""

    participant_id: Whose = None
    side: OfSide = None


async def _overview(asked: Asked) -> OverviewOfMoney:
    return await asked.application.analytics.overview()


async def _hourly(asked: Asked) -> Page[Bucket]:
    query, place = asked.query_as(HourlyQuery), place_of(asked)
    buckets = await asked.application.analytics.hourly(
        symbol=query.symbol,
        participant_id=query.participant_id,
        since=query.since,
        until=query.until,
        after=None if place.cursor is None else Nanos(int(key_of(place.cursor, place.scope))),
        limit=place.limit + 1,
        backwards=query.sort.startswith("-"),
    )
    # What was asked for stands after the cursor already, whichever way it goes.
    more, items = len(buckets) > place.limit, buckets[: place.limit]
    return Page(items, cursor_of(f"{items[-1].hour:020d}", place.scope) if more else None)


async def _metrics(asked: Asked) -> SymbolMetricsAnswer:
    application, now = asked.application, asked.services.clock.now()
    metrics = await application.analytics.symbol_metrics(asked.symbol)
    rows = await application.history.read(asked.symbol, MINUTE, Nanos(now - DAY), now)
    try:
        limit = (await application.pools.get(asked.symbol)).config.max_pool_position_usdt
    except NotFoundError:
        limit = None
    return symbol_metrics(metrics, rows, limit)


async def _attribution(asked: Asked) -> AttributionView:
    query = asked.query_as(AttributionQuery)
    return await asked.application.analytics.attribution(
        symbol=asked.symbol,
        participant_id=query.participant_id,
        since=query.since,
        until=query.until,
        by=query.by.split(","),
    )


async def _fills(asked: Asked) -> Page[AttributedFill]:
    query = asked.query_as(AttributedFillsQuery)
    criteria = Criteria(symbol=asked.symbol, **shared_fields(Criteria, query))
    return await asked.application.books.fills(criteria, query.limit, query.cursor)


_row = rows_of("analytics", "/v1/mm-analytics/")


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
        answer=SymbolMetricsAnswer,
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
