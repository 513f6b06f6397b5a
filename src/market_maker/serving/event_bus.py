"""Where the service publishes its events: a log in the process, or Kafka where KAFKA_BROKERS is
set."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from typing_extensions import override

from market_maker.api.health import Dependency
from market_maker.bus.memory import MemoryBus
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.ports import Bus, Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.serving.venue_lines import TopicsRead
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logger
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from market_maker.venues.exchange.parking import FILE_NAME, ParkingLot
from market_maker.venues.order_service.stream import VenueStream
from market_maker.venues.order_service.wire import Opened

CHECK_INTERVAL_S = 5.0


class EventBus(Protocol):
    """A bus and its upkeep. bus: takes events while `run` does."""

    bus: Bus

    async def run(self) -> None:
        """Keep it going until cancelled."""

    async def check(self) -> None:
        """Ask whether events can go out. Raises BusUnavailableError that says why not."""

    async def probe(self) -> Dependency:
        """For /health. Ready in any case: events wait in the outbox, and quoting needs none."""


class EmbeddedEvents(EventBus):
    """A log in this process."""

    def __init__(self) -> None:
        self.bus = MemoryBus()

    @override
    async def run(self) -> None:
        await asyncio.Event().wait()

    @override
    async def check(self) -> None:
        return

    @override
    async def probe(self) -> Dependency:
        return Dependency(ready=True, detail="")


class KafkaEvents(EventBus):
    """Kafka, whose client is loaded here and nowhere else."""

    def __init__(self, brokers: Brokers, registry: SchemaRegistry, watch: ConnectionWatch) -> None:
        from market_maker.bus.kafka import KafkaBus  # noqa: PLC0415  as it says above

        self._kafka = KafkaBus(brokers, registry, watch=watch)
        self.bus: Bus = self._kafka

    @override
    async def run(self) -> None:
        await self._kafka.run()

    @override
    async def check(self) -> None:
        await self._kafka.check()

    @override
    async def probe(self) -> Dependency:
        waits = f"events wait in the outbox: {self._kafka.problem}" if self._kafka.problem else ""
        return Dependency(ready=True, detail=waits)


def event_bus_of(settings: Settings, watch: ConnectionWatch = UNCOUNTED) -> EventBus:
    """What the settings ask for. watch: where its connections are counted. Raises
    InvalidFieldError."""
    brokers = brokers_of(settings)
    if brokers is None:
        return EmbeddedEvents()
    assert settings.schema_registry_url is not None
    return KafkaEvents(brokers, SchemaRegistry(settings.schema_registry_url), watch)


class ExchangeTopics:
    """The exchange's topics, whose client is loaded here and nowhere else."""

    def __init__(
        self,
        settings: Settings,
        brokers: Brokers,
        clock: Clock,
        log: Logger,
        *,
        watch: ConnectionWatch,
    ) -> None:
        from market_maker.venues.exchange.reader import ExchangeReader  # noqa: PLC0415  as above

        assert settings.schema_registry_url is not None
        self._clock = clock
        self._reader = ExchangeReader(
            brokers,
            SchemaRegistry(settings.schema_registry_url),
            ParkingLot(settings.data_dir / FILE_NAME),
            clock,
            log,
            watch=watch,
        )

    @property
    def problem(self) -> str:
        return self._reader.problem or self._reader.parking.problem

    @property
    def read(self) -> TopicsRead:
        return TopicsRead(self._reader.parking.parked, self._reader.lag)

    async def run(self) -> None:
        await self._reader.run()

    def stream(
        self, instrument: Instrument, opening: Callable[[], Awaitable[Opened]]
    ) -> VenueStream:
        from market_maker.serving.exchange_stream import ExchangeStream  # noqa: PLC0415  as above

        return ExchangeStream(self._reader, instrument, self._clock, opening)


def topics_of(
    settings: Settings, clock: Clock, log: Logger, watch: ConnectionWatch = UNCOUNTED
) -> ExchangeTopics | None:
    """Where the news of an order service come from; None for its own streams. Raises
    InvalidFieldError."""
    brokers = brokers_of(settings)
    return None if brokers is None else ExchangeTopics(settings, brokers, clock, log, watch=watch)


def brokers_of(settings: Settings) -> Brokers | None:
    """How the brokers are reached; None without. Raises InvalidFieldError for settings that do not
    fit together."""
    if settings.kafka_brokers is None:
        return None
    if settings.schema_registry_url is None:
        allowed = "the schema registry's address, with KAFKA_BROKERS"
        raise InvalidFieldError("SCHEMA_REGISTRY_URL", None, allowed)
    brokers = Brokers(
        addresses=settings.kafka_brokers,
        protocol=settings.kafka_security_protocol,
        mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_sasl_username,
        password=settings.kafka_sasl_password,
        ca_file=settings.kafka_ssl_ca_file,
        certificate_file=settings.kafka_ssl_certificate_file,
        key_file=settings.kafka_ssl_key_file,
    )
    brokers.options()
    brokers.check_files()
    return brokers
