"""The service on the emulated exchange, orders over HTTP and everything else over Kafka."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import Running
from tests.e2e.test_serve import SYMBOL, ok, quoting, rows, status, wait
from tests.e2e.test_serve_kafka import MARKET_MAKER
from tests.java_servers import JavaServer, Registry, kafka, registry, running_kafka

__all__ = ["kafka", "registry"]

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def platform(broker: JavaServer, registry: Registry) -> Iterator[dict[str, str]]:
    """The environment of a service on it."""
    topics = {"KAFKA_BROKERS": broker.address, "SCHEMA_REGISTRY_URL": registry.url}
    process = subprocess.Popen(
        [MARKET_MAKER, "emulate", "platform", "--port", "0"],
        env=os.environ | topics,  # noqa: TID251  for a child
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        found = re.search(r"platform at (\S+) with", process.stdout.readline())
        assert found
        yield topics | {"ORDER_SERVICE_URL": found[1]}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        process.stdout.close()


def test_a_pool_quotes_on_what_kafka_says_and_its_fills_come_once(
    kafka: JavaServer, registry: Registry, tmp_path: Path
) -> None:
    with platform(kafka, registry) as environment, Running(tmp_path, **environment) as service:
        wait(lambda: ok(service.call("GET", "/health"))["ready"])
        quoting(service)
        wait(lambda: rows(tmp_path, "SELECT 1 FROM mm_fills"), seconds=60)
        ok(service.call("POST", f"/v1/pools/{SYMBOL}/pause"))
        wait(lambda: status(service)["open_orders"] == 0)
        wait(lambda: not rows(tmp_path, "SELECT 1 FROM outbox WHERE published_at IS NULL"))
    twice = "SELECT trade_id FROM mm_fills GROUP BY account_id, trade_id HAVING COUNT(*) > 1"
    assert rows(tmp_path, twice) == []
    assert not (tmp_path / "data" / "parked-messages.jsonl").exists()


def test_a_broker_that_dies_pulls_the_quotes_and_they_return_with_it(
    registry: Registry, tmp_path: Path
) -> None:
    with (
        running_kafka() as broker,
        platform(broker, registry) as environment,
        Running(tmp_path, **environment) as service,
    ):
        wait(lambda: ok(service.call("GET", "/health"))["ready"])
        quoting(service)
        broker.stop(signal.SIGKILL)
        wait(lambda: status(service)["open_orders"] == 0, seconds=30)
        assert not ok(service.call("GET", "/health"))["ready"]
        assert status(service)["state"] == "ACTIVE"
        broker.start()
        wait(lambda: status(service)["open_orders"] == 6, seconds=60)
