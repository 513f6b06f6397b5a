"""A bus over Kafka: each event once in the log of a reader that knows repetitions by event_id, the
events of one symbol in their order."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from market_maker.bus.avro_events import avro_body
from market_maker.bus.memory import PAYLOAD_BYTES_MAX
from market_maker.bus.topics import TOPICS
from market_maker.model.errors import (
    BusRefusedError,
    BusUnavailableError,
    InvalidDataError,
    RegistryError,
)
from market_maker.model.records import OutboxRecord
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.topics.broker import Brokers
from market_maker.topics.framing import framed
from market_maker.topics.lookup import REFUSED, MissingTopicsError, found_topics, in_words
from market_maker.topics.registry import SchemaRegistry

POLL_S = 0.1
DELIVERED_WITHIN_S = 10.0
"""After this a message counts as not delivered; and after twice as long without the client's word
of it: a producer that is replaced says nothing any more. Below the relay's lease, so that no second
relay takes up an event while the first still waits for it."""
LIST_TOPICS_WITHIN_S = 2.0
"""How long the broker may take to name its topics."""

SERVER = "kafka"
"""What is at the other end, where clients are counted."""

_NEVER = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG})
Options = dict[str, Any]


class KafkaBus:
    """ports.Bus, while `run` does. problem: why events do not go out now, as `check` saw it last;
    empty while they do. published: since it was made."""

    def __init__(
        self,
        brokers: Brokers,
        registry: SchemaRegistry,
        *,
        delivered_within_s: float = DELIVERED_WITHIN_S,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        """watch: where clients of the brokers are counted: each has connections of its own."""
        self._brokers, self._registry, self._watch = brokers, registry, watch
        self._options: Options = brokers.options() | {
            "enable.idempotence": True,
            "acks": "all",
            # As the Java clients do, so that one symbol has one partition for all writers.
            "partitioner": "murmur2_random",
            "linger.ms": 5,
            "delivery.timeout.ms": int(delivered_within_s * 1_000),
            "error_cb": self._heard_error,
        }
        self._settled_within_s = 2 * delivered_within_s
        self._producer = self._made()
        self._last_error = self._refused = ""
        self._is_spent, self._spent_checks = False, 0
        self.problem = "the broker has not been asked yet"
        self.published = 0

    async def run(self) -> None:
        """Take in what becomes of messages, until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "kafka-producer") as thread:
            while True:
                try:
                    await loop.run_in_executor(thread, self._producer.poll, POLL_S)
                except KafkaException as error:
                    self._died(error.args[0])
                    await asyncio.sleep(POLL_S)

    async def publish(self, event: OutboxRecord) -> None:
        if event.topic not in TOPICS:
            raise BusRefusedError(f"there is no topic {event.topic!r}")
        if len(event.payload) > PAYLOAD_BYTES_MAX:
            raise BusRefusedError(f"{len(event.payload)} bytes are more than {PAYLOAD_BYTES_MAX}")
        try:
            body = avro_body(event)
        except InvalidDataError as error:
            raise BusRefusedError(str(error)) from error
        try:
            schema_id = await self._registry.id_of(event.topic)
        except RegistryError as error:
            raise BusUnavailableError(str(error)) from error
        await self._deliver(event, framed(schema_id, body))
        self.published += 1

    async def check(self) -> None:
        """Ask the broker for the topics and the registry for the schemas. Raises
        BusUnavailableError that says what is wrong: the same as `problem` from then on."""
        try:
            await self._check()
        except BusUnavailableError as error:
            self.problem = str(error)
            raise
        self.problem = ""

    async def _check(self) -> None:
        self._spent_checks += self._is_spent
        if self._is_spent and self._spent_checks.bit_count() == 1:
            # Now, and after two, four, eight checks: librdkafka writes a line for each.
            self._renew(self._refused)
        try:
            await asyncio.to_thread(self._check_topics)
        except MissingTopicsError as error:
            raise BusUnavailableError(f"KAFKA_BROKERS {self._where}: {error}") from error
        except KafkaException as error:
            self._died(error.args[0])
            said = self._last_error or in_words(error.args[0])
            problem = self._refused or f"KAFKA_BROKERS {self._where}: no answer: {said}"
            raise BusUnavailableError(problem) from error
        if self._refused:
            raise BusUnavailableError(self._refused)
        try:
            for topic in TOPICS:
                await self._registry.id_of(topic)
        except RegistryError as error:
            raise BusUnavailableError(str(error)) from error

    def _check_topics(self) -> None:
        """Raises KafkaException, MissingTopicsError."""
        try:
            found_topics(self._producer, TOPICS, LIST_TOPICS_WITHIN_S)
        finally:
            # Why a connection failed is said by the callback, which is called from here only.
            self._producer.poll(0)

    @property
    def _where(self) -> str:
        return self._brokers.addresses

    async def _deliver(self, event: OutboxRecord, value: bytes) -> None:
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[KafkaError | None] = loop.create_future()

        def settle(error: KafkaError | None) -> None:
            if not outcome.done():
                outcome.set_result(error)

        def delivered(error: KafkaError | None, _message: object) -> None:
            # On the polling thread; the loop may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, error)

        self._produce(event, value, delivered)
        try:
            async with asyncio.timeout(self._settled_within_s):
                error = await outcome
        except TimeoutError:
            problem = f"KAFKA_BROKERS {self._where}: {event.topic}: no word of it in time"
            raise BusUnavailableError(problem) from None
        if error is not None:
            self._raise(event, error)
        self._refused = ""

    def _produce(
        self,
        event: OutboxRecord,
        value: bytes,
        delivered: Callable[[KafkaError | None, object], None],
    ) -> None:
        try:
            self._producer.produce(event.topic, value, event.key.encode(), on_delivery=delivered)
        except BufferError as error:
            raise BusUnavailableError("more events wait for the broker than fit") from error
        except KafkaException as error:
            self._raise(event, error.args[0])

    def _raise(self, event: OutboxRecord, error: KafkaError) -> None:
        if error.fatal():
            self._renew(in_words(error))
        said = f"{event.topic}: {in_words(error)}"
        if error.code() in _NEVER:
            raise BusRefusedError(said)
        said = f"KAFKA_BROKERS {self._where}: {said}"
        if error.code() in REFUSED:
            # Topics may be seen by who may not write to them: `check` cannot know.
            self._refused = self.problem = said
        raise BusUnavailableError(said)

    def _made(self) -> Producer:
        self._watch.made(SERVER)
        return Producer(self._options)

    def _renew(self, problem: str) -> None:
        """An idempotent producer that lost count, or was refused one, never sends again."""
        self._watch.given_up(SERVER, GivenUp.ENDED, problem)
        self._producer, self._is_spent, self._refused = self._made(), False, ""

    def _died(self, error: KafkaError) -> None:
        """What the client raises from any call once it will never send again: it was refused a
        number for its messages, or lost count of them. Other errors are passed over."""
        if error.fatal():
            self._refused = f"KAFKA_BROKERS {self._where}: {in_words(error)}"
            self._is_spent = True

    def _heard_error(self, error: KafkaError) -> None:
        # That all brokers are down follows from what was said before of each.
        if error.code() != KafkaError._ALL_BROKERS_DOWN or not self._last_error:  # noqa: SLF001
            self._last_error = in_words(error)
