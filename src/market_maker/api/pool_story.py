"""/v1/pools/{symbol}/versions, /events and /explain: what changed, what happened, and why; and an
earlier version of the configuration in force again."""

from typing import Annotated

from market_maker.api.filters import SpanQuery, span_of
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, page_of, place_of
from market_maker.api.pools import CommandBody
from market_maker.api.reading import Body, Query
from market_maker.api.routes import OPERATORS, Asked, Versioning, rows_of
from market_maker.journaling.journal_search import (
    TurnMeant,
    TurnOfFill,
    TurnOfMoment,
    TurnOfOrder,
)
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.fields import meaning, number
from market_maker.model.history import DAY
from market_maker.model.records import Page
from market_maker.model.units import Nanos, OrderId
from market_maker.operations.explanations import ExplanationView
from market_maker.operations.pool_events import PoolEvent
from market_maker.operations.pool_versions import PoolVersion, PoolVersionInFull
from market_maker.operations.views import PoolView

NUMBER_DIGITS_MAX = 18
ID_MAX = str(2**63 - 1)


class ExplainQuery(Query, frozen=True, kw_only=True):
    """At most one of them; without any it is now."""

    at: Annotated[Nanos | None, meaning("The moment; now without one.")] = None
    order_id: Annotated[
        int | None, number("1", ID_MAX, "", "The turn that placed this order instead.")
    ] = None
    fill: Annotated[
        int | None, number("0", ID_MAX, "", "The turn that took the fill of this trade_id instead.")
    ] = None


async def _versions(asked: Asked) -> Page[PoolVersion]:
    versions = await asked.application.story.versions(asked.symbol)
    return page_of(versions, lambda each: f"{_down(each.version)}", place_of(asked))


async def _reinstate(asked: Asked) -> PoolView:
    found = await _version(asked)
    reason = asked.body_as(CommandBody).reason
    again = f"version {found.version.version} again" + (f": {reason}" if reason else "")
    return await asked.application.pools.replace(
        asked.caller, found.config, asked.version, reason=again
    )


async def _version(asked: Asked) -> PoolVersionInFull:
    text = asked.path["version"]
    if not text.isdecimal() or len(text) > NUMBER_DIGITS_MAX:
        raise NotFoundError("version", text, f"of {asked.symbol}")
    return await asked.application.story.version(asked.symbol, int(text))


async def _events(asked: Asked) -> Page[PoolEvent]:
    query = asked.query_as(SpanQuery)
    await asked.application.pools.get(asked.symbol)
    span = span_of(query, asked.services.clock.now(), DAY)
    events = await asked.application.story.events(asked.symbol, *span)
    numbered = [(f"{_down(event.ts)}-{n:05d}", event) for n, event in enumerate(events)]
    page = page_of(numbered, lambda each: each[0], place_of(asked))
    return Page(tuple(event for _, event in page.items), page.next_cursor, page.total)


async def _explain(asked: Asked) -> ExplanationView:
    meant = _meant(asked.query_as(ExplainQuery), asked.services.clock.now())
    return await asked.services.explain(asked.symbol, meant)


def _meant(query: ExplainQuery, now: Nanos) -> TurnMeant:
    given: dict[str, TurnMeant] = {}
    if query.at is not None:
        given["at"] = TurnOfMoment(query.at)
    if query.order_id is not None:
        given["order_id"] = TurnOfOrder(OrderId(query.order_id))
    if query.fill is not None:
        given["fill"] = TurnOfFill(query.fill)
    if len(given) > 1:
        second = list(given)[1]
        raise InvalidFieldError(second, getattr(query, second), "alone: at, order_id or fill")
    return next(iter(given.values()), TurnOfMoment(now))


def _down(number: int) -> str:
    """A text that sorts the other way round."""
    return f"{2**63 - 1 - number:020d}"


_row = rows_of("pools", "/v1/pools/{symbol}/")


ROUTES = (
    _row(
        "versions",
        "listPoolVersions",
        "Versions of a pool's configuration, newest first, with their differences.",
        _versions,
        answer=PoolVersion,
        paged=True,
        query=PageQuery,
    ),
    _row(
        "versions/{version}",
        "getPoolVersion",
        "One version of a pool's configuration, in full.",
        _version,
        answer=PoolVersionInFull,
    ),
    _row(
        "versions/{version}/reinstate",
        "reinstatePoolVersion",
        "Put an earlier version in force again, as a new one; looser limits need risk.",
        _reinstate,
        method="POST",
        roles=OPERATORS,
        pace=Pace.WRITE,
        answer=PoolView,
        body=Body(kind=CommandBody),
        optional_body=True,
        conflicts=True,
        versioning=Versioning.TAKES,
        version="config.version",
    ),
    _row(
        "events",
        "listPoolEvents",
        "What happened to a pool, newest first: moves, changes, commands, alerts.",
        _events,
        answer=PoolEvent,
        paged=True,
        query=SpanQuery,
    ),
    _row(
        "explain",
        "explainPool",
        "What a pool knew at a moment, an order or a fill, what it quoted, why, and what it sent.",
        _explain,
        answer=ExplanationView,
        query=ExplainQuery,
        conflicts=True,
    ),
)
