"""`market_maker serve` with a real broker and a real registry beside it."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.bus.topics import TOPICS
from tests.contract.bus.conftest import IndependentReader, Seen, create_topics
from tests.e2e.running import Running
from tests.e2e.test_serve import ok, quoting, rows, wait
from tests.java_servers import JavaServer, Registry, kafka, registry
from tests.servers import free_port

__all__ = ["kafka", "registry"]

pytestmark = pytest.mark.slow

MARKET_MAKER = str(Path(sys.executable).parent / "market_maker")


@pytest.fixture(scope="module")
def topics(kafka: JavaServer) -> JavaServer:
    create_topics(kafka, TOPICS)
    return kafka


def schemas(registry: Registry, command: str) -> str:
    done = subprocess.run(
        [MARKET_MAKER, "schemas", command],
        env={"SCHEMA_REGISTRY_URL": registry.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def events(service: Running) -> dict[str, object]:
    return ok(service.call("GET", "/health"))["dependencies"]["events"]


def published(folder: Path) -> list[tuple[str, str, str]]:
    return rows(folder, "SELECT topic, key, event_id FROM outbox ORDER BY id")


def test_every_event_of_the_outbox_is_read_by_others_in_the_order_of_its_symbol(
    topics: JavaServer, registry: Registry, tmp_path: Path
) -> None:
    assert schemas(registry, "register").count("FULL_TRANSITIVE") == len(TOPICS)
    assert schemas(registry, "check").count("fits") == len(TOPICS)
    environment = {
        "KAFKA_BROKERS": topics.address,
        "SCHEMA_REGISTRY_URL": registry.url,
        "MM_SHADOW_MODE": "true",
    }
    with IndependentReader(topics, registry) as take:
        with Running(tmp_path, **environment) as service:
            told = ok(service.call("GET", "/health"))["connected"]["events"]
            assert told == f"Kafka at {topics.address} (PLAINTEXT)"
            quoting(service)
            ok(service.call("POST", "/v1/mm/emergency/kill", json={"reason": "a drill"}))
            wait(lambda: not rows(tmp_path, "SELECT 1 FROM outbox WHERE published_at IS NULL"))
        stored = published(tmp_path)
        read: list[Seen] = []
        while len({seen.event_id for seen in read}) < len(stored):
            read += asyncio.run(take())
    assert {row[0] for row in stored} == set(TOPICS)
    for topic in TOPICS:
        wanted = [row for row in stored if row[0] == topic]
        assert [(s.topic, s.key, s.event_id) for s in read if s.topic == topic] == wanted
    said = rows(
        tmp_path, "SELECT event_id, payload FROM outbox WHERE topic = 'mm.state.changed.v1'"
    )
    payloads = {event_id: json.loads(payload) for event_id, payload in said}
    for seen in read:
        if seen.topic == "mm.state.changed.v1":
            payload = payloads[seen.event_id]
            assert seen.fields["to_state"] == payload["state"]
            assert seen.fields["reason"] == payload["reason"]
            assert seen.fields["occurred_at"] == payload["ts"]


def test_without_a_broker_the_service_quotes_and_says_why_events_wait(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    environment = {"KAFKA_BROKERS": address, "SCHEMA_REGISTRY_URL": f"http://{address}"}
    with Running(tmp_path, **environment) as service:
        quoting(service)
        wait(lambda: f"KAFKA_BROKERS {address}: no answer" in str(events(service)["detail"]))
        assert events(service)["ready"]
    lines = [
        line for line in service.log.read_text("utf-8").splitlines() if "KAFKA_BROKERS" in line
    ]
    told = [json.loads(line) for line in lines if '"background work failed"' in line]
    assert [(line["work"], line["level"]) for line in told] == [("event bus", "warning")]


def test_a_broker_without_a_registry_is_refused_at_the_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [MARKET_MAKER, "serve"],
        env={"KAFKA_BROKERS": "localhost:9092", "MM_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "error: SCHEMA_REGISTRY_URL: missing; the schema registry's address, with KAFKA_BROKERS"
    )
