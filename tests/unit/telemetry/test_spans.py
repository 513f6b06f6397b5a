import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from market_maker.model.actions import Action, Place, RecordFill, RecordState, Turn
from market_maker.model.events import Accepted, Canceled, Event, Operated, Rejected, RejectReason
from market_maker.model.events import Unanswered as Unanswered_
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, OrderId, Ticks, Value
from market_maker.telemetry.requests import TracedRequests
from market_maker.telemetry.secrets import Redactor
from market_maker.telemetry.spans import TRACED_ORDERS, Spans, TurnSpans
from market_maker.telemetry.tracing import trace_id_of, tracing
from tests.unit.telemetry.collector import Collector, attributes, collecting
from tests.unit.telemetry.pictures import ACME, INSTRUMENT

T0 = 1_790_000_000_000_000_000
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def at(number: int) -> Nanos:
    return Nanos(T0 + number * 1_000)


def place(number: int, size: int = 5) -> Place:
    return Place(OrderId(number), ACME, Side.BUY, 1, Ticks(100_001), Lots(size))


def fill(number: int, size: int, when: int, trade: int = 1) -> RecordFill:
    return RecordFill(
        at(when),
        OrderId(number),
        trade,
        ACME,
        Side.BUY,
        1,
        Ticks(100_001),
        Lots(size),
        Value(-2 * 10**8),
        0,
    )


def turn(when: int, events: tuple[Event, ...] = (), actions: tuple[Action, ...] = ()) -> Turn:
    return Turn(at(when), events, actions)


def enable(reason: str = "go") -> Operated:
    return Operated(at(1), Command.ENABLE, "ops-jane", reason)


class Service:
    """A service that takes POST /v1/pools/{symbol}/enable as ours does: the command's turn is
    made within the request."""

    def __init__(self, spans: Spans) -> None:
        self.turns = spans.turns(INSTRUMENT)
        self.app = TracedRequests(self.answer, spans.tracer, Redactor(["hunter2-canary"]))
        self.seen: dict[str, str] = {}
        self.reason, self.status = "go", 200

    async def answer(self, scope: Any, _receive: Any, send: Any) -> None:
        self.seen = {name.decode(): value.decode() for name, value in scope["headers"]}
        scope["route"] = type("Route", (), {"path": "/v1/pools/{symbol}/enable"})
        scope["path_params"] = {"symbol": "BTCUSDT-PERP"}
        moved = RecordState(at(1), PoolState.ACTIVE, "ops-jane", self.reason)
        self.turns.append(turn(1, (enable(self.reason),), (moved,)))
        await send({"type": "http.response.start", "status": self.status, "headers": []})

    async def post(self, *headers: tuple[bytes, bytes]) -> None:
        async def send(_: Any) -> None:
            pass

        scope = {"type": "http", "method": "POST", "path": "/x", "headers": list(headers)}
        await self.app(scope, None, send)  # type: ignore[arg-type]


class Traced:
    """A service and what its collector got, once the spans are closed."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self.spans = Spans(collector.address, "0.1.0", Redactor(["hunter2-canary"]))
        self.service = Service(self.spans)
        self.turns: TurnSpans = self.service.turns

    def post(self, *headers: tuple[bytes, bytes]) -> "Traced":
        asyncio.run(self.service.post(*headers))
        return self


@contextmanager
def traced() -> Iterator[Traced]:
    with collecting() as collector:
        yield Traced(collector)


@pytest.mark.thorough
def test_one_trace_leads_from_the_rest_call_to_the_order_and_its_fill() -> None:
    with traced() as it:
        it.post()
        it.turns.append(turn(2, actions=(place(7),)))
        it.turns.append(turn(3, (Accepted(at(3), at(3), OrderId(7)),)))
        it.turns.append(turn(4, actions=(fill(7, 5, 4),)))
        it.spans.close()
    request, command = (
        it.collector.named(n)[0] for n in ("POST /v1/pools/{symbol}/enable", "engine.command")
    )
    order, filled = (it.collector.named(n)[0] for n in ("order", "fill"))
    assert command.parent_span_id == request.span_id
    assert order.parent_span_id == command.span_id
    assert filled.parent_span_id == order.span_id
    assert len({span.trace_id for span in it.collector.spans}) == 1


@pytest.mark.parametrize(("flags", "spans"), [("01", 1), ("00", 0)])
def test_a_command_that_another_process_was_asked_for_is_within_its_request(
    flags: str, spans: int
) -> None:
    parent = f"{CALLER[:-2]}{flags}"
    with traced() as it:
        with tracing(CALLER[3:35], parent):
            it.turns.append(turn(1, (enable(),)))
        it.turns.append(turn(2, actions=(place(7),)))
        it.turns.append(turn(3, (Canceled(at(3), at(3), OrderId(7)),)))
        it.spans.close()
    # A caller that keeps no spans of its request gets none of what it led to.
    commands, orders = (it.collector.named(name) for name in ("engine.command", "order"))
    assert (len(commands), len(orders)) == (spans, spans)
    for command, order in zip(commands, orders, strict=True):
        assert command.trace_id.hex() == order.trace_id.hex() == CALLER[3:35]
        assert command.parent_span_id.hex() == CALLER[36:52]
        assert order.parent_span_id == command.span_id


def test_spans_say_who_what_and_how_much_in_people_s_units() -> None:
    with traced() as it:
        it.post()
        it.turns.append(turn(2, actions=(place(7),)))
        it.turns.append(turn(3, (Accepted(at(3), at(3), OrderId(7)),), (fill(7, 5, 2, 99),)))
        it.spans.close()
    (order,), (filled,), (command,) = map(it.collector.named, ("order", "fill", "engine.command"))
    assert attributes(order) == {
        "symbol": "BTCUSDT-PERP",
        "participant_id": "acme",
        "order_id": 7,
        "side": "BUY",
        "level": 1,
        "price": "50000.5",
        "size": "0.005",
    }
    assert (attributes(filled)["trade_id"], attributes(filled)["fee"]) == (99, "-0.0010")
    assert (order.start_time_unix_nano, order.end_time_unix_nano) == (at(2), at(3))
    assert [event.name for event in order.events] == ["accepted", "filled"]
    assert attributes(command)["by"] == "ops-jane"


def test_an_orders_span_ends_with_its_end_and_says_how() -> None:
    with traced() as it:
        it.turns.append(turn(1, actions=(place(1), place(2), place(3))))
        it.turns.append(
            turn(2, (Unanswered_(at(2), OrderId(1)), Canceled(at(2), at(2), OrderId(2))))
        )
        refused = Rejected(at(3), at(3), OrderId(3), RejectReason.POST_ONLY)
        it.turns.append(turn(3, (refused,)))
        it.turns.append(turn(9, (Canceled(at(9), at(9), OrderId(1)),)))
        it.spans.close()
    ends = {
        attributes(s)["order_id"]: [e.name for e in s.events] for s in it.collector.named("order")
    }
    assert ends == {1: ["unknown", "canceled"], 2: ["canceled"], 3: ["rejected"]}


def test_a_fill_after_the_cancel_still_belongs_to_its_order() -> None:
    with traced() as it:
        it.turns.append(turn(1, actions=(place(1),)))
        it.turns.append(turn(2, (Canceled(at(2), at(2), OrderId(1)),), (fill(1, 2, 1),)))
        it.spans.close()
    (order,), (filled,) = it.collector.named("order"), it.collector.named("fill")
    assert filled.parent_span_id == order.span_id


def test_after_many_orders_each_begins_a_trace_of_its_own_that_links_to_the_command() -> None:
    with traced() as it:
        it.post()
        for number in range(TRACED_ORDERS + 3):
            it.turns.append(turn(number + 2, actions=(place(number),)))
            it.turns.append(turn(number + 2, (Canceled(at(9), at(9), OrderId(number)),)))
        it.spans.close()
    (command,) = it.collector.named("engine.command")
    orders = it.collector.named("order")
    own = [order for order in orders if order.trace_id != command.trace_id]
    assert (len(orders), len(own)) == (TRACED_ORDERS + 3, 3)
    assert {order.links[0].span_id for order in own} == {command.span_id}
    assert len({order.trace_id for order in own}) == 3


def test_the_callers_trace_goes_on_and_the_application_sees_the_same_id() -> None:
    with traced() as it:
        it.post((b"traceparent", CALLER.encode()), (b"host", b"x"))
        it.spans.close()
    (request,) = it.collector.named("POST /v1/pools/{symbol}/enable")
    assert request.trace_id.hex() == CALLER[3:35]
    assert request.parent_span_id.hex() == CALLER[36:52]
    inner = it.service.seen["traceparent"]
    assert trace_id_of(inner) == CALLER[3:35]
    assert inner[36:52] == request.span_id.hex()
    assert it.service.seen["host"] == "x"


def test_a_server_error_marks_the_requests_span() -> None:
    with traced() as it:
        it.service.status = 503
        it.post()
        it.spans.close()
    (request,) = it.collector.named("POST /v1/pools/{symbol}/enable")
    assert request.status.code == 2
    assert attributes(request)["http.response.status_code"] == 503


def test_no_secret_of_a_header_or_a_reason_gets_into_a_span() -> None:
    with traced() as it:
        it.service.reason = "token=hunter2-canary, Bearer hunter2-canary"
        it.post((b"authorization", b"Bearer hunter2-canary"), (b"x-api-key", b"hunter2-canary"))
        it.spans.close()
    assert it.collector.spans
    assert b"hunter2" not in it.collector.raw


def test_a_collector_that_is_gone_costs_nothing_but_spans() -> None:
    with collecting() as collector:
        address = collector.address
    spans = Spans(address, "0.1.0", Redactor())
    turns = spans.turns(INSTRUMENT)
    for number in range(100):
        turns.append(turn(number, actions=(place(number),)))
    assert len(turns._open) == 100


@pytest.mark.slow
def test_nothing_of_the_library_is_loaded_where_no_collector_is_configured() -> None:
    code = (
        "import sys, market_maker.telemetry.logging, market_maker.telemetry.metrics;"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
