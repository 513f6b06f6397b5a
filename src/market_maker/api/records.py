"""/v1/mm-orders and /v1/mm-fills: what was ordered and what came of it; read-only."""

from typing import Annotated, Any

from msgspec.structs import replace

from market_maker.api.literals import CHOICE, Name, Time, write_time
from market_maker.api.masking import masked, sees_identities
from market_maker.api.paging import PageQuery
from market_maker.api.routes import EVERYONE, Asked, Fields, Route, RouteAnswer
from market_maker.model.errors import InvalidFieldError
from market_maker.model.orders import Side
from market_maker.model.records import Criteria, OrderStatus, Page
from market_maker.model.units import Nanos, ParticipantId
from market_maker.operations.order_records import OrderBreakdown
from market_maker.operations.views import FillSummaryView, FillView, OrderView


class _RecordsQuery(PageQuery):
    participant_id: Name | None = None
    since: Time | None = None
    until: Time | None = None
    side: Annotated[Side, CHOICE] | None = None


class SymbolFillsQuery(_RecordsQuery):
    """since <= time of the fill < until."""


class FillsQuery(SymbolFillsQuery):
    """since <= time of the fill < until."""

    symbol: Name | None = None


class SymbolOrdersQuery(_RecordsQuery):
    """since <= time of the order < until."""

    status: Annotated[OrderStatus, CHOICE] | None = None


class OrdersQuery(SymbolOrdersQuery):
    """since <= time of the order < until."""

    symbol: Name | None = None


class WindowQuery(Fields):
    """since <= time < until; the last 24 hours unless asked for."""

    since: Time | None = None
    until: Time | None = None


def checked_span(since: Nanos | None, until: Nanos | None) -> None:
    """Raises InvalidFieldError for a span that ends before it begins."""
    if since is not None and until is not None and since > until:
        raise InvalidFieldError("until", write_time(until), "a time not before since")


def _criteria(asked: Asked, query: _RecordsQuery) -> Criteria:
    given = query.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    if "symbol" in asked.path:
        given["symbol"] = asked.path["symbol"]
    if query.participant_id is not None:
        given["participant_id"] = ParticipantId(query.participant_id)
    checked_span(query.since, query.until)
    return Criteria(**given)


async def _list_orders(asked: Asked) -> RouteAnswer:
    query = asked.query_as(_RecordsQuery)
    page = await asked.application.records.orders(
        _criteria(asked, query), query.limit, query.cursor
    )
    return _shown(asked, page)


async def _list_fills(asked: Asked) -> RouteAnswer:
    query = asked.query_as(_RecordsQuery)
    page = await asked.application.records.fills(_criteria(asked, query), query.limit, query.cursor)
    return _shown(asked, page)


def _shown(asked: Asked, page: Page[OrderView] | Page[FillView]) -> RouteAnswer:
    if sees_identities(asked.caller):
        return RouteAnswer(value=page)
    items = [replace(row, account_id=masked(row.account_id)) for row in page.items]
    return RouteAnswer(value=Page(tuple(items), page.next_cursor))


async def _fill_summary(asked: Asked) -> RouteAnswer:
    return RouteAnswer(
        value=await asked.application.records.fill_summary(asked.path["symbol"], *_window(asked))
    )


async def _order_breakdown(asked: Asked) -> RouteAnswer:
    return RouteAnswer(
        value=await asked.application.records.breakdown(asked.path["symbol"], *_window(asked))
    )


def _window(asked: Asked) -> tuple[Nanos | None, Nanos | None]:
    query = asked.query_as(WindowQuery)
    checked_span(query.since, query.until)
    return query.since, query.until


def _row(path: str, name: str, summary: str, handle: Any, **more: Any) -> Route:
    row: dict[str, Any] = {
        "method": "GET",
        "path": path,
        "name": name,
        "summary": summary,
        "handle": handle,
    }
    return Route(**row | {"family": "records", "roles": EVERYONE} | more)


_ORDERS: dict[str, Any] = {"answer": OrderView, "paged": True}
_FILLS: dict[str, Any] = {"answer": FillView, "paged": True}

ROUTES = (
    _row(
        "/v1/mm-orders",
        "listOrders",
        "Orders of every pool, newest first.",
        _list_orders,
        query=OrdersQuery,
        **_ORDERS,
    ),
    _row(
        "/v1/mm-orders/{symbol}",
        "listSymbolOrders",
        "Orders of one symbol, newest first.",
        _list_orders,
        query=SymbolOrdersQuery,
        **_ORDERS,
    ),
    _row(
        "/v1/mm-orders/{symbol}/breakdown",
        "getOrderBreakdown",
        "Orders of one symbol by side and status: of the last 24 hours, and what is open.",
        _order_breakdown,
        answer=OrderBreakdown,
        query=WindowQuery,
    ),
    _row(
        "/v1/mm-fills",
        "listFills",
        "Fills of every pool, newest first.",
        _list_fills,
        query=FillsQuery,
        **_FILLS,
    ),
    _row(
        "/v1/mm-fills/{symbol}",
        "listSymbolFills",
        "Fills of one symbol, newest first.",
        _list_fills,
        query=SymbolFillsQuery,
        **_FILLS,
    ),
    _row(
        "/v1/mm-fills/{symbol}/summary",
        "getFillSummary",
        "Fills of one symbol over the last 24 hours, by side.",
        _fill_summary,
        answer=FillSummaryView,
        query=WindowQuery,
    ),
)
