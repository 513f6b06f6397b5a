"""The stand-alone maker's metrics, served on loopback while it runs."""

from collections.abc import Callable, Iterable

from typing_extensions import override

from market_maker.serving.listeners import Listener, listen
from market_maker.serving.metrics_door import MetricsDoor
from market_maker.telemetry.maker_page import MakerReading, maker_page
from market_maker.telemetry.metrics import MetricsApplication

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


class MakerMetrics(MetricsApplication):
    """The maker's: never from a cache."""

    def __init__(self, readings: Readings) -> None:
        super().__init__()
        self._readings = readings

    @override
    async def page(self) -> bytes:
        """All makers as they stand."""
        return maker_page(self._readings()).encode() + self.of_process()
