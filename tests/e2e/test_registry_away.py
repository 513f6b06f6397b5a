"""A real schema registry that is away: at the start, and later. Quoting needs none of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from market_maker.bus.topics import TOPICS
from tests.contract.bus.conftest import create_topics
from tests.e2e.running import Running
from tests.e2e.test_serve import SYMBOL, ok, quoting, rows, status, wait
from tests.e2e.test_serve_kafka import events, schemas
from tests.java_servers import JavaServer, Registry, kafka, running_registry

__all__ = ["kafka"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def topics(kafka: JavaServer) -> JavaServer:
    create_topics(kafka, TOPICS)
    return kafka


@pytest.fixture
def own_registry() -> Iterator[Registry]:
    """One that may be stopped."""
    with running_registry() as registry:
        yield registry


@pytest.fixture
def registry_to_be() -> Iterator[Registry]:
    """One that has its address, and is not there yet."""
    with running_registry(started=False) as registry:
        yield registry


def all_published(folder: Path) -> bool:
    """Whether there were events, and none of them waits."""
    waiting = rows(folder, "SELECT 1 FROM outbox WHERE published_at IS NULL")
    return not waiting and bool(rows(folder, "SELECT 1 FROM outbox"))


def test_without_a_registry_at_the_start_events_wait_and_go_out_when_it_is_there(
    topics: JavaServer, registry_to_be: Registry, tmp_path: Path
) -> None:
    environment = {"KAFKA_BROKERS": topics.address, "SCHEMA_REGISTRY_URL": registry_to_be.url}
    with Running(tmp_path, **environment) as service:
        quoting(service)
        why = f"events wait in the outbox: SCHEMA_REGISTRY_URL {registry_to_be.url}: no answer"
        wait(lambda: str(events(service)["detail"]).startswith(why))
        assert events(service)["ready"]
        assert not all_published(tmp_path)
        registry_to_be.start()
        wait(lambda: "is not registered: run `market_maker" in str(events(service)["detail"]))
        schemas(registry_to_be, "register")
        wait(lambda: all_published(tmp_path))
        wait(lambda: events(service)["detail"] == "")
        assert status(service)["state"] == "ACTIVE"


def test_a_registry_that_goes_later_holds_no_event_back(
    topics: JavaServer, own_registry: Registry, tmp_path: Path
) -> None:
    schemas(own_registry, "register")
    environment = {"KAFKA_BROKERS": topics.address, "SCHEMA_REGISTRY_URL": own_registry.url}
    with Running(tmp_path, **environment) as service:
        quoting(service)
        wait(lambda: all_published(tmp_path))
        wait(lambda: events(service)["detail"] == "")  # every schema was asked for once
        before = len(rows(tmp_path, "SELECT 1 FROM outbox"))
        own_registry.stop()
        ok(service.call("POST", f"/v1/pools/{SYMBOL}/pause"))
        wait(lambda: len(rows(tmp_path, "SELECT 1 FROM outbox")) > before)
        wait(lambda: all_published(tmp_path))
        assert events(service) == {"ready": True, "detail": ""}
