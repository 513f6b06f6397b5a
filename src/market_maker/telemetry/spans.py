"""Spans: from a REST call to the orders it leads to, and to their fills.

Only imported where a collector is configured; without one nothing of this runs. A request is the
first span; the turn in which an engine takes the command is within it; the orders that follow are
children of that turn, their fills children of the order. A pool goes on quoting for days after one
command, and a trace of a million spans cannot be read: after TRACED_ORDERS orders each begins a
trace of its own, linked to the command.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    Status,
    StatusCode,
    Tracer,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from market_maker.engine.engine import Engine
from market_maker.model.actions import Action, Place, RecordFill, RecordState, Turn
from market_maker.model.events import (
    Accepted,
    Canceled,
    Event,
    Operated,
    Rejected,
    Unanswered,
)
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos, OrderId
from market_maker.telemetry.secrets import Redactor
from market_maker.telemetry.tracing import TRACEPARENT, current_traceparent

SERVICE = "market_maker"
PATH = "/v1/traces"
TRACED_ORDERS = 100
"""Orders after a command that belong to its trace."""
OPEN_MAX = 10_000
"""Orders whose spans are not ended; beyond it the oldest is."""
EXPORT_TIMEOUT_S = 5

TurnItem: TypeAlias = Event | Action

_CONTEXT = TraceContextTextMapPropagator()


class Spans:
    """Where spans go: the collector at `endpoint`, in batches, from a thread of its own. What
    waits is bounded, and given up when the collector is not there."""

    def __init__(self, endpoint: str, version: str, redactor: Redactor) -> None:
        self._redactor = redactor
        address = endpoint if endpoint.endswith(PATH) else endpoint.rstrip("/") + PATH
        names = {"service.name": SERVICE, "service.version": version}
        self._provider = TracerProvider(resource=Resource.create(names), shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=address, timeout=EXPORT_TIMEOUT_S)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._provider.get_tracer(SERVICE, version)

    def turns(self, instrument: Instrument) -> "TurnSpans":
        """For one engine's journal."""
        return TurnSpans(self.tracer, instrument, self._redactor)

    def close(self) -> None:
        """Send what waits; takes EXPORT_TIMEOUT_S at the most where the collector is gone."""
        self._provider.shutdown()


class TurnSpans:
    """ports.Journal: the events and actions of an engine, as spans. Called within the request whose
    command the turn takes in, it finds that request's span by itself, in a worker that of the
    edge."""

    def __init__(self, tracer: Tracer, instrument: Instrument, redactor: Redactor) -> None:
        self._tracer, self._instrument, self._redactor = tracer, instrument, redactor
        self._cause: SpanContext | None = None
        self._left = 0
        self._open: OrderedDict[OrderId, tuple[Span, int]] = OrderedDict()
        self._known: OrderedDict[OrderId, SpanContext] = OrderedDict()
        self._takes: dict[type, Callable[[Nanos, Any], None]] = {
            Operated: self._operated,
            Accepted: self._accepted,
            Unanswered: self._unanswered,
            Rejected: self._rejected,
            Canceled: self._canceled,
            Place: self._placed,
            RecordFill: self._filled,
            RecordState: self._moved,
        }

    def begin(self, engine: Engine) -> None:
        del engine  # another engine of the same pool: its orders have other numbers

    def append(self, turn: Turn) -> None:
        self._take(turn.now, turn.events)
        self._take(turn.now, turn.actions)

    def _take(self, now: Nanos, told: Sequence[TurnItem]) -> None:
        for each in told:
            take = self._takes.get(type(each))
            if take is not None:
                take(now, each)

    def _operated(self, now: Nanos, event: Operated) -> None:
        attributes = {"command": event.command.value, "by": event.by, "reason": event.reason}
        span = self._instant("engine.command", now, _asking(), attributes)
        self._cause, self._left = span.get_span_context(), TRACED_ORDERS

    def _placed(self, now: Nanos, order: Place) -> None:
        attributes: dict[str, str | int] = {
            "symbol": self._instrument.symbol,
            "participant_id": order.member,
            "order_id": order.order_id,
            "side": order.side.value,
            "level": order.level,
            "price": str(self._instrument.price(order.price)),
            "size": str(self._instrument.quantity(order.size)),
        }
        self._left -= 1
        mine = self._cause is not None and self._left >= 0
        links = [] if self._cause is None or mine else [Link(self._cause)]
        span = self._tracer.start_span(
            "order",
            _within(self._cause if mine else None),
            attributes=attributes,
            links=links,
            start_time=now,
        )
        self._open[order.order_id] = (span, order.size)
        _remember(self._known, order.order_id, span.get_span_context())
        if len(self._open) > OPEN_MAX:
            _, (oldest, _) = self._open.popitem(last=False)
            oldest.end(now)

    def _filled(self, now: Nanos, fill: RecordFill) -> None:
        attributes: dict[str, str | int] = {
            "symbol": self._instrument.symbol,
            "participant_id": fill.member,
            "trade_id": fill.trade_id,
            "price": str(self._instrument.price(fill.price)),
            "size": str(self._instrument.quantity(fill.size)),
            "fee": str(self._instrument.money(fill.fee)),
        }
        within = _within(self._known.get(fill.order_id))
        begun = min(fill.ts_event, now)
        span = self._tracer.start_span("fill", within, attributes=attributes, start_time=begun)
        span.end(now)
        if fill.order_id in self._open:
            order, leaves = self._open[fill.order_id]
            self._open[fill.order_id] = (order, leaves - fill.size)
            if leaves <= fill.size:
                self._ended(now, fill.order_id, "filled")

    def _moved(self, now: Nanos, move: RecordState) -> None:
        attributes = {"state": move.state.value, "by": move.by, "reason": move.reason}
        self._instant("pool.state", now, _asking(), attributes)

    def _accepted(self, now: Nanos, event: Accepted) -> None:
        if event.order_id in self._open:
            self._open[event.order_id][0].add_event("accepted", timestamp=now)

    def _unanswered(self, now: Nanos, event: Unanswered) -> None:
        if event.order_id in self._open:
            self._open[event.order_id][0].add_event("unknown", timestamp=now)

    def _rejected(self, now: Nanos, event: Rejected) -> None:
        if event.order_id in self._open:
            self._open[event.order_id][0].set_status(Status(StatusCode.ERROR, event.reason.value))
        self._ended(now, event.order_id, "rejected")

    def _canceled(self, now: Nanos, event: Canceled) -> None:
        self._ended(now, event.order_id, "canceled")

    def _ended(self, now: Nanos, order_id: OrderId, how: str) -> None:
        span, _ = self._open.pop(order_id, (None, 0))
        if span is not None:
            span.add_event(how, timestamp=now)
            span.end(now)

    def _instant(self, name: str, now: Nanos, within: Span, attributes: dict[str, str]) -> Span:
        clean = {key: self._redactor.text(value) for key, value in attributes.items()}
        own = {"symbol": self._instrument.symbol, **clean}
        context = trace.set_span_in_context(within)
        span = self._tracer.start_span(name, context, attributes=own, start_time=now)
        span.end(now)
        return span


def _asking() -> Span:
    """The span of the request whose command is taken in, which another process may serve."""
    here = trace.get_current_span()
    if here.get_span_context().is_valid:
        return here
    return trace.get_current_span(_CONTEXT.extract({TRACEPARENT: current_traceparent()}))


def _within(parent: SpanContext | None) -> Context:
    return Context() if parent is None else trace.set_span_in_context(NonRecordingSpan(parent))


def _remember(known: OrderedDict[OrderId, SpanContext], key: OrderId, value: SpanContext) -> None:
    known[key] = value
    if len(known) > OPEN_MAX:
        known.popitem(last=False)
