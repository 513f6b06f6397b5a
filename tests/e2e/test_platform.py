"""The service on the emulated exchange, orders over HTTP and everything else over Kafka."""

import signal
from pathlib import Path

import httpx
import pytest

from tests.e2e.running import Running
from tests.e2e.test_serve import POOL, SYMBOL, ok, quoting, rows, status, wait
from tests.java_servers import JavaServer, Registry, kafka, registry, running_kafka
from tests.support.emulated_platform import emulated_platform

__all__ = ["kafka", "registry"]

pytestmark = pytest.mark.slow

POOL_AT_ONCE = {**POOL, "warmup_samples": 2}
"""The exchange publishes a mark a second, of which the default waits for twenty."""

SIGNED_IN = ("AUTH_SERVICE_URL", "JWT_ISSUER")
"""Of the environment: left out, a development key signs."""


def own_keys(environment: dict[str, str]) -> dict[str, str]:
    """Without the auth service: a test signs its tokens itself."""
    return {name: text for name, text in environment.items() if name not in SIGNED_IN}


def relist(environment: dict[str, str], **fields: str) -> None:
    """Change what the metadata service says of the pool's instrument."""
    url = f"{environment['METADATA_SERVICE_URL']}/v1/instruments/{SYMBOL}"
    assert httpx.patch(url, json=fields).status_code == 200


def about(service: Running, dependency: str) -> str:
    return ok(service.call("GET", "/health"))["dependencies"][dependency]["detail"]


def test_a_broker_that_dies_pulls_the_quotes_and_they_return_with_it(
    registry: Registry, tmp_path: Path
) -> None:
    with (
        running_kafka() as broker,
        emulated_platform(broker, registry) as around,
        Running(tmp_path, **own_keys(around)) as service,
    ):
        wait(lambda: ok(service.call("GET", "/health"))["ready"])
        quoting(service, POOL_AT_ONCE)
        broker.stop(signal.SIGKILL)
        wait(lambda: status(service)["open_orders"] == 0, seconds=30)
        assert not ok(service.call("GET", "/health"))["ready"]
        assert status(service)["state"] == "ACTIVE"
        broker.start()
        wait(lambda: status(service)["open_orders"] == 6, seconds=60)


def test_the_metadata_service_changes_the_grid_and_delists_and_nothing_is_quoted_on_either(
    kafka: JavaServer, registry: Registry, tmp_path: Path
) -> None:
    with (
        emulated_platform(kafka, registry) as around,
        Running(tmp_path, **own_keys(around)) as service,
    ):
        wait(lambda: ok(service.call("GET", "/health"))["ready"])
        quoting(service, POOL_AT_ONCE)
        relist(around, tick_size="0.05")  # every fill of the old grid lies on it
        wait(lambda: status(service)["state"] == "PAUSED")
        wait(lambda: status(service)["open_orders"] == 0)
        told = "the exchange changed the grid: tick 0.1 -> 0.05, lot 0.001 -> 0.001"
        assert status(service)["reason"] == told
        # The order service still has the old one: an order would mean another price there.
        wait(lambda: not status(service)["cancel_unconfirmed"])
        orders = rows(tmp_path, "SELECT count(*) FROM mm_orders")
        ok(service.call("POST", f"/v1/pools/{SYMBOL}/enable"))
        wait(lambda: "the venue's grid is not the instrument's" in about(service, "venue"))
        relist(around, tick_size="0.1")
        wait(lambda: status(service)["state"] == "PAUSED")
        wait(lambda: not status(service)["cancel_unconfirmed"])
        assert rows(tmp_path, "SELECT count(*) FROM mm_orders") == orders
        ok(service.call("POST", f"/v1/pools/{SYMBOL}/enable"))
        wait(lambda: status(service)["open_orders"] == 6)
        relist(around, status="INSTRUMENT_STATUS_DELISTED")
        wait(lambda: (status(service)["state"], status(service)["open_orders"]) == ("HALTED", 0))
        assert "exchange halt" in status(service)["reason"]
        resumed = service.call("POST", f"/v1/pools/{SYMBOL}/resume")
        assert resumed.status_code == 409


REFUSED = """SELECT count(*) FROM mm_orders WHERE status = 'REJECTED'
AND reason NOT LIKE 'post-only%'"""
SENT = "SELECT count(*) FROM mm_orders"


def test_what_the_exchange_takes_of_orders_changes_under_a_pool_and_no_order_is_refused_for_it(
    kafka: JavaServer, registry: Registry, tmp_path: Path
) -> None:
    with (
        emulated_platform(kafka, registry) as around,
        Running(tmp_path, **own_keys(around)) as service,
    ):
        wait(lambda: ok(service.call("GET", "/health"))["ready"])
        quoting(service, POOL_AT_ONCE)
        relist(around, max_size="0.01", max_open_orders="4")
        wait(lambda: status(service)["open_orders"] == 4)
        best = status(service)["bid"]
        assert best["reason"] == "as many open orders of the account as the venue takes"
        assert float(best["size"]) <= 0.01
        # One that was on its way when they changed may have been.
        (refused,), (sent,) = rows(tmp_path, REFUSED)[0], rows(tmp_path, SENT)[0]
        wait(lambda: rows(tmp_path, SENT)[0][0] > sent + 10)
        assert rows(tmp_path, REFUSED)[0][0] == refused
        relist(around, max_size="", max_open_orders="0")
        wait(lambda: status(service)["open_orders"] == 6)
