"""What the floor is measured by: durations, events that wait, broken engines."""

from typing_extensions import override

from market_maker.engine.stopwatch import Unwatched
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.telemetry.histogram import LAG, SHORT, TURN, Histogram
from market_maker.telemetry.logging import Logger

WAITING_WARNED = 2_048
"""Events waiting for one step from which on the log says so: half of what an inbox holds."""

PEAK_KEPT = Nanos(15 * NANOS_PER_SECOND)
"""How long the greatest number of waiting events is shown at least: a scrape sees every peak."""


class PoolMeasures:
    """One pool's, and the stopwatch of its engine. waiting: the most events that one step
    found waiting, of the last PEAK_KEPT to twice as long. failures: how often its engine crashed.
    has_turned: since the last step was measured; most steps find nothing to do, and are no
    turns."""

    __slots__ = (
        "_now",
        "_peak",
        "_peak_before",
        "_peak_since",
        "_since",
        "allocation",
        "compute",
        "failures",
        "has_turned",
        "turn",
    )

    def __init__(self, clock: Clock) -> None:
        self._now = clock.now
        self._since = 0
        self.turn, self.compute, self.allocation = (
            Histogram(TURN),
            Histogram(SHORT),
            Histogram(SHORT),
        )
        self.failures = self._peak = self._peak_before = self._peak_since = 0
        self.has_turned = False

    @override
    def __reduce__(self) -> tuple[type[Unwatched], tuple[()]]:
        """An engine that is put away, for the journal, takes no stopwatch with it."""
        return Unwatched, ()

    @property
    def waiting(self) -> int:
        return max(self._peak, self._peak_before)

    def found(self, waiting: int) -> None:
        """A step found so many events waiting."""
        now = self._now()
        if now - self._peak_since >= PEAK_KEPT:
            self._peak_before, self._peak, self._peak_since = self._peak, 0, now
        self._peak = max(self._peak, waiting)

    def start(self) -> None:
        """A piece of an engine's work begins."""
        self._since = self._now()

    def quoted(self) -> None:
        """Prices were computed."""
        self.compute.observe(self._now() - self._since)

    def allocated(self) -> None:
        """A level was split among the members."""
        self.allocation.observe(self._now() - self._since)


class Measures:
    """All pools', and the event loop's. lag: how late the loop came."""

    def __init__(self, clock: Clock, log: Logger) -> None:
        self._clock, self._log = clock, log
        self._pools: dict[str, PoolMeasures] = {}
        self._crowded: set[str] = set()
        self.lag = Histogram(LAG)

    def of(self, symbol: str) -> PoolMeasures:
        """One pool's; they outlive its engine."""
        found = self._pools.get(symbol)
        if found is None:
            found = self._pools[symbol] = PoolMeasures(self._clock)
        return found

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        """An engine was stepped, for which `waiting` events had waited."""
        pool = self.of(symbol)
        pool.found(waiting)
        if pool.has_turned:
            pool.has_turned = False
            pool.turn.observe(turn_ns)
        if waiting >= WAITING_WARNED and symbol not in self._crowded:
            self._crowded.add(symbol)
            self._log.warning("inbox nearly full", symbol=symbol, waiting=waiting)
        elif not waiting:
            self._crowded.discard(symbol)

    def lagged(self, lag_ns: int) -> None:
        """The event loop came so much later than it was asked to."""
        self.lag.observe(lag_ns)

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        """An engine crashed."""
        self.of(symbol).failures += 1
        self._log.error("engine crashed", symbol=symbol, failure=failure, trace=trace)

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        """Orders were pulled so long ago, and it is not proved that they are gone."""
        waited = since_ns / NANOS_PER_SECOND
        self._log.error(
            "cancels unconfirmed by the venue", symbol=symbol, waited_s=waited, orders=orders
        )
