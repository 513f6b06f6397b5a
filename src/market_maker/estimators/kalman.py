"""A smoothed lean of the book: the Kalman filter of a local level (math section 3.3)."""

from market_maker.estimators.flow import imbalance
from market_maker.model.units import BPS, NANOS_PER_SECOND, Nanos

READY_OBSERVATIONS = 20
SILENCE_SECONDS = 60.0
"""After a silence this long the filter starts again at the price it sees."""

_SECONDS_PER_HOUR = 3_600.0


class LocalLevel:
    """Predict p += q; gain = p/(p + r); x += gain (z - x); p *= 1 - gain.

    level: x, in the unit of the observations. variance: p, its square.
    """

    __slots__ = ("level", "variance")

    def __init__(self, level: float, variance: float) -> None:
        self.level, self.variance = level, variance

    def update(self, seen: float, moved: float, noise: float) -> float:
        """An observation, after the level moved with variance `moved`, seen with variance `noise`,
        not both 0 with p; returns the gain."""
        predicted = self.variance + moved
        total = predicted + noise
        gain = predicted / total if total > 0.0 else 1.0
        self.level += gain * (seen - self.level)
        self.variance = predicted * (1.0 - gain)
        return gain


class KalmanPrice:
    """Where the price is between the best ones, smoothed: the mid's moves are known and taken over
    at once; what is filtered is the lean of the weighted mid, seen to within half a spread evenly.

    A smoothed mid would lag behind every move, and so foresee the wrong way. The variance of the
    lean's own moves is sigma^2 dt, that of the noise (half spread)^2/3: where a tick is large
    against moves the lean is smoothed over many books, elsewhere it is followed. The price stays
    between the best prices. Moments that go back are ignored; several at one moment count as
    observations of one lean.

    value: ticks; None before the first price. count: observations since the (re)start.
    """

    __slots__ = ("_filter", "_ts", "count", "value")
    unit = "ticks"

    def __init__(self) -> None:
        self.value: float | None = None
        self.count = 0
        self._filter = LocalLevel(0.0, 0.0)
        self._ts = 0

    @property
    def ready(self) -> bool:
        """After READY_OBSERVATIONS."""
        return self.count >= READY_OBSERVATIONS

    def update(self, ts: Nanos, top: tuple[int, int, int, int], sigma: float) -> float:
        """The price now, ticks. top: bid, its size, ask (above bid), its size, in one unit.
        sigma: bps per sqrt(hour), 0 or more."""
        bid, bid_size, ask, ask_size = top
        mid, half = (bid + ask) * 0.5, (ask - bid) * 0.5
        if ts < self._ts:
            return mid if self.value is None else self.value
        seconds = (ts - self._ts) / NANOS_PER_SECOND
        noise = half * half / 3.0
        lean = half * imbalance(bid_size, ask_size)
        if not self._ts or seconds > SILENCE_SECONDS:
            self._filter, self.count = LocalLevel(lean, noise), 1
        else:
            move = sigma * mid / BPS
            self._filter.update(lean, move * move * seconds / _SECONDS_PER_HOUR, noise)
            self.count += 1
        self._ts = ts
        level = mid + self._filter.level
        self.value = float(bid) if level < bid else float(ask) if level > ask else level
        return self.value
