"""The stand-alone maker's metrics, served on loopback while it runs."""

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from market_maker.serving.front_door import Message, Receive, Send
from market_maker.serving.listeners import Listener, listen
from market_maker.serving.metrics_door import MetricsDoor
from market_maker.telemetry.maker_page import MakerReading, maker_page
from market_maker.telemetry.metrics import PATH, answer

LOOPBACK = "127.0.0.1"

Readings = Callable[[], Iterable[MakerReading]]


def maker_metrics(port: int, readings: Readings) -> Listener | None:
    """What serves GET /metrics; None for port 0. Its socket listens from now on: run
    `run_until_told` beside the maker, and set `should_exit` at its end. readings: every maker of
    the process as it stands; asked at each request. Raises InvalidFieldError for a port that is
    taken."""
    if not port:
        return None
    sock = listen("metrics_port", LOOPBACK, port)
    return Listener(MetricsDoor(MakerMetrics(readings), None), sock)


class MakerMetrics:
    """GET /metrics, as an ASGI application: never from a cache."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._library = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._library)
        PlatformCollector(registry=self._library)
        GCCollector(registry=self._library)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI. The server's lifespan messages are not taken: nothing here starts or ends."""
        assert scope["type"] == "http", scope["type"]
        del receive  # a GET has nothing more to say
        if scope["path"] != PATH:
            await answer(send, 404, b"there is only /metrics\n")
        elif scope["method"] not in {"GET", "HEAD"}:
            await answer(send, 405, b"there is only GET\n")
        else:
            page = maker_page(self._readings()).encode()
            await answer(send, 200, page + generate_latest(self._library))
