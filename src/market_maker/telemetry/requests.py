"""The span of a request: the root of what follows from it."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from market_maker.telemetry.secrets import Redactor
from market_maker.telemetry.tracing import TRACEPARENT

SERVER_ERROR = 500

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_CONTEXT = TraceContextTextMapPropagator()


class TracedRequests:
    """ASGI middleware, the outermost. It goes on with the caller's trace, and hands the
    application a `traceparent` of its own, so that logs, audit log and problems have the same
    trace id as the spans."""

    def __init__(self, app: App, tracer: Tracer, redactor: Redactor) -> None:
        self._app, self._tracer, self._redactor = app, tracer, redactor

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request within its span."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        parent = _CONTEXT.extract(given)
        with self._tracer.start_as_current_span(
            scope["method"],
            parent,
            SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            inner = {**scope, "headers": _with_trace(scope["headers"])}

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    span.set_attribute("http.response.status_code", status)
                    if status >= SERVER_ERROR:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            try:
                await self._app(inner, receive, noted)
            finally:
                # The template, not the path: a path has names in it, and there are many.
                route = str(getattr(inner.get("route"), "path", "unknown"))
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
                for name, value in (inner.get("path_params") or {}).items():
                    span.set_attribute(name, self._redactor.text(str(value)))


def _with_trace(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    carrier: dict[str, str] = {}
    _CONTEXT.inject(carrier, trace.set_span_in_context(trace.get_current_span()))
    others = [pair for pair in headers if pair[0] != TRACEPARENT.encode()]
    return [*others, (TRACEPARENT.encode(), carrier[TRACEPARENT].encode())]
