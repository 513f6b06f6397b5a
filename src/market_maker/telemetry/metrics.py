"""Serving the metrics, as an ASGI application, without holding up the engines."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import Any

from msgspec import Struct
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from typing_extensions import override

from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.telemetry import names
from market_maker.telemetry.connection_tally import ConnectionTally
from market_maker.telemetry.measures import Measures
from market_maker.telemetry.page import (
    CONTENT_TYPE,
    MetricsPage,
    MoneyReading,
    PoolReading,
    ProcessReading,
    add_money,
    add_pool,
    add_process,
)

PATH = "/metrics"
SLICE = Nanos(NANOS_PER_MS // 2)
"""After so long of writing, the engines have their turn."""
KEPT = Nanos(NANOS_PER_SECOND)
"""Cache lifetime of the metrics page; limits the cost of frequent scrapes."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class MetricSources(Struct, frozen=True):
    """Where the figures come from. pools: one after the other, each as it stands when it is asked
    for. ready: whether each dependency is, by its name."""

    pools: Callable[[], Iterator[PoolReading]]
    process: Callable[[], ProcessReading]
    money: Callable[[], MoneyReading]
    measures: Measures
    connections: ConnectionTally
    ready: Callable[[], Awaitable[Mapping[str, bool]]]


class MetricsApplication(ABC):
    """GET /metrics, as an ASGI application."""

    def __init__(self) -> None:
        self._library = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._library)
        PlatformCollector(registry=self._library)
        GCCollector(registry=self._library)

    @abstractmethod
    async def page(self) -> bytes:
        """The page."""

    def of_process(self) -> bytes:
        """What the client library knows of this process: the end of every page."""
        return generate_latest(self._library)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI. The server's lifespan messages are not taken: nothing here starts or ends."""
        assert scope["type"] == "http", scope["type"]
        del receive  # a GET has nothing more to say
        if scope["path"] != PATH:
            await answer(send, 404, b"there is only /metrics\n")
        elif scope["method"] not in {"GET", "HEAD"}:
            await answer(send, 405, b"there is only GET\n")
        else:
            await answer(send, 200, await self.page())


class Metrics(MetricsApplication):
    """The service's."""

    def __init__(self, readings: MetricSources, clock: Clock) -> None:
        super().__init__()
        self._readings, self._clock = readings, clock
        self._writing = asyncio.Lock()
        self._kept: tuple[Nanos, bytes] | None = None

    @override
    async def page(self) -> bytes:
        """The page, not older than KEPT."""
        async with self._writing:
            now = self._clock.now()
            if self._kept is None or now - self._kept[0] >= KEPT:
                self._kept = (now, await self._written())
            return self._kept[1]

    async def _written(self) -> bytes:
        page, measures = MetricsPage(), self._readings.measures
        add_process(page, self._readings.process(), measures.lag)
        self._readings.connections.add_to(page)
        add_money(page, self._readings.money())
        for name, ready in (await self._readings.ready()).items():
            page.add(names.DEPENDENCY_READY, int(ready), name)
        breath = _Breath(self._clock)
        for reading in self._readings.pools():
            add_pool(page, reading, measures.of(reading.snapshot.symbol))
            await breath.taken()
        pieces = []
        for piece in page.pieces():
            pieces.append(piece)
            await breath.taken()
        return "".join(pieces).encode() + self.of_process()


class _Breath:
    """Lets others go first now and then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = clock.now() + SLICE

    async def taken(self) -> None:
        """Yield to the event loop when a slice is over."""
        if self._clock.now() >= self._until:
            await asyncio.sleep(0)
            self._until = self._clock.now() + SLICE


async def answer(send: Send, status: int, content: bytes) -> None:
    """A whole answer in the format that Prometheus reads."""
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
