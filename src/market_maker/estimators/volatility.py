"""How much fair moves: realised volatility, its jump-free part, and EWMA (math section 3.1).

Every value is in bps of the price per square root of hour. Feed the fair price, not trades:
bouncing between bid and ask would count as volatility.
"""

import math
from collections import deque
from typing import Final

from market_maker.estimators.variation import PER_SQRT_SECOND, Variation
from market_maker.model.units import NANOS_PER_SECOND, Nanos

LONG_RUN_HALF_LIFE_SECONDS = 24 * 3_600.0
"""Of the slow EWMA that stands for a symbol's normal volatility (math 8.3)."""

RESTART_HALF_LIVES: Final = 10.0
"""After a silence this long an EWMA holds nothing worth keeping: it starts again."""

READY_SAMPLES = 20
"""Returns, of a second each: the relative error of volatility is then about 1/sqrt(40) = 16 %."""

BPS_PER_SQRT_HOUR = "bps per sqrt(hour)"

EXACT: Final = 2.0**100
"""Squared returns are summed as whole multiples of its inverse: a window that slides for months
adds and takes away exactly the same numbers, and never drifts below 0."""


class RealisedVolatility:
    """Volatility of fair over the last `lookback_seconds`, sampled once a second.

    The sample of a second is the price that held then: the first fed at that very moment, else
    the last before it. So a price that rests counts as a return of 0. A silence of the whole
    lookback or longer starts the window again. Moments before the last one fed are ignored.

    value: bps per sqrt(hour) over what the window holds, None while it is empty. count: returns
    in the window. due: the moment of the next sample; before it only the last price fed
    counts. Cost between samples: two comparisons.
    """

    __slots__ = (
        "_pairs",
        "_price",
        "_returns",
        "_sampled",
        "_size",
        "_sum",
        "_ts",
        "count",
        "due",
        "value",
    )
    unit = BPS_PER_SQRT_HOUR

    def __init__(self, lookback_seconds: int) -> None:
        assert lookback_seconds > 0, lookback_seconds
        self.value: float | None = None
        self.count = 0
        self._size = lookback_seconds
        self._returns: deque[float] = deque()
        self._sum = self._pairs = 0
        self._ts = self.due = 0
        self._price = self._sampled = 0.0

    @property
    def ready(self) -> bool:
        """When the documented number of samples has been seen, or the window holds no more."""
        return self.count >= min(READY_SAMPLES, self._size)

    def update(self, ts: Nanos, price: float) -> None:
        """Fair is `price` (> 0, any unit) at `ts` (> 0)."""
        if ts >= self.due:
            self._sample(ts, price)
        elif ts < self._ts:
            return
        self._ts = ts
        self._price = price

    def resize(self, lookback_seconds: int) -> None:
        """Another lookback from now on; what the window holds of it stays."""
        assert lookback_seconds > 0, lookback_seconds
        self._size = lookback_seconds
        while len(self._returns) > lookback_seconds:
            self._drop()
        self._judge()

    def averaged(self, half_life_seconds: float) -> "EwmaVolatility":
        """What EWMA would say after the returns of the window."""
        made = EwmaVolatility(half_life_seconds)
        if not self._returns:
            return made
        for change in self._returns:
            ewma_add(made, change, 1.0)
        made.count, made.price = self.count, self._sampled
        made.sigma = math.sqrt(made.total / made.weight) * PER_SQRT_SECOND
        made.ts, made.due = self.due - NANOS_PER_SECOND, self.due
        return made

    def variation(self) -> Variation | None:
        """Realised and bipower variation of the window; None before two returns."""
        if self.count < 2:  # noqa: PLR2004
            return None
        corrected = self._pairs / EXACT * math.pi / 2.0 * self.count / (self.count - 1)
        return Variation(self.count, self._sum / EXACT, corrected)

    def fill(self, ts: int, price: float, seconds: int, sigma: float) -> None:
        """Begin at `ts` with a window of so many equal moves. sigma: as `value`."""
        self._start(ts, price)
        self._ts, self._price = ts, price
        change = sigma / PER_SQRT_SECOND
        for _ in range(seconds):
            self._append(change)
        self._judge()

    def _sample(self, ts: int, price: float) -> None:
        """Every second that became due, up to and including `ts`."""
        seconds, rest = divmod(ts - self.due, NANOS_PER_SECOND)
        if not self.due or seconds >= self._size:
            self._start(ts, price)
            return
        told_now = rest == 0
        for _ in range(seconds + (not told_now)):
            self._add(self._price)
        if told_now:
            self._add(price)
        self.due += (seconds + 1) * NANOS_PER_SECOND
        self._judge()

    def _judge(self) -> None:
        self.count = len(self._returns)
        if self.count:
            self.value = math.sqrt(self._sum / EXACT / self.count) * PER_SQRT_SECOND

    def _drop(self) -> None:
        """The oldest return leaves."""
        returns = self._returns
        oldest = returns.popleft()
        self._sum -= int(oldest * oldest * EXACT)
        if returns:
            self._pairs -= int(abs(oldest * returns[0]) * EXACT)

    def _start(self, ts: int, price: float) -> None:
        self._returns.clear()
        self._sum = self._pairs = self.count = 0
        self.value = None
        self._sampled = price
        self.due = ts + NANOS_PER_SECOND

    def _add(self, price: float) -> None:
        self._append(math.log(price / self._sampled))
        self._sampled = price

    def _append(self, change: float) -> None:
        returns = self._returns
        if len(returns) == self._size:
            self._drop()
        if returns:
            self._pairs += int(abs(returns[-1] * change) * EXACT)
        returns.append(change)
        self._sum += int(change * change * EXACT)


def ewma_add(own: "EwmaVolatility", change: float, seconds: float) -> None:
    """Return `change` (log or small fraction) over the last `seconds` (> 0), on irregular times:
    w = 2^(-dt/half_life); v = w v + (1-w) r^2/dt (math 3.1)."""
    fresh = -math.expm1(-math.log(2.0) * seconds / own.half_life)
    own.total += fresh * (change * change / seconds - own.total)
    own.weight += fresh * (1.0 - own.weight)


def ewma_sample(own: "EwmaVolatility", ts: int, price: float) -> None:
    """Fair is `price` (> 0, any unit) at `ts` (> 0)."""
    if ts < own.due:
        return
    seconds = (ts - own.ts) / NANOS_PER_SECOND
    if own.due == 0 or seconds >= RESTART_HALF_LIVES * own.half_life:
        own.total = own.weight = own.sigma = 0.0
        own.count = 0
    else:
        ewma_add(own, math.log(price / own.price), seconds)
        own.count += 1
        variance = own.total / own.weight if own.weight else 0.0
        own.sigma = math.sqrt(variance) * PER_SQRT_SECOND
    own.ts = ts
    own.price = price
    own.due = ts + NANOS_PER_SECOND


class EwmaVolatility:
    """Volatility of fair with recent moves weighing more, sampled at most once a second.

    A silence of RESTART_HALF_LIVES half-lives starts it again. Moments less than a second after
    the last sample, among them those that go back, are ignored.

    value: bps per sqrt(hour), None before two samples. count: returns since the (re)start.
    due: the moment from which the next price fed is a sample. ts, price: of the last one. total /
    weight: the variance, fraction squared per second; with little weight yet it is a plain average.
    half_life: seconds. A kernel's record has fields of the same names.
    """

    __slots__ = ("count", "due", "half_life", "price", "sigma", "total", "ts", "weight")
    unit = BPS_PER_SQRT_HOUR

    def __init__(self, half_life_seconds: float) -> None:
        assert half_life_seconds > 0, half_life_seconds
        self.half_life = half_life_seconds
        self.total = self.weight = self.sigma = 0.0
        self.count = 0
        self.ts = self.due = 0
        self.price = 0.0

    @property
    def value(self) -> float | None:
        """Volatility, bps per sqrt(hour)."""
        return self.sigma if self.count else None

    def resize(self, half_life_seconds: float) -> None:
        """Another half-life from now on; what is known stays."""
        assert half_life_seconds > 0, half_life_seconds
        self.half_life = half_life_seconds

    def windowed(self, lookback_seconds: int) -> RealisedVolatility:
        """A window in which each second moved as much as the average says: what was sampled is
        known by its average only."""
        made = RealisedVolatility(lookback_seconds)
        if self.count:
            made.fill(self.ts, self.price, min(self.count, lookback_seconds), self.sigma)
        return made

    @property
    def ready(self) -> bool:
        """When the documented number of samples has been seen."""
        return self.count >= READY_SAMPLES

    def update(self, ts: Nanos, price: float) -> None:
        """As `ewma_sample`."""
        ewma_sample(self, ts, price)


class LongRunVolatility(EwmaVolatility):
    """A symbol's normal volatility: sigma_ref of math 8.3."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(LONG_RUN_HALF_LIFE_SECONDS)
