"""One suite, every bus: each test that asks for `tapped` runs on each of them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from confluent_kafka import (
    Consumer,
    DeserializingConsumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from msgspec import Struct

from market_maker.bus.kafka import KafkaBus
from market_maker.bus.memory import MemoryBus
from market_maker.bus.topics import TOPICS
from market_maker.ports import Bus
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from tests.java_servers import JavaServer, Registry, kafka, registry

__all__ = ["kafka", "registry"]

PARTITIONS = 3
ELECTION_TRIES = 300
"""Polls of a tenth of a second."""

_groups = itertools.count(1)


class Seen(Struct, frozen=True):
    """What a reader of a bus knows of an event. fields: in the words of that bus."""

    event_id: str
    topic: str
    key: str
    ts: int
    fields: dict[str, Any] = {}


class Tapped(Struct):
    """A bus, and a reader of everything on it. take: what is new, at least one event."""

    bus: Bus
    take: Callable[[], Awaitable[list[Seen]]]


@asynccontextmanager
async def _memory(_request: pytest.FixtureRequest) -> AsyncIterator[Tapped]:
    bus = MemoryBus()
    reader = bus.subscribe()

    async def take() -> list[Seen]:
        events = (await reader.take()).events
        said = [msgspec.json.decode(event.payload) for event in events]
        return [
            Seen(event.event_id, event.topic, event.key, fields["ts"], fields)
            for event, fields in zip(events, said, strict=True)
        ]

    yield Tapped(bus, take)


@asynccontextmanager
async def _kafka(request: pytest.FixtureRequest) -> AsyncIterator[Tapped]:
    broker = request.getfixturevalue("kafka_with_topics")
    registry = request.getfixturevalue("registry")
    for topic in TOPICS:
        await SchemaRegistry(registry.url, timeout_s=30.0).register(topic)
    bus = KafkaBus(Brokers(addresses=broker.address), SchemaRegistry(registry.url, timeout_s=30.0))
    with IndependentReader(broker, registry) as take:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(bus.run())
            yield Tapped(bus, take)
            running.cancel()


@pytest.fixture(
    params=[
        pytest.param(_memory, id="memory"),
        pytest.param(_kafka, id="kafka", marks=pytest.mark.slow),
    ]
)
async def tapped(request: pytest.FixtureRequest) -> AsyncIterator[Tapped]:
    async with request.param(request) as made:
        yield made


@pytest.fixture(scope="module")
def kafka_with_topics(kafka: JavaServer) -> JavaServer:
    """A broker that has every topic we publish to."""
    create_topics(kafka, TOPICS)
    return kafka


def create_topics(broker: JavaServer, topics: tuple[str, ...]) -> None:
    admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 0})
    made = admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics])
    for future in made.values():
        future.result(60)


class IndependentReader:
    """Confluent's own consumer with the registry's deserializer: nothing of ours is in it. It reads
    what is published from now on."""

    def __init__(self, broker: JavaServer, registry: Registry) -> None:
        self._client = SchemaRegistryClient({"url": registry.url})
        values = AvroDeserializer(self._client)
        self._consumer: Consumer = DeserializingConsumer(
            {
                "bootstrap.servers": broker.address,
                "group.id": f"reader-{next(_groups)}",
                "auto.offset.reset": "earliest",
                "log_level": 0,
                "value.deserializer": values,
            }
        )

    def __enter__(self) -> Callable[[], Awaitable[list[Seen]]]:
        self._consumer.assign(list(self._ends()))
        return self._take

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._client.close()

    def _ends(self) -> Iterator[Any]:
        for topic in TOPICS:
            for number in range(PARTITIONS):
                place = TopicPartition(topic, number)
                yield TopicPartition(topic, number, self._end(place))

    def _end(self, place: Any) -> int:
        """A partition that was just made may have no leader for a moment."""
        for _ in range(ELECTION_TRIES):
            try:
                return int(self._consumer.get_watermark_offsets(place, timeout=60)[1])
            except KafkaException as error:
                if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:
                    raise
                self._consumer.poll(0.1)
        message = f"{place} has no leader"
        raise AssertionError(message)

    async def _take(self) -> list[Seen]:
        while True:
            message = await asyncio.to_thread(self._consumer.poll, 1.0)
            if message is not None:
                assert message.error() is None, message.error()
                return [_seen(message)]


def _seen(message: Any) -> Seen:
    fields = message.value()
    return Seen(
        fields["event_id"],
        message.topic(),
        message.key().decode(),
        fields["occurred_at"],
        fields,
    )
