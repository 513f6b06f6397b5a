"""The exchange's topics, read for all symbols of this process by one consumer.

It belongs to no group and remembers no offset: it begins at the end of every partition, and a book
begins with the next snapshot. What was missed meanwhile is found by asking the venue, so that no
offset can be wrong.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, repeat
from typing import Any, Protocol

from confluent_kafka import (
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from msgspec import Struct

from market_maker.model.errors import (
    InvalidDataError,
    RegistryUnavailableError,
    VenueUnavailableError,
)
from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.topics.broker import Brokers
from market_maker.topics.lookup import REFUSED, Client, MissingTopicsError, found_topics, in_words
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import CONSUMED
from market_maker.venues.exchange.decoding import Decoder
from market_maker.venues.exchange.feed import Hear, SymbolFeed
from market_maker.venues.exchange.parking import ParkedMessage, ParkingLot, shown_value
from market_maker.venues.exchange.pump import Pump
from market_maker.venues.exchange.topic_watch import TopicWatch

SERVER = "kafka_topics"
"""What is at the other end, where clients are counted."""

BATCH = 1_000
WAIT_S = 0.02
"""How long a message is waited for at once: an end waits for it, too."""
SLICE = Nanos(2 * NANOS_PER_MS)
"""After so long with messages everything else in the process has its turn."""
RETRY_S = 1.0
LOOK_S = 5.0
"""How long the brokers may take to name the topics: in steps, for an end waits for the one that is
under way."""
LOOK_STEPS_S = (0.5, 1.0, 2.0)
WATCH_EVERY = Nanos(2 * NANOS_PER_SECOND)
"""How often one of the topics is asked about while they are read."""
GROUP = "market_maker"
"""librdkafka wants a name, and nothing is ever stored under it."""

OPTIONS = {
    "group.id": GROUP,
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "latest",
    # Half of the processor time of the default of one byte.
    "fetch.min.bytes": 4_000,
    # Ten make every message some three milliseconds later, and save nothing that can be measured.
    "fetch.wait.max.ms": 5,
    "fetch.queue.backoff.ms": 5,
    # A broker that is frozen, or behind a wire that drops everything, is noticed by this alone; by
    # default after a minute.
    "socket.timeout.ms": 3_000,
}


class WarningLog(Protocol):
    """A log, as far as it is used here."""

    def warning(self, event: str, **fields: object) -> None:
        """A person should know."""


class Fetched(Struct, frozen=True):
    """What came of the brokers at once, and what was wrong with them meanwhile: an outage must not
    be known before the messages are read that came before it, for each says that all is well."""

    messages: list[Message]
    errors: tuple[KafkaError, ...]


class Clients(Struct, frozen=True):
    """What makes clients of the brokers, from librdkafka's options: one that reads, and one that
    asks about topics beside it."""

    reading: Callable[[dict[str, Any]], Consumer] = Consumer
    asking: Callable[[dict[str, Any]], Client] = AdminClient


CLIENTS = Clients()


class ExchangeReader:
    """Reads while `run` does. problem: why it does not, in words; empty while it does. parking:
    where unreadable messages go. watch: where its clients are counted. lag: how long the newest
    message that was wanted had lain at the broker; None before the first. look_s: for how long the
    brokers are asked for the topics at once."""

    def __init__(
        self,
        brokers: Brokers,
        registry: SchemaRegistry,
        parking: ParkingLot,
        clock: Clock,
        log: WarningLog,
        *,
        look_s: float = LOOK_S,
        watch_every: Nanos = WATCH_EVERY,
        clients: Clients = CLIENTS,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        self._watch = watch
        self._brokers, self._clock, self._log, self._look_s = brokers, clock, log, look_s
        self._watch_every, self._clients = watch_every, clients
        self._decoder = Decoder(registry, clock)
        self._feeds: dict[str, SymbolFeed] = {}
        self._consumer: Consumer | None = None
        self._down = self._said = ""
        self._noted: list[KafkaError] = []
        self._refused: dict[str, str] = {}
        self._partitions: dict[str, frozenset[int]] = {}
        self._is_ending = False
        self.parking = parking
        self.lag: Nanos | None = None
        self.problem = "the broker has not been asked yet"
        self.reading = asyncio.Event()

    def follow(self, instrument: Instrument, hear: Hear) -> SymbolFeed:
        """Call `hear` with the facts of an instrument from now on."""
        feed = SymbolFeed(instrument, hear)
        self._feeds[instrument.symbol] = feed
        return feed

    def leave(self, symbol: str) -> None:
        """They are not wanted any more."""
        self._feeds.pop(symbol, None)

    async def run(self) -> None:
        """Read until cancelled. Brokers that are away are tried again."""
        self._is_ending = False
        with (
            ThreadPoolExecutor(1, "kafka-consumer") as thread,
            ThreadPoolExecutor(1, "kafka-topics") as beside,
        ):
            try:
                while True:
                    try:
                        await self._read(thread, beside)
                    except VenueUnavailableError as error:
                        self._watch.given_up(SERVER, GivenUp.ENDED, str(error))
                        self._failed(str(error))
                    await asyncio.sleep(RETRY_S)
            finally:
                self._is_ending = True

    async def _read(self, thread: ThreadPoolExecutor, beside: ThreadPoolExecutor) -> None:
        """Raises VenueUnavailableError."""
        loop = asyncio.get_running_loop()
        consumer = await loop.run_in_executor(thread, self._opened)
        options = self._brokers.options()
        watch = TopicWatch(partial(self._clients.asking, options), self._partitions)
        look, look_at = None, self._clock.now()
        pump = Pump(partial(self._fetched, consumer))
        pump.begin(thread)
        try:
            self.problem, self._down = "", ""
            self.reading.set()
            while True:
                batch = await pump.next()
                await self._take_all(batch.messages, batch.errors)
                if look is None and self._clock.now() >= look_at:
                    look = loop.run_in_executor(beside, watch.change)
                elif look is not None and look.done():
                    change = look.result()
                    if change:
                        raise VenueUnavailableError(f"KAFKA_BROKERS {self._where}: {change}")
                    look, look_at = None, Nanos(self._clock.now() + self._watch_every)
        finally:
            self.reading.clear()
            pump.end()
            beside.submit(watch.close)
            thread.submit(consumer.close)

    def _opened(self) -> Consumer:
        """On the consumer's thread, as everything of it."""
        options = self._brokers.options() | OPTIONS | {"error_cb": self._noted.append}
        consumer = self._clients.reading(options)
        try:
            found = self._found(consumer)
        except MissingTopicsError as error:
            consumer.close()
            raise VenueUnavailableError(f"KAFKA_BROKERS {self._where}: {error}") from error
        except KafkaException as error:
            consumer.close()
            said = self._said or in_words(error.args[0])
            raise VenueUnavailableError(
                f"KAFKA_BROKERS {self._where}: no answer: {said}"
            ) from error
        self._hear_noted()
        self._watch.made(SERVER)
        self._partitions = {topic: frozenset(found[topic].partitions) for topic in CONSUMED}
        consumer.assign(
            [
                TopicPartition(topic, number, OFFSET_END)
                for topic, numbers in self._partitions.items()
                for number in sorted(numbers)
            ]
        )
        return consumer

    def _found(self, consumer: Consumer) -> Mapping[str, Any]:
        """All topics. Raises as `found_topics`."""
        left = self._look_s
        for step in chain(LOOK_STEPS_S, repeat(LOOK_STEPS_S[-1])):
            left -= step
            try:
                return found_topics(consumer, CONSUMED, step + min(left, 0.0))
            except KafkaException:
                # Why a connection failed is said by the callback, which is called from here only.
                consumer.poll(0)
                self._hear_noted()
                if left <= 0 or self._is_ending:
                    raise
        raise AssertionError("steps have no end")

    def _hear_noted(self) -> None:
        """On the consumer's thread, while nothing is read yet."""
        for error in self._noted:
            self._heard_error(error)
        self._noted.clear()

    def _fetched(self, consumer: Consumer) -> Fetched:
        """On the consumer's thread."""
        messages = next_batch(consumer)
        errors = tuple(self._noted)
        self._noted.clear()
        return Fetched(messages, errors)

    async def _take_all(self, batch: Iterable[Message], errors: Iterable[KafkaError] = ()) -> None:
        for noted in errors:
            self._heard_error(noted)
        if self._down and not self.problem:
            self._failed(f"KAFKA_BROKERS {self._where}: {self._down}")
        pause_at = self._clock.now() + SLICE
        for message in batch:
            if self._clock.now() >= pause_at:
                await asyncio.sleep(0)
                pause_at = self._clock.now() + SLICE
            error = message.error()
            if error is not None:
                self._heard_about(str(message.topic()), error)
                continue
            self._refused.pop(str(message.topic()), None)
            self.problem, self._down = next(iter(self._refused.values()), ""), ""
            await self.take(message)

    async def take(self, message: Any) -> None:
        """One message. What cannot be read is parked; without a delta there is no book until a
        snapshot."""
        topic, key = str(message.topic()), message.key()
        if key is None:
            await self._park(message, "has no key, which names its symbol")
            return
        feed = self._feeds.get(key.decode("utf-8", "replace"))
        if feed is None:
            return
        arrival = self._arrival(message)
        self.lag = Nanos(self._clock.now() - arrival)
        try:
            fields = await self._decoder.fields(topic, message.value())
            _check_symbol(fields["symbol"], feed.instrument)
            faults = feed.counts.faults
            feed.take(topic, fields, arrival)
            if feed.counts.faults > faults:
                self._log.warning(
                    "a message was wrong in its number", topic=topic, symbol=feed.instrument.symbol
                )
        except (InvalidDataError, RegistryUnavailableError) as error:
            await self._park(message, str(error))
            feed.unreadable(topic, self._clock.now(), f"a message could not be read: {error}")

    def _arrival(self, message: Any) -> Nanos:
        """When the broker got it, by its clock: the time that it lay there counts as ours to make
        up for (`max_consumer_lag_ms`). Never later than now."""
        _, stamp_ms = message.timestamp()
        now = self._clock.now()
        return Nanos(min(now, stamp_ms * NANOS_PER_MS)) if stamp_ms > 0 else now

    async def _park(self, message: Any, reason: str) -> None:
        parked = ParkedMessage(
            topic=message.topic(),
            partition=message.partition(),
            offset=message.offset(),
            key=(message.key() or b"").decode("utf-8", "replace"),
            reason=reason,
            at=self._clock.now(),
            value=shown_value(message.value()),
            size=len(message.value() or b""),
        )
        await asyncio.to_thread(self.parking.park, parked)
        if self.parking.parked.bit_count() == 1:
            # The first, the second, the fourth: a flood must not fill the log.
            self._log.warning(
                "message parked",
                topic=parked.topic,
                partition=parked.partition,
                offset=parked.offset,
                symbol=parked.key,
                problem=reason,
                parked=self.parking.parked,
            )

    def _failed(self, problem: str) -> None:
        if problem != self.problem:
            self._log.warning("exchange topics not read", problem=problem)
        self.problem = problem
        now = self._clock.now()
        for feed in self._feeds.values():
            feed.lost(now, problem)

    def _heard_about(self, topic: str, error: KafkaError) -> None:
        """Said once: that we may see a topic and not read it lasts until something of it comes."""
        if error.code() not in REFUSED:
            self._heard_error(error)
            return
        self._refused[topic] = f"KAFKA_BROKERS {self._where}: {topic}: {in_words(error)}"
        self._failed(self._refused[topic])

    def _heard_error(self, error: KafkaError) -> None:
        # A connection that broke is made again, unless no broker is left.
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001  that is its name
            self._down = self._said or in_words(error)
        else:
            self._said = in_words(error)

    @property
    def _where(self) -> str:
        return self._brokers.addresses


def next_batch(consumer: Consumer) -> list[Message]:
    """What came, as soon as anything did; empty after WAIT_S without. librdkafka waits for a full
    batch or for the end of its time: nothing more is waited for once there is one."""
    first: list[Message] = consumer.consume(1, WAIT_S)
    return first + consumer.consume(BATCH, 0) if first else first


def _check_symbol(symbol: str, instrument: Instrument) -> None:
    if symbol != instrument.symbol:
        raise InvalidDataError("symbol", f"{symbol!r} under the key of {instrument.symbol}")
