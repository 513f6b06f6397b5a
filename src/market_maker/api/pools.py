"""/v1/pools: configurations, states and live status."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeAlias

from msgspec import Struct

from market_maker.api.filters import Why
from market_maker.api.pace import Pace
from market_maker.api.paging import LIMIT_MAX, PageQuery, page_of, place_of
from market_maker.api.reading import Body, Query
from market_maker.api.routes import (
    EVERYONE,
    OPERATORS,
    STOPPERS,
    Asked,
    Route,
    RouteAnswer,
    Versioning,
    command,
    links,
)
from market_maker.model.connected import WORKERS_MAX
from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import line, meaning, number
from market_maker.model.pool import DOCUMENTED, PoolConfig
from market_maker.model.records import Page
from market_maker.operations.halt_reviews import Review
from market_maker.operations.views import (
    EmergencyView,
    PoolStatus,
    PoolStatusView,
    PoolView,
    StateView,
)

PATH = "/v1/pools"
ONE = PATH + "/{symbol}"

POOL_BODY = Body(
    kind=PoolConfig,
    name="PoolBody",
    left_out=("members", "version"),
    required=DOCUMENTED,
    versioned=True,
    nulls=True,
)
Note: TypeAlias = Annotated[str, line(500, "For the audit log.", 1)]


class CommandBody(Struct, frozen=True):
    """reason: why, for the audit log."""

    reason: Why = ""


class FlattenPoolBody(Struct, frozen=True):
    """unwind: work the position down with reduce-only quotes before pausing."""

    reason: Why = ""
    unwind: Annotated[bool, meaning("Work the position down before pausing.")] = False


class MoveBody(Struct, frozen=True):
    """worker: the number of the worker that is to trade the pool."""

    worker: Annotated[int, number("1", str(WORKERS_MAX), "", "Number of the worker.")]


class ReviewBody(Struct, frozen=True):
    """Who reviewed the halt, and what they found: both or neither."""

    reviewed_by: Note = ""
    note: Note = ""


class OwnReviewBody(Struct, frozen=True):
    """What the caller found in the review of the halt."""

    note: Note


class HaltReview(Struct, frozen=True):
    """A review that is on record, by the subject of the token that it came with."""

    symbol: str
    reviewed_by: str
    note: str


class DeleteBody(Struct, frozen=True):
    """force: also with a position, which then stays in every total until it is flat."""

    force: Annotated[bool, meaning("Also with a position.")] = False


class ForceQuery(Query, frozen=True, kw_only=True):
    """force: the same as in the body."""

    force: Annotated[bool, meaning("Also with a position.")] = False


class PoolStateBody(Struct, frozen=True):
    """Where a command left a pool. The rest stands in its status."""

    symbol: str
    state: PoolStatus


class PoolDeleted(Struct, frozen=True):
    """The configuration is gone; orders and fills are kept."""

    symbol: str
    deleted: bool


class PoolsQuery(PageQuery, frozen=True, kw_only=True):
    """state: of those in this state only. q: part of the symbol, whatever its case."""

    state: Annotated[PoolStatus | None, meaning("In this state only.")] = None
    q: Annotated[str | None, line(64, "Part of the symbol.", 1)] = None


async def _list(asked: Asked) -> Page[PoolView]:
    query = asked.query_as(PoolsQuery)
    if query.state is None and query.q is None:
        return await asked.application.pools.page(query.limit, query.cursor)
    # States are the engines', not the database's.
    views = [view async for view in _every(asked) if _fits(view, query)]
    return page_of(views, lambda view: view.config.symbol, place_of(asked))


async def _every(asked: Asked) -> AsyncIterator[PoolView]:
    cursor = None
    while True:
        page = await asked.application.pools.page(LIMIT_MAX, cursor)
        for view in page.items:
            yield view
        cursor = page.next_cursor
        if cursor is None:
            return


def _fits(view: PoolView, query: PoolsQuery) -> bool:
    named = query.q is None or query.q.upper() in view.config.symbol.upper()
    return named and query.state in {None, view.state}


async def _get(asked: Asked) -> PoolView:
    return await asked.application.pools.get(asked.symbol)


async def _create(asked: Asked) -> RouteAnswer:
    config = asked.body_as(PoolConfig)
    view, new = await asked.application.pools.put(asked.caller, config, asked.version)
    return RouteAnswer(value=view, status=201 if new else 200)


async def _replace(asked: Asked) -> PoolView:
    config = asked.body_as(PoolConfig)
    check_symbol(asked, config)
    return await asked.application.pools.replace(asked.caller, config, asked.version)


def check_symbol(asked: Asked, config: PoolConfig) -> None:
    """Raises InvalidFieldError where a configuration is not of the symbol in the path."""
    if config.symbol != asked.symbol:
        raise InvalidFieldError("symbol", config.symbol, f"{asked.symbol}, as in the path")


async def _delete(asked: Asked) -> PoolDeleted:
    force = asked.body_as(DeleteBody).force or asked.query_as(ForceQuery).force
    await asked.application.controls.remove(asked.caller, asked.symbol, force=force)
    return PoolDeleted(asked.symbol, deleted=True)


async def _enable(asked: Asked) -> PoolStateBody:
    return _state(await asked.application.controls.enable(asked.caller, asked.symbol))


async def _pause(asked: Asked) -> PoolStateBody:
    reason = asked.body_as(CommandBody).reason
    return _state(await asked.application.controls.pause(asked.caller, asked.symbol, reason))


async def _resume(asked: Asked) -> PoolStateBody:
    review = _review(asked.body_as(ReviewBody))
    return _state(await asked.application.controls.resume(asked.caller, asked.symbol, review))


async def _review_halt(asked: Asked) -> HaltReview:
    note = asked.body_as(OwnReviewBody).note
    review = await asked.application.controls.review(asked.caller, asked.symbol, note)
    return HaltReview(asked.symbol, review.reviewed_by, review.note)


def _review(body: ReviewBody) -> Review | None:
    if not body.reviewed_by and not body.note:
        return None
    if not body.reviewed_by:
        raise InvalidFieldError("reviewed_by", None, "required where there is a note")
    if not body.note:
        raise InvalidFieldError("note", None, "required: what the review found")
    return Review(reviewed_by=body.reviewed_by, note=body.note)


async def _halt(asked: Asked) -> EmergencyView:
    body = asked.body_as(CommandBody)
    return await asked.application.controls.kill(asked.caller, body.reason, asked.symbol)


async def _move(asked: Asked) -> PoolStateBody:
    worker = asked.body_as(MoveBody).worker
    return _state(await asked.application.controls.move(asked.caller, asked.symbol, worker))


async def _flatten(asked: Asked) -> EmergencyView:
    body = asked.body_as(FlattenPoolBody)
    controls = asked.application.controls
    return await controls.flatten(asked.caller, body.reason, asked.symbol, unwind=body.unwind)


def _state(view: StateView) -> PoolStateBody:
    return PoolStateBody(view.symbol, view.state)


async def _list_statuses(asked: Asked) -> Page[PoolStatusView]:
    views = await asked.application.controls.statuses()
    return page_of(views, lambda view: view.symbol, place_of(asked))


async def _get_status(asked: Asked) -> PoolStatusView:
    return await asked.application.controls.status(asked.symbol)


_LINKS = links(
    {"symbol": "symbol"},
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


def _command(word: str, summary: str, handle: Any, **more: Any) -> Route:
    row: dict[str, Any] = {
        "family": "pools",
        "handle": handle,
        "answer": PoolStateBody,
        "roles": OPERATORS,
        "links": _LINKS,
    }
    return command(f"{ONE}/{word}", f"{word}Pool", summary, **row | more)


def _row(method: str, path: str, name: str, summary: str, **more: Any) -> Route:
    row: dict[str, Any] = {
        "family": "pools",
        "roles": EVERYONE if method == "GET" else OPERATORS,
        "answer": PoolView,
        "pace": Pace.READ if method == "GET" else Pace.WRITE,
        "conflicts": method != "GET",
        "version": "config.version",
    }
    return Route(method=method, path=path, name=name, summary=summary, **row | more)


ROUTES = (
    _row(
        "GET",
        PATH,
        "listPools",
        "All pool configurations, by symbol.",
        handle=_list,
        paged=True,
        query=PoolsQuery,
    ),
    _row(
        "POST",
        PATH,
        "createPool",
        "Create a pool, or replace its whole configuration.",
        handle=_create,
        body=POOL_BODY,
        creates=True,
        versioning=Versioning.TAKES,
        statuses=(200, 201),
        links=_LINKS,
    ),
    _row(
        "GET",
        f"{PATH}/status",
        "listPoolStatuses",
        "The live status of every pool, by symbol.",
        handle=_list_statuses,
        answer=PoolStatusView,
        paged=True,
        query=PageQuery,
    ),
    _row(
        "GET",
        ONE,
        "getPool",
        "One pool's configuration and state.",
        handle=_get,
        versioning=Versioning.GIVES,
    ),
    _row(
        "PUT",
        ONE,
        "replacePool",
        "Replace a pool's whole configuration; in force on the next quoting cycle.",
        handle=_replace,
        body=POOL_BODY,
        versioning=Versioning.TAKES,
        links=_LINKS,
    ),
    _row(
        "DELETE",
        ONE,
        "deletePool",
        "Delete a pool that is not ACTIVE and holds nothing; its orders and fills are kept.",
        handle=_delete,
        answer=PoolDeleted,
        body=Body(kind=DeleteBody),
        query=ForceQuery,
        optional_body=True,
    ),
    _command("enable", "NOT_RUNNING or PAUSED to ACTIVE.", _enable),
    _command(
        "pause",
        "ACTIVE to PAUSED: stop quoting and cancel every order.",
        _pause,
        body=Body(kind=CommandBody),
        pace=Pace.STOP,
        roles=STOPPERS,
    ),
    _command(
        "halt",
        "To HALTED: cancel every order now; only a reviewed resume quotes again.",
        _halt,
        answer=EmergencyView,
        body=Body(kind=CommandBody),
        pace=Pace.STOP,
        roles=STOPPERS,
    ),
    _command(
        "flatten",
        "To PAUSED: cancel every order, first working the position down where asked.",
        _flatten,
        answer=EmergencyView,
        body=Body(kind=FlattenPoolBody),
        pace=Pace.STOP,
        roles=STOPPERS,
    ),
    _command(
        "resume",
        "PAUSED or, after a review by risk, HALTED to ACTIVE.",
        _resume,
        body=Body(kind=ReviewBody, together=("reviewed_by", "note")),
    ),
    _command(
        "move",
        "Let another worker trade the pool; ACTIVE again where it was and nothing changed.",
        _move,
        body=Body(kind=MoveBody),
        optional_body=False,
    ),
    _command(
        "review",
        "Record your review of a halt; another person resumes.",
        _review_halt,
        body=Body(kind=OwnReviewBody),
        answer=HaltReview,
        optional_body=False,
        roles=STOPPERS,
    ),
    _row(
        "GET",
        f"{ONE}/status",
        "getPoolStatus",
        "One pool, live: sides, guards, estimates, members, orders.",
        handle=_get_status,
        answer=PoolStatusView,
    ),
)
