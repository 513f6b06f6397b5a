import io
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from market_maker.clocks import SimClock
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import Nanos
from market_maker.telemetry.lines import LineWriter
from market_maker.telemetry.logging import Logs, utc
from market_maker.telemetry.tracing import tracing

NOW = Nanos(1_795_215_780_123_456_789)


@contextmanager
def logs(level: str = "info", *secrets: str) -> Iterator[tuple[Logs, io.StringIO]]:
    stream = io.StringIO()
    made = Logs(SimClock(NOW), stream, level, secrets)
    try:
        yield made, stream
    finally:
        made.close()


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_event_and_what_the_logger_is_bound_to() -> None:
    with logs() as (log, stream):
        log.logger(symbol="BTCUSDT-PERP").info("pool moved", state="ACTIVE", participant_id="acme")
    assert written(stream) == [
        {
            "ts": "2026-11-20T23:03:00.123456Z",
            "symbol": "BTCUSDT-PERP",
            "state": "ACTIVE",
            "participant_id": "acme",
            "event": "pool moved",
            "level": "info",
        }
    ]


def test_lines_of_a_request_carry_its_trace_id() -> None:
    with logs() as (log, stream):
        with tracing("a" * 32):
            log.logger().info("served")
        log.logger().info("idle")
    assert [line.get("trace_id") for line in written(stream)] == ["a" * 32, None]


def test_levels_below_the_wanted_one_are_left_out() -> None:
    with logs("warning") as (log, stream):
        logger = log.logger()
        logger.debug("d")
        logger.info("i")
        logger.warning("w")
        logger.error("e")
    assert [line["level"] for line in written(stream)] == ["warning", "error"]


def test_an_unknown_level_is_refused_by_name() -> None:
    with pytest.raises(InvalidFieldError, match="LOG_LEVEL: 'loud'"):
        Logs(SimClock(NOW), io.StringIO(), "loud")


def test_a_value_of_any_kind_makes_a_line() -> None:
    with logs() as (log, stream):
        log.logger().info("odd", a=object, b=[1, (2, {3: "x"})], c="line\nbreak\ud800", d=1.5)
    (line,) = written(stream)
    assert (line["b"], line["c"], line["d"]) == ([1, [2, {"3": "x"}]], "line\nbreak?", 1.5)


def test_what_libraries_log_comes_out_in_the_same_shape_and_without_secrets() -> None:
    with logs("info", "hunter2-canary") as (log, stream):
        log.adopt_libraries()
        logging.getLogger("sqlalchemy.pool").warning("lost %s", "postgresql://u:pw@db/x")
        logging.getLogger("uvicorn").info("not wanted")
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn("old way of hunter2-canary", UserWarning, stacklevel=1)
        logging.getLogger("asyncio").error("task died", exc_info=ValueError("token=abcdef"))
    lost, warned, died = written(stream)
    assert (lost["library"], lost["event"]) == (
        "sqlalchemy.pool",
        "lost postgresql://[redacted]@db/x",
    )
    assert "hunter2" not in warned["event"]
    assert died["level"] == "error"
    assert "ValueError: token=[redacted]" in died["trace"]


def test_libraries_log_as_before_once_the_log_is_closed() -> None:
    before = list(logging.getLogger().handlers)
    with logs() as (log, _):
        log.adopt_libraries()
    assert logging.getLogger().handlers == before


def test_time_is_written_in_utc_to_the_microsecond() -> None:
    assert utc(0) == "1970-01-01T00:00:00.000000Z"
    assert utc(1_999) == "1970-01-01T00:00:00.000001Z"


class Stuck(io.StringIO):
    """A pipe that is not read, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go, self.entered = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        assert self.go.wait(60)
        return super().write(text)


def test_a_stream_that_is_stuck_costs_lines_not_time() -> None:
    stream = Stuck()
    writer = LineWriter(stream, capacity=3)
    writer.put("0")
    assert stream.entered.wait(60)
    for number in range(1, 10):
        writer.put(str(number))
    assert writer.dropped == 6
    stream.go.set()
    writer.close()
    assert stream.getvalue().split() == ["0", "1", "2", "3"]


class Full(io.StringIO):
    """A disk without room."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device", text)


def test_a_full_disk_is_counted_and_nothing_else() -> None:
    writer = LineWriter(Full())
    writer.put("a")
    writer.put("b")
    writer.close()
    assert writer.dropped == 2
