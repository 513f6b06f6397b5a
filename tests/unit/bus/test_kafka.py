"""What a bus over Kafka reports of brokers that refuse it; no broker is needed for that."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException

from market_maker.bus.kafka import KafkaBus
from market_maker.bus.topics import TOPICS
from market_maker.model.errors import (
    BusRefusedError,
    BusUnavailableError,
    RegistryUnavailableError,
)
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from tests.contract.bus.test_bus import event
from tests.support.connections import Counted

pytestmark = pytest.mark.anyio

WHERE = "KAFKA_BROKERS 127.0.0.1:9"
REFUSED = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)


class Known(SchemaRegistry):
    """Knows every schema, or does not answer."""

    away = False

    async def id_of(self, topic: str) -> int:
        if self.away:
            raise RegistryUnavailableError(f"no answer about {topic}")
        return 1


class Client:
    """A producer, as far as topics go. raises: instead of an answer."""

    def __init__(self, *shown: str, raises: KafkaError | None = None) -> None:
        self._shown, self._raises = shown, raises
        self.polled = 0

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> SimpleNamespace:
        assert timeout > 0
        if self._raises is not None:
            raise KafkaException(self._raises)
        names = self._shown if topic is None else (topic,)
        return SimpleNamespace(topics=dict.fromkeys(names, SimpleNamespace(error=None)))

    def produce(self, *_what: object, **_more: object) -> None:
        """Says nothing of it ever."""

    def poll(self, _timeout: float) -> int:
        if self._raises is not None and self._raises.fatal():
            raise KafkaException(self._raises)
        self.polled += 1
        return 0


@pytest.fixture
def bus() -> KafkaBus:
    brokers, known = Brokers(addresses="127.0.0.1:9"), Known("http://127.0.0.1:9")
    made = KafkaBus(brokers, known, watch=Counted())
    made._producer = Client(*TOPICS)
    return made


async def checked(bus: KafkaBus) -> str:
    """Its problem after a check; empty without one."""
    with suppress(BusUnavailableError):
        await bus.check()
    return bus.problem


async def test_where_everything_is_there_nothing_is_wrong(bus: KafkaBus) -> None:
    assert await checked(bus) == ""
    assert bus._producer.polled == 1


async def test_a_topic_that_may_be_seen_and_not_written_stays_the_problem(bus: KafkaBus) -> None:
    with pytest.raises(BusUnavailableError):
        bus._raise(event(1), REFUSED)
    said = f"{WHERE}: {event(1).topic}: Broker: Topic authorization failed"
    assert bus.problem == said
    assert await checked(bus) == said


FATAL = KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED, "no number", fatal=True)


async def test_a_producer_that_was_refused_its_number_is_replaced_after_one_two_four_checks(
    bus: KafkaBus,
) -> None:
    kept = []
    for _ in range(4):
        bus._died(FATAL)
        bus._producer = dead = Client(raises=FATAL)
        await checked(bus)
        kept.append(bus._producer is dead)
    assert kept == [False, False, True, False]
    watch = bus._watch
    assert isinstance(watch, Counted)
    assert watch.made_to == ["kafka"] * 4
    assert watch.lost == [("kafka", "ended")] * 3
    assert watch.problems == [f"{WHERE}: no number"] * 3
    bus._producer, bus._is_spent = Client(raises=FATAL), False
    assert await checked(bus) == f"{WHERE}: no number"


async def test_the_death_of_a_producer_ends_no_task(bus: KafkaBus) -> None:
    bus._producer = Client(raises=FATAL)
    async with asyncio.timeout(120), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bus.run())
        while not bus._is_spent:  # noqa: ASYNC110  the producer's own thread
            await asyncio.sleep(0.01)
        bus._producer = well = Client(*TOPICS)
        while not well.polled:  # noqa: ASYNC110  as above
            await asyncio.sleep(0.01)
        running.cancel()
    assert bus._refused == f"{WHERE}: no number"


async def test_what_does_not_answer_is_named_with_the_last_reason(bus: KafkaBus) -> None:
    bus._producer = Client(raises=KafkaError(KafkaError._TRANSPORT))
    bus._heard_error(KafkaError(KafkaError._RESOLVE, "unknown host"))
    bus._heard_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    assert await checked(bus) == f"{WHERE}: no answer: unknown host"
    bus._producer = Client("other.v1")
    assert await checked(bus) == f"{WHERE}: there is no topic {', '.join(TOPICS)}"
    bus._producer = Client(*TOPICS)
    bus._registry.away = True
    assert (await checked(bus)).startswith("no answer about")


async def test_a_message_that_no_broker_takes_is_refused_for_ever(bus: KafkaBus) -> None:
    with pytest.raises(BusRefusedError, match="too large"):
        bus._raise(event(1), KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, "too large"))


async def test_an_event_whose_fate_is_never_reported_is_tried_again_later() -> None:
    """The relay waits for all events of a round: one without an end held up all others for ever."""
    brokers, known = Brokers(addresses="127.0.0.1:9"), Known("http://127.0.0.1:9")
    bus = KafkaBus(brokers, known, delivered_within_s=0.05)
    bus._producer = Client(*TOPICS)
    with pytest.raises(BusUnavailableError, match=f"{WHERE}: {event(1).topic}: no word of it"):
        await bus.publish(event(1))
