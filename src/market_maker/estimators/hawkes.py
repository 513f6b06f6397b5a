"""Arrivals that excite one another: lambda(t) = mu + sum of alpha e^(-beta (t - t_i)) (math 3.5).

alpha is the jump of the intensity at an arrival; alpha/beta = n is the branching ratio, the share
of arrivals that others caused. Rates per second. Libraries that call n "alpha" differ.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from math import exp

from msgspec import Struct

from market_maker.estimators.minimise import Point, minimise
from market_maker.model.units import NANOS_PER_SECOND, Nanos

BRANCHING = 0.5
"""Of the running intensity: half of the orders answer others, as fits to trade data often find."""

DECAY_PER_S = 1.0
"""Of the running intensity."""

RATE_HALF_LIFE_SECONDS = 600.0
"""Of the mean rate that its base is taken from."""

READY_EVENTS = 50
_FIT_EVENTS_MIN = 10

DECAY_GAPS = 10.0
"""A fit forgets at most so many times within the shortest wait between two arrivals: faster than
that, data do not separate one decay from another, and the most likely one is infinite."""

_RATE_DECAY_PER_S = math.log(2.0) / RATE_HALF_LIFE_SECONDS
_ROUNDING = 1e-9
_FAR = 700.0  # e^-700 is the last that is not 0


class Hawkes(Struct, frozen=True, gc=False):
    """base: mu, 1/s, > 0. jump: alpha, 1/s, 0 or more. decay: beta, 1/s, > jump."""

    base: float
    jump: float
    decay: float

    @property
    def branching(self) -> float:
        """alpha/beta."""
        return self.jump / self.decay

    @property
    def rate(self) -> float:
        """Stationary mean rate, 1/s."""
        return self.base / (1.0 - self.branching)


def intensities(model: Hawkes, times: Sequence[float], end: float) -> tuple[list[float], float]:
    """Just before each of the ascending `times` (s), and at `end`. Arrivals of one moment do not
    excite one another: which of them came first, a rounded stamp does not say."""
    before = []
    excited, last, waiting = 0.0, 0.0, 0.0
    for time in times:
        if time > last:
            excited = (excited + waiting) * math.exp(-model.decay * (time - last))
            last, waiting = time, 0.0
        before.append(model.base + excited)
        waiting += model.jump
    return before, model.base + (excited + waiting) * math.exp(-model.decay * (end - last))


def log_likelihood(model: Hawkes, times: Sequence[float], end: float) -> float:
    """Of ascending arrivals in [0, end], in O(n) (Ozaki 1979)."""
    before, _ = intensities(model, times, end)
    caused = math.fsum(-math.expm1(-model.decay * (end - time)) for time in times)
    seen = math.fsum(math.log(intensity) for intensity in before)
    return seen - model.base * end - model.branching * caused


class HawkesFit(Struct, frozen=True, gc=False):
    """The most likely model, its log-likelihood in nats, and that of a steady rate: how much of
    the clustering it explains. count: arrivals."""

    model: Hawkes
    log_likelihood: float
    steady: float
    count: int


def fit_hawkes(times: Sequence[float], end: float) -> HawkesFit | None:
    """Maximum likelihood in (ln mu, ln n, ln beta) from several starts, n < 1, beta at most
    DECAY_GAPS over the shortest wait. None for fewer than 10 arrivals or when all are at one
    moment."""
    count = len(times)
    if count < _FIT_EVENTS_MIN or end <= 0.0 or times[0] == times[-1]:
        return None
    rate = count / end
    fastest = _fastest(times)

    def cost(point: Point) -> float:
        model = _model(point, fastest)
        return math.inf if model is None else -log_likelihood(model, times, end)

    starts = [
        (
            math.log(rate * (1.0 - branching)),
            math.log(branching),
            math.log(min(decay * rate, fastest)),
        )
        for branching in (0.2, 0.6)
        for decay in (0.5, 2.0, 10.0)
    ]
    lowest, where = min(minimise(cost, start) for start in starts)
    # Once more from there: a simplex may have collapsed on the way.
    lowest, where = min((lowest, where), minimise(cost, where))
    model = _model(where, fastest)
    assert model is not None, where
    return HawkesFit(model, -lowest, count * (math.log(rate) - 1.0), count)


def _fastest(times: Sequence[float]) -> float:
    """The largest decay that the waits between arrivals can show, 1/s."""
    waits = (after - before for before, after in pairwise(times))
    return min(DECAY_GAPS / min(wait for wait in waits if wait > 0.0), math.exp(_FAR))


def _model(point: Point, fastest: float) -> Hawkes | None:
    if max(point) > _FAR or point[1] >= 0.0 or point[2] > math.log(fastest) + _ROUNDING:
        return None
    base, branching, decay = map(math.exp, point)
    return Hawkes(base, branching * decay, decay) if base > 0.0 and decay > 0.0 else None


class HawkesIntensity:
    """How busy arrivals are at this moment, in O(1) per arrival.

    Without a `model` the base follows the mean rate, base = rate (1 - BRANCHING), with BRANCHING
    and DECAY_PER_S; the fit is left to research, because it takes milliseconds.

    value: 1/s as of the last moment fed; None before the first arrival. count: arrivals. ready:
    after READY_EVENTS. Moments that go back count as the last one.
    """

    __slots__ = ("_excited", "_model", "_rate", "_ts", "_weight", "count", "value")
    unit = "1/s"

    def __init__(self, model: Hawkes | None = None) -> None:
        self.value: float | None = None
        self.count = 0
        self._model = model
        self._excited = self._rate = self._weight = 0.0
        self._ts = 0

    @property
    def ready(self) -> bool:
        """After READY_EVENTS."""
        return self.count >= READY_EVENTS

    @property
    def rate(self) -> float:
        """Mean rate lately, 1/s."""
        return self._rate / self._weight if self._weight else 0.0

    def arrive(self, ts: Nanos) -> None:
        """An arrival at `ts` (> 0)."""
        if ts > self._ts:
            self._age(ts)
        self.count += 1
        if self._model is None:
            self._rate += _RATE_DECAY_PER_S
            self._excited += BRANCHING * DECAY_PER_S
        else:
            self._excited += self._model.jump
        self.value = self._base() + self._excited

    def at(self, ts: Nanos) -> None:
        """It is `ts`: what was excited has calmed down."""
        if ts > self._ts:
            self._age(ts)
            if self.count:
                self.value = self._base() + self._excited

    def _age(self, ts: int) -> None:
        """It is `ts`, which is later."""
        if self._ts:
            seconds = (ts - self._ts) / NANOS_PER_SECOND
            decay = DECAY_PER_S if self._model is None else self._model.decay
            self._excited *= exp(-decay * seconds)
            if self._model is None:
                kept = exp(-_RATE_DECAY_PER_S * seconds)
                self._rate *= kept
                self._weight = 1.0 - (1.0 - self._weight) * kept
        self._ts = ts

    def _base(self) -> float:
        if self._model:
            return self._model.base
        return self._rate / self._weight * (1.0 - BRANCHING) if self._weight else 0.0
