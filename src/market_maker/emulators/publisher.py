"""The sandbox exchange's end of Kafka: its market and its matching engine written to the topics."""

import asyncio
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import fastavro
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from market_maker.emulators.exchange import EmulatedMarket, Exchange
from market_maker.emulators.topic_messages import TopicMessage, TopicWriter
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import BookSnapshot
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.topics.broker import Brokers
from market_maker.topics.framing import framed
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import CONSUMED, PUBLISHED, parsed_schema
from market_maker.venues.order_service.wire import News

SNAPSHOT_EVERY = Nanos(NANOS_PER_SECOND)
PARTITIONS = 12
PATIENCE_S = 20.0


class _Line:
    """One symbol's. has_book: its book is shown."""

    def __init__(self, market: EmulatedMarket, epoch: int, now: Nanos) -> None:
        self.market, self.writer = market, TopicWriter(market.instrument, epoch)
        _, self.subscription = market.listen(now)
        self.snapshot_due = Nanos(now + SNAPSHOT_EVERY)
        self.has_book = True

    def messages(self, now: Nanos, news: list[News]) -> Iterator[TopicMessage]:
        for event in self.subscription.drain():
            if isinstance(event, BookSnapshot) and not self.has_book:
                continue
            message = self.writer.market(event)
            if message is not None:
                yield message
        for item in news:
            yield self.writer.order(item, self.market.size_of(item.event.order_id))
        if now >= self.snapshot_due:
            self.snapshot_due = Nanos(now + SNAPSHOT_EVERY)
            self.market.snap(now, self.subscription)
            mark = self.market.mark(now)
            message = None if mark is None else self.writer.market(mark)
            if message is not None:
                yield message


class Publisher:
    """epoch: of this run, greater than that of every earlier one. `publish` is called with each
    tick of the exchange, and never waits."""

    def __init__(
        self,
        exchange: Exchange,
        brokers: Brokers,
        registry: SchemaRegistry,
        clock: Clock,
        epoch: int,
    ) -> None:
        self._clock, self._brokers, self._registry = clock, brokers, registry
        self._epoch = epoch
        now = clock.now()
        self._lines = {
            symbol: _Line(market, epoch, now) for symbol, market in exchange.markets.items()
        }
        self._ids: dict[str, int] = {}
        options = {"linger.ms": 5, "enable.idempotence": True, "partitioner": "murmur2_random"}
        self._producer = Producer(brokers.options() | options)
        self.published = 0

    async def prepare(self) -> None:
        """Create the topics that are missing, this program's own too, and register all schemas.
        Raises VenueUnavailableError, RegistryError."""
        await asyncio.to_thread(self._create_topics)
        for topic in (*CONSUMED, *PUBLISHED):
            self._ids[topic] = await self._registry.register(topic)

    async def run(self) -> None:
        """Take in what becomes of messages, until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "publisher") as thread:
            while True:
                await loop.run_in_executor(thread, self._producer.poll, 0.1)

    def publish(self, symbol: str, news: list[News]) -> None:
        """What happened to a symbol since the last time; news: to its orders."""
        for topic, fields in self._lines[symbol].messages(self._clock.now(), news):
            body = io.BytesIO()
            fastavro.schemaless_writer(body, parsed_schema(topic), fields)
            value = framed(self._ids[topic], body.getvalue())
            try:
                self._producer.produce(topic, value, symbol.encode())
            except BufferError:
                # The broker is away: readers see the hole by the numbers.
                continue
            self.published += 1

    def begin_epoch(self) -> int:
        """The matching engine starts anew, and shows no book until `show_books`. Returns the new
        epoch."""
        for line in self._lines.values():
            self._epoch = line.writer.begin_epoch()
            line.has_book = False
        return self._epoch

    def show_books(self) -> None:
        """Every book with the next tick, and then as usual."""
        for line in self._lines.values():
            line.has_book, line.snapshot_due = True, self._clock.now()

    def _create_topics(self) -> None:
        admin = AdminClient(self._brokers.options())
        try:
            there = admin.list_topics(timeout=PATIENCE_S).topics
            wanted = [topic for topic in (*CONSUMED, *PUBLISHED) if topic not in there]
            if not wanted:
                return
            made = admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in wanted])
            for future in made.values():
                future.result(PATIENCE_S)
        except KafkaException as error:
            said = error.args[0].str()
            raise VenueUnavailableError(f"brokers {self._brokers.addresses}: {said}") from error
