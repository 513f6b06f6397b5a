"""What only a bus over real Kafka can show. All of it is slow: a broker and a registry start."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from msgspec import structs

from market_maker.bus.kafka import KafkaBus
from market_maker.bus.topics import QUOTE_SIMULATED, RISK_TRIGGERED, STATE_CHANGED, TOPICS
from market_maker.model.errors import BusRefusedError, BusUnavailableError
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from tests.contract.bus.conftest import IndependentReader, create_topics
from tests.contract.bus.test_bus import ORDER, event
from tests.java_servers import JavaServer, Registry, running_kafka
from tests.servers import free_port

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PATIENT_S = 60.0


@asynccontextmanager
async def running(bus: KafkaBus) -> AsyncIterator[KafkaBus]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(bus.run())
        yield bus
        task.cancel()


def a_bus(broker: str, registry: str, delivered_within_s: float = PATIENT_S) -> KafkaBus:
    schemas = SchemaRegistry(registry, timeout_s=PATIENT_S)
    return KafkaBus(Brokers(addresses=broker), schemas, delivered_within_s=delivered_within_s)


async def registered(registry: Registry) -> str:
    for topic in TOPICS:
        await SchemaRegistry(registry.url, timeout_s=PATIENT_S).register(topic)
    return registry.url


async def test_every_field_of_an_event_is_read_by_a_consumer_that_is_not_ours(
    kafka_with_topics: JavaServer, registry: Registry
) -> None:
    url = await registered(registry)
    published = [event(n, topic=topic) for n, topic in enumerate(TOPICS)]
    with IndependentReader(kafka_with_topics, registry) as take:
        async with running(a_bus(kafka_with_topics.address, url)) as bus:
            for each in published:
                await bus.publish(each)
            arrived = {seen.topic: seen.fields for _ in published for seen in await take()}
    about = {"symbol": "BTCUSDT-PERP", "config_version": 3}
    why = {"reason": "a drill", "actor": "ada"}
    moved = {"from_state": "UNKNOWN", "to_state": "PAUSED"}
    assert arrived == {
        STATE_CHANGED: {"event_id": "event-0", "occurred_at": 0, **about, **why, **moved},
        RISK_TRIGGERED: {"event_id": "event-1", "occurred_at": 1, **about, **why},
        QUOTE_SIMULATED: {"event_id": "event-2", "occurred_at": 2, **about, **ORDER},
    }


async def test_a_payload_that_is_not_of_its_topic_is_refused_for_ever(
    kafka_with_topics: JavaServer, registry: Registry
) -> None:
    bus = a_bus(kafka_with_topics.address, await registered(registry))
    bad = structs.replace(event(1), payload=msgspec.json.encode({"symbol": "X"}))
    async with running(bus):
        with pytest.raises(BusRefusedError, match=r"event-1: .*mm\.state\.changed\.v1"):
            await bus.publish(bad)


async def test_events_wait_while_the_broker_is_dead_and_go_out_once_it_is_back(
    registry: Registry,
) -> None:
    url = await registered(registry)
    with running_kafka() as broker:
        create_topics(broker, TOPICS)
        with IndependentReader(broker, registry) as take:
            async with running(a_bus(broker.address, url, delivered_within_s=1.0)) as bus:
                await bus.publish(event(1))
                broker.stop(signal.SIGKILL)
                with pytest.raises(BusUnavailableError, match=r"mm\.state\.changed\.v1"):
                    await bus.publish(event(2))
                broker.start()
                while not await went_out(bus, 2):
                    pass
                await bus.publish(event(3))
                arrived: list[str] = []
                while "event-3" not in arrived:
                    arrived += [seen.event_id for seen in await take()]
    # The second may have been written although its first delivery was given up.
    assert list(dict.fromkeys(arrived)) == ["event-1", "event-2", "event-3"]


async def went_out(bus: KafkaBus, number: int) -> bool:
    try:
        await bus.publish(event(number))
    except BusUnavailableError:
        return False
    return True


async def test_a_check_names_the_topics_that_are_missing(registry: Registry) -> None:
    url = await registered(registry)
    with running_kafka() as broker:
        create_topics(broker, TOPICS[:1])
        bus = a_bus(broker.address, url)
        async with running(bus):
            with pytest.raises(BusUnavailableError) as refusal:
                await bus.check()
        wanted = f"KAFKA_BROKERS {broker.address}: there is no topic {TOPICS[1]}, {TOPICS[2]}"
        assert str(refusal.value) == bus.problem == wanted


async def test_a_check_names_an_address_at_which_no_broker_answers() -> None:
    address = f"127.0.0.1:{free_port()}"
    bus = a_bus(address, f"http://{address}")
    async with running(bus):
        with pytest.raises(BusUnavailableError, match=f"KAFKA_BROKERS {address}: no answer: "):
            await bus.check()


async def test_a_check_names_the_setting_of_a_registry_that_does_not_answer(
    kafka_with_topics: JavaServer,
) -> None:
    bus = a_bus(kafka_with_topics.address, f"http://127.0.0.1:{free_port()}")
    async with running(bus):
        with pytest.raises(BusUnavailableError, match=r"SCHEMA_REGISTRY_URL http\S+: no answer"):
            await bus.check()
        with pytest.raises(BusUnavailableError, match=r"SCHEMA_REGISTRY_URL http\S+: no answer"):
            await bus.publish(event(1))


async def test_a_check_finds_nothing_wrong_where_everything_is_there(
    kafka_with_topics: JavaServer, registry: Registry
) -> None:
    bus = a_bus(kafka_with_topics.address, await registered(registry))
    async with running(bus):
        await bus.check()
    assert not bus.problem
