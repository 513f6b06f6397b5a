"""The application: routes from the table, access before them, problems for everything else."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp
from typing_extensions import override

from market_maker.api.access import UNSAFE, Access, AccessRule, Matrix, asked_path, matrix_of
from market_maker.api.bearer import Authenticator
from market_maker.api.endpoint import Endpoint
from market_maker.api.envelope import Envelope
from market_maker.api.openapi import describe
from market_maker.api.pace import RATES, Limiter, Pace, Rate, SharedBuckets
from market_maker.api.page import STYLE_HASH, page
from market_maker.api.problems import ProblemError, of_error, problem, response
from market_maker.api.routes import Services
from market_maker.api.table import ROUTES
from market_maker.model.errors import DomainError, ProcessLostError, StoreError, VenueError
from market_maker.ports import Clock
from market_maker.telemetry.tracing import current_trace_id

PAGES: Matrix = {
    ("GET", "/openapi.json"): AccessRule(None, Pace.READ),
    ("GET", "/docs"): AccessRule(None, Pace.READ),
}
"""What is served beside the table."""

MATRIX: Matrix = {**matrix_of(ROUTES), **PAGES}
"""The roles matrix, whole."""

COMPRESSED_FROM = 2_048
"""Bytes from which an answer is compressed for those who accept it."""
LEVEL = 1
"""Of gzip, the fastest: another twelfth off the size would take twice the processor."""

_PAGE_POLICY = f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'"

Handler = Callable[[Request, Exception], Awaitable[Response]]


class Edge(Struct, frozen=True, kw_only=True):
    """What the API stands on. rates: how often one token may ask; shared: where that is counted
    for all processes of the service, None for each by itself."""

    services: Services
    auth: Authenticator
    clock: Clock
    rates: Mapping[Pace, Rate] = msgspec.field(default_factory=lambda: RATES)
    shared: SharedBuckets | None = None


class Api(Starlette):
    """Within an envelope: also what the outermost handler answers is sealed."""

    @override
    def build_middleware_stack(self) -> ASGIApp:
        return Envelope(super().build_middleware_stack())


def create_app(edge: Edge) -> Starlette:
    """The API as an ASGI application."""
    services, limiter = edge.services, Limiter(edge.rates)
    access = Access(
        MATRIX,
        edge.auth,
        limiter,
        services.trail,
        edge.clock,
        sessions=services.sessions,
        shared=edge.shared,
    )
    handlers: dict[Any, Handler] = {
        ProblemError: _refused,
        DomainError: _forbidden_by_rule,
        StoreError: _unavailable,
        VenueError: _unavailable,
        ProcessLostError: _gave_up,
        HTTPException: _not_routed,
        ClientDisconnect: _gone,
        Exception: _broken,
    }
    rows = [
        _route(row.path, row.method, Endpoint(row, edge.services, access).answer) for row in ROUTES
    ]
    app = Api(
        routes=[*rows, *_pages(access)],
        middleware=[Middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM, compresslevel=LEVEL)],
        exception_handlers=cast("Any", handlers),
    )
    app.router.redirect_slashes = False
    return app


def _route(path: str, method: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    route = Route(path, endpoint, methods=[method])
    # Starlette answers HEAD where it answers GET; the table does not say so.
    route.methods = {method}
    return route


def _pages(access: Access) -> list[Route]:
    description = describe(ROUTES)
    document, html = msgspec.json.encode(description), page(description)

    async def openapi(request: Request) -> Response:
        await access(request, "/openapi.json")
        return Response(document, media_type="application/json")

    async def docs(request: Request) -> Response:
        await access(request, "/docs")
        return HTMLResponse(html, headers={"Content-Security-Policy": _PAGE_POLICY})

    return [_route("/openapi.json", "GET", openapi), _route("/docs", "GET", docs)]


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return response(error.problem, current_trace_id(), error.headers)


async def _forbidden_by_rule(_: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return response(of_error(error), current_trace_id())


async def _unavailable(request: Request, error: Exception) -> Response:
    part = "the database" if isinstance(error, StoreError) else "the venue"
    detail = f"{part} did not answer"
    if request.method in UNSAFE:
        detail += "; the request may have been applied, check before retrying"
    return response(problem("unavailable", detail), current_trace_id(), {"Retry-After": "1"})


async def _gave_up(_: Request, error: Exception) -> Response:
    return response(problem("unavailable", str(error)), current_trace_id(), {"Retry-After": "1"})


async def _not_routed(request: Request, error: Exception) -> Response:
    """What the router itself refuses: addresses and methods that are not in the table."""
    assert isinstance(error, HTTPException)
    allowed = _methods_at(request)
    if allowed:
        headers = {"Allow": ", ".join(allowed)}
        detail = f"allowed here: {', '.join(allowed)}"
        return response(problem("method-not-allowed", detail), current_trace_id(), headers)
    return response(problem("not-found", "no route has this address"), current_trace_id())


def _methods_at(request: Request) -> list[str]:
    path = asked_path(request)
    routes = [
        route
        for route in request.app.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    ]
    own = [route for route in routes if route.path == path]
    return sorted(method for route in own or routes for method in route.methods or ())


async def _gone(_: Request, error: Exception) -> Response:
    # No one receives this; it only ends the request in an orderly way.
    assert isinstance(error, ClientDisconnect)
    return response(problem("too-slow", "the caller closed the connection"), current_trace_id())


async def _broken(_: Request, __: Exception) -> Response:
    """Our bug. The server logs it with its trace; the answer carries the trace id."""
    detail = "quote the trace id: the log has it"
    return response(problem("internal", detail), current_trace_id())
