"""How far the mid will move within a horizon, learned online, and what such forecasts are worth.

Least squares with forgetting of the mid's move on a few imbalances, each in [-1, 1]. The worth is
measured on moves that a forecast had not seen when it was made: its slope scales forecasts down
where they promised too much and up where they promised too little, to nothing where they did not
pay.
"""

import math
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from market_maker.estimators.least_squares import (
    LeastSquaresKept,
    RecursiveLeastSquares,
    dot,
    learn_sample,
)
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


Noted: TypeAlias = tuple[int, int, Sequence[float], float]
"""A forecast that waits for what follows: when it is due, ns; twice the mid; the imbalances; the
forecast, bps, NaN before the first."""


class MoveForecast:
    """The mid's expected move over `horizon_s` seconds, bps, given `terms` imbalances.

    Moves are logarithms. What counts is the mid in force when a forecast is due: a quiet book has
    not moved. After `reset` (the book was lost) what waits is dropped and what was learned stays.

    terms: how many imbalances. bps: the last forecast, scaled by what past ones were worth; 0.0
    until `ready`. raw_bps: the same before that. count: moves learned from. betas: bps per unit of
    each imbalance. moments, weight: of all moves, their squares and how many. promised, product,
    seen: of judged ones f^2, f y and y^2. last_mid_x2: twice the mid in force.
    """

    __slots__ = (
        "bps",
        "fit",
        "horizon",
        "judged",
        "last_mid_x2",
        "moments",
        "next_sample",
        "noted",
        "product",
        "promised",
        "raw_bps",
        "seen",
        "terms",
        "weight",
    )

    def __init__(self, horizon_s: float, terms: int) -> None:
        assert horizon_s > 0.0, horizon_s
        self.horizon = Nanos(round(horizon_s * NANOS_PER_SECOND))
        self.terms = terms
        self.bps = self.raw_bps = 0.0
        self.judged = 0.0
        self.fit = RecursiveLeastSquares(terms, _KEEP, UNCERTAINTY)
        self.moments = self.weight = 0.0
        self.promised = self.product = self.seen = 0.0
        self.noted: deque[Noted] = deque()
        self.last_mid_x2 = self.next_sample = 0

    @property
    def betas(self) -> Sequence[float]:
        """bps per unit of each imbalance."""
        return self.fit.beta

    @property
    def count(self) -> int:
        """Moves learned from."""
        return self.fit.count

    @property
    def ready(self) -> bool:
        """Whether enough was learned."""
        return self.count >= READY_MOVES

    @property
    def deviation_bps(self) -> float:
        """Standard deviation of the moves, bps; 0.0 before there is one."""
        return deviation_of(self)

    @property
    def judgement(self) -> Judgement | None:
        """What past forecasts were worth; None while nothing moved or nothing was forecast."""
        if self.seen <= 0.0 or self.promised <= 0.0:
            return None
        return Judgement(worth_of(self), self.product / self.promised, self.judged)

    @property
    def trust(self) -> float:
        """As `trust_of`."""
        return trust_of(self)

    def reset(self) -> None:
        """The book was lost: moves across the gap are not learned from."""
        self.noted.clear()

    def update(self, ts: Nanos, mid_x2: int, features: Sequence[float]) -> float:
        """Twice the mid (> 0) and the imbalances from `ts` on; returns the forecast, bps. A moment
        that goes back changes nothing."""
        noted, fit = self.noted, self.fit
        while noted and noted[0][0] < ts:
            learn_move(self, fit, fit.kept, noted.popleft())
        self.last_mid_x2 = mid_x2
        self.raw_bps = raw = raw_forecast(self, fit.beta, features)
        if ts >= self.next_sample:
            self.next_sample = ts + SAMPLE_EVERY
            forecast = raw if fit.count >= FIRST_FORECAST else math.nan
            noted.append((ts + self.horizon, mid_x2, features, forecast))
        self.bps = raw * trust_of(self) if fit.count >= READY_MOVES else 0.0
        return self.bps


# Compiled into the replay's decision kernel: own, fit and the others may be its records.


def deviation_of(own: MoveForecast) -> float:
    """Standard deviation of the moves, bps; 0.0 before there is one."""
    return math.sqrt(own.moments / own.weight) if own.weight > 0.0 else 0.0


def raw_forecast(own: MoveForecast, beta: Sequence[float], features: Sequence[float]) -> float:
    """What is foreseen, bps, before it is scaled by what past forecasts were worth."""
    most = FORECAST_DEVIATIONS * deviation_of(own)
    raw = dot(features, beta)
    if raw > most:
        return most
    return max(raw, -most)


def learn_move(
    own: MoveForecast, fit: RecursiveLeastSquares, kept: LeastSquaresKept, noted: Noted
) -> None:
    """What was seen then, and what has become of it. kept: of the fit."""
    _, mid_x2, features, forecast = noted
    move = math.log(own.last_mid_x2 / mid_x2) * BPS
    if fit.count >= FIRST_FORECAST:
        most = MOVE_DEVIATIONS * deviation_of(own)
        if move > most:
            move = most
        elif move < -most:
            move = -most
    squared = move * move
    own.moments = own.moments * _KEEP + squared
    own.weight = own.weight * _KEEP + 1.0
    learn_sample(fit, kept, features, move)
    if math.isnan(forecast):
        return
    own.judged = own.judged * _KEEP + 1.0
    own.promised = own.promised * _KEEP + forecast * forecast
    own.product = own.product * _KEEP + forecast * move
    own.seen = own.seen * _KEEP + squared


def worth_of(own: MoveForecast) -> float:
    """R squared of past forecasts, as in Judgement; 0.0 where there is none."""
    if own.seen <= 0.0 or own.promised <= 0.0:
        return 0.0
    return (2.0 * own.product - own.promised) / own.seen


def trust_of(own: MoveForecast) -> float:
    """The factor on forecasts, 0 to TRUST_MAX: their slope so far, and 0 where chance alone
    would show one.

    Moves of overlapping horizons count as one, so `evidence` is the square of the slope over
    its standard error; a slope that chance explains (1 or less) is none. One that it does not
    explain is taken as it is: it was measured on moves that the forecasts had not seen, so to
    draw it down further, by 1 - 1/evidence, promises too little.
    """
    promised, product = own.promised, own.product
    if promised <= 0.0 or product <= 0.0:
        return 0.0
    overlap = own.horizon / SAMPLE_EVERY
    overlap = max(overlap, 1.0)
    evidence = product * product * own.judged / (promised * own.seen * overlap)
    if evidence > 1.0:
        slope = product / promised
        return min(slope, TRUST_MAX)
    return 0.0
