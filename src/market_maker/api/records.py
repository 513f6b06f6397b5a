"""/v1/mm-orders and /v1/mm-fills: what was ordered and what came of it; read-only."""

from typing import Annotated, Any, TypeVar

from msgspec.structs import replace

from market_maker.api.filters import OfSide, OfSymbol, SpanQuery, Whose, WindowQuery
from market_maker.api.masking import masked, sees_identities
from market_maker.api.paging import filters_of, sorted_by
from market_maker.api.routes import Asked, rows_of
from market_maker.model.fields import meaning
from market_maker.model.records import Criteria, OrderStatus, Page
from market_maker.operations.order_records import OrderBreakdown
from market_maker.operations.record_views import FillSummaryView, FillView, OrderView

View = TypeVar("View", OrderView, FillView)


class SymbolFillsQuery(SpanQuery, frozen=True, kw_only=True):
    """since <= time of the fill < until."""

    participant_id: Whose = None
    side: OfSide = None
    sort: Annotated[str, sorted_by("ts_event")] = "-ts_event"


class FillsQuery(SymbolFillsQuery, frozen=True, kw_only=True):
    """since <= time of the fill < until."""

    symbol: OfSymbol = None


class SymbolOrdersQuery(SpanQuery, frozen=True, kw_only=True):
    """since <= time of the order < until."""

    participant_id: Whose = None
    side: OfSide = None
    status: Annotated[OrderStatus | None, meaning("In this status only.")] = None
    sort: Annotated[str, sorted_by("created_at")] = "-created_at"


class OrdersQuery(SymbolOrdersQuery, frozen=True, kw_only=True):
    """since <= time of the order < until."""

    symbol: OfSymbol = None


def _criteria(asked: Asked, query: SymbolOrdersQuery | SymbolFillsQuery) -> Criteria:
    named = {"symbol": asked.path["symbol"]} if "symbol" in asked.path else {}
    return Criteria(**filters_of(query) | named, backwards=not query.sort.startswith("-"))


async def _list_orders(asked: Asked) -> Page[OrderView]:
    query = asked.query_as(SymbolOrdersQuery)
    criteria = _criteria(asked, query)
    return _shown(
        asked, await asked.application.records.orders(criteria, query.limit, query.cursor)
    )


async def _list_fills(asked: Asked) -> Page[FillView]:
    query = asked.query_as(SymbolFillsQuery)
    criteria = _criteria(asked, query)
    return _shown(asked, await asked.application.records.fills(criteria, query.limit, query.cursor))


def _shown(asked: Asked, page: Page[View]) -> Page[View]:
    if sees_identities(asked.caller):
        return page
    items = [replace(row, account_id=masked(row.account_id)) for row in page.items]
    return Page(tuple(items), page.next_cursor)


async def _fill_summary(asked: Asked) -> FillSummaryView:
    window = asked.query_as(WindowQuery)
    return await asked.application.records.fill_summary(asked.symbol, window.since, window.until)


async def _order_breakdown(asked: Asked) -> OrderBreakdown:
    window = asked.query_as(WindowQuery)
    return await asked.application.records.breakdown(asked.symbol, window.since, window.until)


_row = rows_of("records")


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
