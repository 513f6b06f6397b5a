"""The runbook on the whole platform, and every topic read back by a consumer that is not ours: the
plain client of Confluent with the registry's own deserializer."""

import asyncio
import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import redis as redis_client
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from msgspec import Struct

from dev.platform import service, token
from market_maker.cli.service_client import ServiceClient
from market_maker.cli.tour import MEMBERS, POOL, SYMBOL, Tour
from market_maker.model.units import VALUE_SCALE
from market_maker.topics.schema_files import (
    CONSUMED,
    DELTAS,
    ENGINE_EVENTS,
    MARKS,
    PUBLISHED,
    SNAPSHOTS,
    TRADES,
)
from tests.e2e.test_serve import wait
from tests.java_servers import JavaServer, Registry, kafka, registry
from tests.servers import PostgreSQL, RedisServer, postgresql, redis
from tests.support.emulated_platform import MARKET_MAKER, emulated_platform

__all__ = ["kafka", "postgresql", "redis", "registry"]

pytestmark = pytest.mark.slow

Fields = dict[str, Any]


class Read(Struct, frozen=True):
    """One message, as others see it."""

    topic: str
    key: str
    fields: Fields


def read_all(
    broker: JavaServer, registry: Registry, topics: Sequence[str] = (*CONSUMED, *PUBLISHED)
) -> list[Read]:
    """Every message of the topics, in the order of each partition."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "an auditor's"})
    schemas = SchemaRegistryClient({"url": registry.url})
    decode = AvroDeserializer(schemas)
    there = consumer.list_topics(timeout=60).topics
    left: dict[tuple[str, int], int] = {}
    for topic in topics:
        for number in there[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=60)
            if high > low:
                left[topic, number] = high
    consumer.assign([TopicPartition(topic, number, 0) for topic, number in left])
    found = []
    while left:
        for message in consumer.consume(5_000, 1.0):
            assert message.error() is None, message.error()
            topic, number = message.topic(), message.partition()
            if message.offset() + 1 >= left.get((topic, number), 0):
                left.pop((topic, number), None)
            context = SerializationContext(topic, MessageField.VALUE)
            found.append(Read(topic, message.key().decode(), decode(message.value(), context)))
    consumer.close()
    schemas.close()
    return found


async def stored(url: str, *queries: str) -> list[list[Any]]:
    connection = await asyncpg.connect(url)
    try:
        return [list(await connection.fetch(query)) for query in queries]
    finally:
        await connection.close()


def of_run(read: list[Read], epoch: int) -> dict[str, list[Fields]]:
    """Of our symbol in this run of the exchange, by topic."""
    found: dict[str, list[Fields]] = defaultdict(list)
    for each in read:
        if each.key == SYMBOL and each.fields.get("epoch", epoch) == epoch:
            found[each.topic].append(each.fields)
    return found


async def runbook(environment: dict[str, str], url: str) -> None:
    """To the first fill and the end of the walk; the auth service changes its key meanwhile."""
    async with ServiceClient(url, lambda: token(environment)) as client:
        tour = Tour(client, {**POOL, "warmup_samples": 2}, MEMBERS, print)
        await tour.begin()
        async with asyncio.timeout(120):
            while not (await client.get(f"/v1/mm-fills/{SYMBOL}"))["items"]:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        shared = redis_client.Redis.from_url(environment["REDIS_URL"])
        assert json.loads(shared.get(f"market_maker:live:{SYMBOL}"))["state"] == "ACTIVE"
        shared.flushall()
        shared.close()
        health = await client.get("/health")
        assert health["ready"], health
        details = {name: each["detail"] for name, each in health["dependencies"].items()}
        assert details.pop("topics").endswith(" ms behind the broker")
        assert not any(details.values()), details
        await client.post("/v1/mm/emergency/kill", {"reason": "a drill"})
        await tour.end()


def check_market(read: dict[str, list[Fields]]) -> None:
    deltas = read[DELTAS]
    assert [each["prev_seq"] for each in deltas[1:]] == [each["last_seq"] for each in deltas[:-1]]
    for topic in (SNAPSHOTS, MARKS, TRADES):
        assert read[topic], topic
    prices = {level["price"] for each in read[SNAPSHOTS] for level in each["bids"] + each["asks"]}
    assert prices
    assert all(Decimal(price) % Decimal("0.1") == 0 for price in prices)


def check_orders(read: dict[str, list[Fields]], orders: list[Any], fills: list[Any]) -> None:
    """What the matching engine said of our orders is what the database has, each fact once."""
    events = read[ENGINE_EVENTS]
    assert len({each["event_id"] for each in events}) == len(events)
    told = [each["filled"] for each in events if each["type"] == "FILLED"]
    executions = sorted(
        (
            part["client_order_id"],
            int(part["trade_id"]),
            Decimal(part["price"]),
            Decimal(part["size"]),
            Decimal(part["fee"]),
        )
        for part in told
    )
    assert executions == sorted(
        (
            fill["client_order_id"],
            fill["trade_id"],
            fill["price"] * Decimal(fill["tick_size"]),
            fill["size"] * Decimal(fill["lot_size"]),
            fill["fee"] * Decimal(fill["tick_size"]) * Decimal(fill["lot_size"]) / VALUE_SCALE,
        )
        for fill in fills
    )
    ended = {
        kind: {e[part]["client_order_id"] for e in events if e["type"] == kind}
        for kind, part in (("CANCELLED", "cancelled"), ("ACCEPTED", "accepted"))
    }
    sent = {o["client_order_id"] for o in orders if not o["reason"].startswith("never sent")}
    cancelled = {o["client_order_id"] for o in orders if o["status"] == "CANCELED"} & sent
    assert ended["CANCELLED"] == cancelled
    assert ended["ACCEPTED"] <= sent


def check_outbox(read: dict[str, list[Fields]], outbox: list[Any], states: list[Any]) -> None:
    """Each event of the outbox once, in its order, and each move of the pool among them."""
    for topic in PUBLISHED:
        seen = [each["event_id"] for each in read[topic]]
        assert list(dict.fromkeys(seen)) == [o["event_id"] for o in outbox if o["topic"] == topic]
    moves = [(m["to_state"], m["occurred_at"], m["actor"]) for m in read[PUBLISHED[0]]]
    assert moves == [(row["state"], row["ts"], row["by"]) for row in states]
    assert any(row["state"] == "HALTED" for row in states)
    assert [risk["reason"] for risk in read[PUBLISHED[1]]] == ["a drill"]


def test_the_runbook_on_the_whole_platform_is_what_others_read_and_what_is_stored(
    kafka: JavaServer,
    registry: Registry,
    postgresql: PostgreSQL,
    redis: RedisServer,
    tmp_path: Path,
) -> None:
    database = asyncio.run(postgresql.create("whole_platform"))
    own = {"POSTGRES_URL": database, "REDIS_URL": redis.url, "MM_DATA_DIR": str(tmp_path)}
    ports = {"HTTP_PORT": "any", "METRICS_PORT": "any", "PANEL_PORT": "any"}
    with emulated_platform(kafka, registry) as around:
        environment = dict(os.environ) | around | own | ports  # noqa: TID251  for a child
        subprocess.run([MARKET_MAKER, "db", "upgrade"], env=environment, check=True)
        httpx.post(f"{around['AUTH_SERVICE_URL']}/v1/keys/rotate")
        with service(environment) as (url, banner):
            assert f"events Kafka at {kafka.address}" in banner
            wait(lambda: httpx.get(f"{url}/health").json()["ready"], seconds=60)
            asyncio.run(runbook(environment, url))
        waiting = "SELECT 1 FROM outbox WHERE published_at IS NULL"
        assert asyncio.run(stored(database, waiting)) == [[]]
    read = read_all(kafka, registry)
    epoch = max(e.fields["epoch"] for e in read if "epoch" in e.fields)
    orders, fills, outbox, states = asyncio.run(
        stored(
            database,
            "SELECT * FROM mm_orders",
            "SELECT * FROM mm_fills",
            "SELECT * FROM outbox ORDER BY id",
            "SELECT * FROM mm_pool_states ORDER BY id",
        )
    )
    own_events = {row["event_id"] for row in outbox}
    ours = [e for e in read if e.topic in CONSUMED or e.fields["event_id"] in own_events]
    this_run = of_run(ours, epoch)
    check_market(this_run)
    check_orders(this_run, orders, fills)
    check_outbox(this_run, outbox, states)
