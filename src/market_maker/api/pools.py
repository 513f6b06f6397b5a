"""/v1/pools: configurations, states and live status."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Struct
from pydantic import ConfigDict, create_model

from market_maker.api.literals import Name, Parameters, decimal_in, line, whole_in
from market_maker.api.live import PoolLive, live
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, page_of, place_of
from market_maker.api.routes import (
    EVERYONE,
    OPERATORS,
    STOPPERS,
    AnswerLink,
    Asked,
    EmptyBody,
    Fields,
    Route,
    RouteAnswer,
    Versioning,
)
from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import POOL_BOUNDS, PoolConfig
from market_maker.model.records import Page
from market_maker.operations.halt_reviews import Review
from market_maker.operations.views import PoolStatus, PoolView, StateView

DOCUMENTED = (
    "symbol", "enabled", "gamma", "kappa", "vol_lookback_seconds", "tau", "num_levels",
    "level_spacing_bps", "min_spread_bps", "max_spread_bps", "order_size_usdt",
    "max_pool_position_usdt", "max_pool_loss_usdt", "check_staleness", "staleness_threshold_ms",
    "quote_interval_ms", "price_threshold_bps",
)  # fmt: skip
"""The seventeen fields of the documents: a configuration is always given whole, so that no limit
falls back to a default that nobody chose. The other fields may be left out."""

NOTE_LENGTH_MAX = 500
Note = Annotated[str, line(NOTE_LENGTH_MAX, 1)]


def _field(field: msgspec.structs.FieldInfo) -> Any:
    kinds: dict[Any, Any] = {bool: bool, str: Annotated[str, line(64)]}
    bounds = POOL_BOUNDS.get(field.name)
    if field.name == "symbol":
        kind: Any = Name
    elif field.type is Decimal and bounds:
        kind = Annotated[Decimal, decimal_in(bounds)]
    elif field.type is int and bounds:
        kind = Annotated[int, whole_in(bounds)]
    else:
        kind = kinds.get(field.type, Parameters)
    if field.name in DOCUMENTED:
        return (kind, ...)
    return (kind | None, None)


PoolBody: type[Fields] = create_model(
    "PoolBody",
    __base__=Fields,
    **{
        field.name: _field(field)
        for field in msgspec.structs.fields(PoolConfig)
        if field.name != "members"
    },
)
PoolBody.__doc__ = "A whole pool configuration. version: the one that this replaces."


class CommandBody(Fields):
    """reason: why, for the audit log."""

    reason: Annotated[str, line(NOTE_LENGTH_MAX)] = ""


class ReviewBody(Fields):
    """Who looked at the halt, and what they found: both or neither."""

    model_config = ConfigDict(
        json_schema_extra={"dependentRequired": {"reviewed_by": ["note"], "note": ["reviewed_by"]}}
    )

    reviewed_by: Note = ""
    note: Note = ""


class OwnReviewBody(Fields):
    """What the caller found when they looked at the halt."""

    note: Note


class HaltReview(Struct, frozen=True):
    """A review that is on record, by the subject of the token that it came with."""

    symbol: str
    reviewed_by: str
    note: str


class PoolStateBody(Struct, frozen=True):
    """Where a command left a pool. The rest stands in its status."""

    symbol: str
    state: PoolStatus


class PoolDeleted(Struct, frozen=True):
    """The configuration is gone; orders and fills are kept."""

    symbol: str
    deleted: bool


async def _list_pools(asked: Asked) -> RouteAnswer:
    query = asked.query_as(PageQuery)
    return RouteAnswer(value=await asked.application.pools.page(query.limit, query.cursor))


async def _get_pool(asked: Asked) -> RouteAnswer:
    return _pool(await asked.application.pools.get(asked.path["symbol"]))


async def _create_pool(asked: Asked) -> RouteAnswer:
    view, new = await asked.application.pools.put(asked.caller, _config(asked), asked.version)
    return _pool(view, 201 if new else 200)


async def _replace_pool(asked: Asked) -> RouteAnswer:
    config = _config(asked)
    if config.symbol != asked.path["symbol"]:
        raise InvalidFieldError("symbol", config.symbol, f"{asked.path['symbol']}, as in the path")
    return _pool(await asked.application.pools.replace(asked.caller, config, asked.version))


def _pool(view: PoolView, status: int = 200) -> RouteAnswer:
    return RouteAnswer(value=view, status=status, version=view.config.version)


def _config(asked: Asked) -> PoolConfig:
    given = asked.body_as(PoolBody).model_dump(exclude_none=True, exclude={"version"})
    return PoolConfig(**given)


async def _delete_pool(asked: Asked) -> RouteAnswer:
    symbol = asked.path["symbol"]
    await asked.application.pools.remove(asked.caller, symbol)
    return RouteAnswer(value=PoolDeleted(symbol, deleted=True))


async def _enable_pool(asked: Asked) -> RouteAnswer:
    return _state(await asked.application.controls.enable(asked.caller, asked.path["symbol"]))


async def _pause_pool(asked: Asked) -> RouteAnswer:
    reason = asked.body_as(CommandBody).reason
    return _state(
        await asked.application.controls.pause(asked.caller, asked.path["symbol"], reason)
    )


async def _resume_pool(asked: Asked) -> RouteAnswer:
    symbol = asked.path["symbol"]
    review = _review(asked.body_as(ReviewBody))
    return _state(await asked.application.controls.resume(asked.caller, symbol, review))


async def _review_halt(asked: Asked) -> RouteAnswer:
    symbol, note = asked.path["symbol"], asked.body_as(OwnReviewBody).note
    review = await asked.application.controls.review(asked.caller, symbol, note)
    return RouteAnswer(value=HaltReview(symbol, review.reviewed_by, review.note))


def _review(body: ReviewBody) -> Review | None:
    if not body.reviewed_by and not body.note:
        return None
    if not body.reviewed_by:
        raise InvalidFieldError("reviewed_by", None, "required where there is a note")
    if not body.note:
        raise InvalidFieldError("note", None, "required: what the review found")
    return Review(reviewed_by=body.reviewed_by, note=body.note)


def _state(view: StateView) -> RouteAnswer:
    return RouteAnswer(value=PoolStateBody(view.symbol, view.state))


async def _list_statuses(asked: Asked) -> RouteAnswer:
    views = await asked.application.controls.statuses()
    page = page_of(views, lambda view: view.symbol, place_of(asked))
    items = tuple([await live(asked.application, status) for status in page.items])
    return RouteAnswer(value=Page(items, page.next_cursor))


async def _get_status(asked: Asked) -> RouteAnswer:
    status = await asked.application.controls.status(asked.path["symbol"])
    return RouteAnswer(value=await live(asked.application, status))


_OF_THIS_POOL = tuple(
    AnswerLink(operation, {"symbol": "symbol"})
    for operation in (
        "getPool",
        "getPoolStatus",
        "replacePool",
        "enablePool",
        "pausePool",
        "resumePool",
        "deletePool",
        "addMember",
        "listMembers",
        "listSymbolOrders",
        "listSymbolFills",
        "getOrderBreakdown",
        "getFillSummary",
    )
)


def _command(name: str, handle: Any, body: type[Fields], **more: Any) -> Route:
    row: dict[str, Any] = {
        "method": "POST",
        "path": f"/v1/pools/{{symbol}}/{name}",
        "name": f"{name}Pool",
        "family": "pools",
        "handle": handle,
        "answer": PoolStateBody,
        "body": body,
        "optional_body": True,
        "conflicts": True,
        "links": _OF_THIS_POOL,
        "pace": Pace.WRITE,
        "roles": OPERATORS,
    }
    return Route(**row | more)


ROUTES = (
    Route(
        method="GET",
        path="/v1/pools",
        name="listPools",
        summary="All pool configurations, by symbol.",
        family="pools",
        roles=EVERYONE,
        handle=_list_pools,
        answer=PoolView,
        paged=True,
        query=PageQuery,
    ),
    Route(
        method="POST",
        path="/v1/pools",
        name="createPool",
        summary="Create a pool, or replace its whole configuration.",
        family="pools",
        roles=OPERATORS,
        handle=_create_pool,
        answer=PoolView,
        pace=Pace.WRITE,
        body=PoolBody,
        creates=True,
        versioning=Versioning.TAKES,
        statuses=(200, 201),
        conflicts=True,
        links=_OF_THIS_POOL,
    ),
    Route(
        method="GET",
        path="/v1/pools/status",
        name="listPoolStatuses",
        summary="The live status of every pool, by symbol.",
        family="pools",
        roles=EVERYONE,
        handle=_list_statuses,
        answer=PoolLive,
        paged=True,
        query=PageQuery,
    ),
    Route(
        method="GET",
        path="/v1/pools/{symbol}",
        name="getPool",
        summary="One pool's configuration and state.",
        family="pools",
        roles=EVERYONE,
        handle=_get_pool,
        answer=PoolView,
        versioning=Versioning.GIVES,
    ),
    Route(
        method="PUT",
        path="/v1/pools/{symbol}",
        name="replacePool",
        summary="Replace a pool's whole configuration; in force on the next quoting cycle.",
        family="pools",
        roles=OPERATORS,
        handle=_replace_pool,
        answer=PoolView,
        pace=Pace.WRITE,
        body=PoolBody,
        versioning=Versioning.TAKES,
        conflicts=True,
        links=_OF_THIS_POOL,
    ),
    Route(
        method="DELETE",
        path="/v1/pools/{symbol}",
        name="deletePool",
        summary="Delete a pool that is not ACTIVE; its orders and fills are kept.",
        family="pools",
        roles=OPERATORS,
        handle=_delete_pool,
        answer=PoolDeleted,
        pace=Pace.WRITE,
        body=EmptyBody,
        optional_body=True,
        conflicts=True,
    ),
    _command("enable", _enable_pool, EmptyBody, summary="NOT_RUNNING or PAUSED to ACTIVE."),
    _command(
        "pause",
        _pause_pool,
        CommandBody,
        summary="ACTIVE to PAUSED: stop quoting and cancel every order.",
        pace=Pace.STOP,
        roles=STOPPERS,
    ),
    _command(
        "resume",
        _resume_pool,
        ReviewBody,
        summary="PAUSED or, after a review by risk, HALTED to ACTIVE.",
    ),
    _command(
        "review",
        _review_halt,
        OwnReviewBody,
        summary="Put on record that you have looked at a halt; somebody else resumes.",
        answer=HaltReview,
        optional_body=False,
        roles=STOPPERS,
    ),
    Route(
        method="GET",
        path="/v1/pools/{symbol}/status",
        name="getPoolStatus",
        summary="One pool, live: sides, guards, estimates, members, orders.",
        family="pools",
        roles=EVERYONE,
        handle=_get_status,
        answer=PoolLive,
    ),
)
