"""How rough the market is, in words: of volatility and of the spread."""

import math
from enum import IntEnum
from math import expm1

from market_maker.estimators.volatility import LONG_RUN_HALF_LIFE_SECONDS
from market_maker.model.units import BPS, NANOS_PER_SECOND, Nanos

LOW_BELOW, HIGH_FROM = 100.0, 300.0
"""bps per sqrt(hour): the smart engine's 0.01 and 0.03, which have no unit there, read as
fractions per square root of hour (rulings)."""

ELEVATED_RATIO, EXTREME_RATIO = 2.0, 4.0
"""Multiples of the long-run volatility (math 3.1)."""

TIGHT_BELOW, WIDE_FROM, BROKEN_FROM = 0.5, 2.0, 5.0
"""Multiples of the long-run spread."""

SPREAD_HALF_LIFE_SECONDS = 10.0
_LESS_HALF = -math.log(2.0)


class VolatilityLevel(IntEnum):
    """Of volatility by itself, as the smart engine has it."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


class Regime(IntEnum):
    """Of volatility against its long-run level: what mm_volatility_regime shows."""

    NORMAL = 0
    HIGH = 1
    EXTREME = 2


class SpreadRegime(IntEnum):
    """Of the market's spread against its long-run level."""

    TIGHT = 0
    NORMAL = 1
    WIDE = 2
    BROKEN = 3


def level_of(sigma: float) -> VolatilityLevel:
    """sigma: bps per sqrt(hour)."""
    if sigma < LOW_BELOW:
        return VolatilityLevel.LOW
    return VolatilityLevel.MEDIUM if sigma < HIGH_FROM else VolatilityLevel.HIGH


def regime_of(sigma: float, sigma_ref: float) -> Regime:
    """Both in one unit; a reference of 0 makes every volatility normal."""
    if sigma_ref <= 0.0 or sigma < ELEVATED_RATIO * sigma_ref:
        return Regime.NORMAL
    return Regime.HIGH if sigma < EXTREME_RATIO * sigma_ref else Regime.EXTREME


class Spread:
    """The market's spread, recent against long-run, both weighted by time.

    value: bps of the mid, with a half-life of SPREAD_HALF_LIFE_SECONDS. ratio: to the long-run
    level (half-life a day); 1.0 until there is any. count: moments fed at which time had passed.
    A spread counts for as long as it was displayed. Moments that go back are ignored.
    """

    __slots__ = ("_long_run", "_recent", "_since", "_spread", "_weights", "count")
    unit = "bps of the mid"

    def __init__(self) -> None:
        self.count = 0
        self._since = 0
        self._spread = 0.0
        self._recent = self._long_run = 0.0
        self._weights = [0.0, 0.0]

    @property
    def value(self) -> float | None:
        """None until a spread was displayed for some time."""
        return self._recent / self._weights[0] if self._weights[0] else None

    @property
    def ratio(self) -> float:
        """Recent to long-run."""
        if not self._weights[1] or not self._long_run:
            return 1.0
        return self._recent / self._weights[0] / (self._long_run / self._weights[1])

    @property
    def regime(self) -> SpreadRegime:
        """In words."""
        ratio = self.ratio
        if ratio < TIGHT_BELOW:
            return SpreadRegime.TIGHT
        if ratio < WIDE_FROM:
            return SpreadRegime.NORMAL
        return SpreadRegime.WIDE if ratio < BROKEN_FROM else SpreadRegime.BROKEN

    @property
    def ready(self) -> bool:
        """After two half-lives of the recent spread."""
        return self._weights[0] >= 1.0 - 0.5**2

    def update(self, ts: Nanos, bid: int, ask: int) -> None:
        """The best prices from `ts` (> 0) on, ticks, bid below ask."""
        if ts < self._since:
            return
        if self._since and ts > self._since:
            self._age((ts - self._since) / NANOS_PER_SECOND)
        self._since = ts
        self._spread = (ask - bid) * 2.0 * BPS / (ask + bid)

    def _age(self, seconds: float) -> None:
        """The spread stood for so long."""
        self.count += 1
        spread, weights = self._spread, self._weights
        halvings = _LESS_HALF * seconds
        fresh = -expm1(halvings / SPREAD_HALF_LIFE_SECONDS)
        self._recent += fresh * (spread - self._recent)
        weights[0] += fresh * (1.0 - weights[0])
        fresh = -expm1(halvings / LONG_RUN_HALF_LIFE_SECONDS)
        self._long_run += fresh * (spread - self._long_run)
        weights[1] += fresh * (1.0 - weights[1])
