"""How far the mid will move within a horizon, learned online, and what such forecasts are worth.

Least squares with forgetting of the mid's move on a few imbalances, each in [-1, 1]. The worth is
measured on moves that a forecast had not seen when it was made: its slope scales forecasts down
where they promised too much and up where they promised too little, to nothing where they did not
pay.
"""

import math
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from market_maker.estimators.least_squares import RecursiveLeastSquares
from market_maker.model.units import BPS, NANOS_PER_MS, NANOS_PER_SECOND, Nanos

SAMPLE_EVERY = Nanos(100 * NANOS_PER_MS)
"""How often a forecast is noted down, to be compared with what followed."""

MEMORY = 3_000.0
"""A sample that so many others followed weighs 1/e: five minutes of a moving book."""

UNCERTAINTY = 0.2
"""P at the start: ridge regression with lambda 5, so that few samples say little."""

FIRST_FORECAST = 100
"""Moves seen before a forecast is judged."""

READY_MOVES = 300
"""Moves seen before a forecast is used: half a minute of a moving book."""

MOVE_DEVIATIONS = 5.0
"""A move counts as at most so many standard deviations: one jump must not outweigh an hour."""

FORECAST_DEVIATIONS = 3.0
"""No forecast is further than so many standard deviations of the move (ruling on math 3.3)."""

TRUST_MAX = 2.0
"""Of the factor on forecasts: ridge regression on few samples promises too little."""

_KEEP = math.exp(-1.0 / MEMORY)


class Judgement(Struct, frozen=True, gc=False):
    """Of forecasts made before their moves were known. r_squared: share of the moves' variance
    that they took away, below 0 where they added to it. slope: of the move on the forecast, 1.0
    is right. judged: forecasts, by weight."""

    r_squared: float
    slope: float
    judged: float


class _Noted(Struct, frozen=True, gc=False):
    """A forecast that waits for what follows. due: ns. forecast: bps, None before the first."""

    due: int
    mid_x2: int
    features: Sequence[float]
    forecast: float | None


class MoveForecast:
    """The mid's expected move over `horizon_s` seconds, bps, given `terms` imbalances.

    Moves are logarithms. What counts is the mid in force when a forecast is due: a quiet book has
    not moved. After `reset` (the book was lost) what waits is dropped and what was learned stays.

    terms: how many imbalances. bps: the last forecast, scaled by what past ones were worth; 0.0
    until `ready`. raw_bps: the same before that. count: moves learned from. betas: bps per unit of
    each imbalance.
    """

    __slots__ = (
        "_fit",
        "_last_mid_x2",
        "_moments",
        "_next_sample",
        "_noted",
        "_product",
        "_promised",
        "_seen",
        "_weight",
        "bps",
        "horizon",
        "judged",
        "raw_bps",
        "terms",
    )

    def __init__(self, horizon_s: float, terms: int) -> None:
        assert horizon_s > 0.0, horizon_s
        self.horizon = Nanos(round(horizon_s * NANOS_PER_SECOND))
        self.terms = terms
        self.bps = self.raw_bps = 0.0
        self.judged = 0.0
        self._fit = RecursiveLeastSquares(terms, _KEEP, UNCERTAINTY)
        self._moments = self._weight = 0.0  # of all moves: squares, and how many
        self._promised = self._product = self._seen = 0.0  # of judged ones: f^2, f y, y^2
        self._noted: deque[_Noted] = deque()
        self._last_mid_x2 = self._next_sample = 0

    @property
    def betas(self) -> Sequence[float]:
        """bps per unit of each imbalance."""
        return self._fit.beta

    @property
    def count(self) -> int:
        """Moves learned from."""
        return self._fit.count

    @property
    def ready(self) -> bool:
        """Whether enough was learned."""
        return self.count >= READY_MOVES

    @property
    def deviation_bps(self) -> float:
        """Standard deviation of the moves, bps; 0.0 before there is one."""
        return math.sqrt(self._moments / self._weight) if self._weight else 0.0

    @property
    def judgement(self) -> Judgement | None:
        """What past forecasts were worth; None while nothing moved or nothing was forecast."""
        if self._seen <= 0.0 or self._promised <= 0.0:
            return None
        r_squared = (2.0 * self._product - self._promised) / self._seen
        return Judgement(r_squared, self._product / self._promised, self.judged)

    @property
    def trust(self) -> float:
        """The factor on forecasts, 0 to TRUST_MAX: their slope so far, and 0 where chance alone
        would show one.

        Moves of overlapping horizons count as one, so `evidence` is the square of the slope over
        its standard error; a slope that chance explains (1 or less) is none. One that it does not
        explain is taken as it is: it was measured on moves that the forecasts had not seen, so to
        draw it down further, by 1 - 1/evidence, promises too little.
        """
        promised, product = self._promised, self._product
        if promised <= 0.0 or product <= 0.0:
            return 0.0
        overlap = max(self.horizon / SAMPLE_EVERY, 1.0)
        evidence = product * product * self.judged / (promised * self._seen * overlap)
        return min(product / promised, TRUST_MAX) if evidence > 1.0 else 0.0

    def reset(self) -> None:
        """The book was lost: moves across the gap are not learned from."""
        self._noted.clear()

    def update(self, ts: Nanos, mid_x2: int, features: Sequence[float]) -> float:
        """Twice the mid (> 0) and the imbalances from `ts` on; returns the forecast, bps. A moment
        that goes back changes nothing."""
        noted = self._noted
        while noted and noted[0].due < ts:
            self._match(noted.popleft())
        self._last_mid_x2 = mid_x2
        self.raw_bps = raw = self._raw(features)
        if ts >= self._next_sample:
            self._next_sample = ts + SAMPLE_EVERY
            forecast = raw if self.count >= FIRST_FORECAST else None
            noted.append(_Noted(ts + self.horizon, mid_x2, features, forecast))
        self.bps = raw * self.trust if self.ready else 0.0
        return self.bps

    def _raw(self, features: Sequence[float]) -> float:
        most = FORECAST_DEVIATIONS * self.deviation_bps
        return min(max(self._fit.forecast(features), -most), most)

    def _match(self, seen: _Noted) -> None:
        """What was seen then, and what has become of it."""
        move = math.log(self._last_mid_x2 / seen.mid_x2) * BPS
        if self.count >= FIRST_FORECAST:
            most = MOVE_DEVIATIONS * self.deviation_bps
            move = min(max(move, -most), most)
        self._moments = self._moments * _KEEP + move * move
        self._weight = self._weight * _KEEP + 1.0
        self._fit.add(seen.features, move)
        if seen.forecast is None:
            return
        self.judged = self.judged * _KEEP + 1.0
        self._promised = self._promised * _KEEP + seen.forecast * seen.forecast
        self._product = self._product * _KEEP + seen.forecast * move
        self._seen = self._seen * _KEEP + move * move
