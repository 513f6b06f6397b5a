"""How likely a quote is filled the further out it stands: lambda(d) = A exp(-k d) (math 3.2).

A is how often one order at fair would be hit on its side; k is kappa_hat, the decay. Both are
measured on the depths to which aggressive orders reach.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence

from msgspec import Struct

from market_maker.estimators.rolling import RollingSums
from market_maker.model.orders import SIDES
from market_maker.model.units import BPS, Nanos

MIN_SWEEPS = 50
"""Fewer aggressive orders than this are no fit: the documented min_trades."""

PRIOR_STRENGTH = 50.0
"""The configured kappa counts as much as data when so many aggressive orders were seen."""

GOOD_R_SQUARED = 0.8
"""Of the straight line through the logarithm of the rates: below it arrivals do not follow the law
well enough to quote on."""

DEPTH_MAX_BPS = 100.0
"""Deeper orders count as reaching this far: they are censored."""

BIN_COUNT_MIN = 5
"""A distance that fewer orders reached does not enter the line."""

NEAR_DECAYS = 4.0
"""The line goes through distances up to this many times 1/k, where quotes stand: 2 % of the orders
reach further."""

EDGES_BPS = tuple(0.05 * 2.0 ** (step / 2.0) for step in range(22))
"""Distances at which orders are counted: 0.05 to 72 bps, closer together where quotes stand."""

_SECONDS_PER_HOUR = 3_600.0
_SCALE = 10**6  # depths are summed as whole 1e-6 bps
_ARRIVED, _UNCENSORED, _DEPTH = len(EDGES_BPS) + 1, len(EDGES_BPS) + 2, len(EDGES_BPS) + 3
_COLUMNS = _DEPTH + 1


class Law(Struct, frozen=True, gc=False):
    """rate: A, orders of one side per second (or per whatever the exposure counts). decay: k,
    1/unit of distance. r_squared: share of the variance of ln rate that a line explains, for a
    line; NaN otherwise."""

    rate: float
    decay: float
    r_squared: float = math.nan


def fit_line(distances: Sequence[float], rates: Sequence[float]) -> Law | None:
    """Ordinary least squares of ln rate on distance, as hftbacktest's GLFT tutorial has it; None
    for fewer than two different distances. Rates > 0."""
    count = len(distances)
    logs = [math.log(rate) for rate in rates]
    mean_x, mean_y = math.fsum(distances) / max(count, 1), math.fsum(logs) / max(count, 1)
    xs = [x - mean_x for x in distances]
    ys = [y - mean_y for y in logs]
    spread = math.fsum(x * x for x in xs)
    if not spread:
        return None
    slope = math.fsum(x * y for x, y in zip(xs, ys, strict=True)) / spread
    total = math.fsum(y * y for y in ys)
    explained = slope * slope * spread / total if total else 0.0
    return Law(math.exp(mean_y - slope * mean_x), -slope, min(explained, 1.0))


def blended_decay(prior: float, strength: float, uncensored: float, beyond: float) -> float:
    """k of data and of a prior, mixed by their logarithms: the prior weighs 1/(1 + (n/strength)^2)
    after n observations. beyond: sum of depths, 1/unit of prior; n and beyond > 0.

    A gamma prior counts imaginary orders of depth 1/prior, which outweigh thousands of real ones
    where those are a hundred times shallower; this one does not.
    """
    weight = 1.0 / (1.0 + (uncensored / strength) ** 2)
    measured = uncensored / beyond
    return math.exp(weight * math.log(prior) + (1.0 - weight) * math.log(measured))


class Fit(Struct, frozen=True, gc=False):
    """What is known of the law, and whether it may be quoted on.

    kappa_hat: decay used, 1/bps, > 0: with the prior where there is one. intensity: A, fills per
    hour of one order at fair, one side. measured: decay by maximum likelihood without the prior,
    1/bps; 0.0 when there is none. line: decay by the line through the counts, likewise.
    r_squared: of that line, 0 to 1. log_likelihood: per order, nats. orders: aggressive orders in
    the window. usable: whether the data alone may be quoted on; reason: why not, in words.
    """

    kappa_hat: float
    intensity: float
    measured: float
    line: float
    r_squared: float
    log_likelihood: float
    orders: int
    usable: bool
    reason: str


class FillIntensity:
    """Fits the law to the aggressive orders of the last `seconds`, both sides together.

    An aggressive order is all trades of one side with one stamp of the venue; its depth is that
    of its furthest trade from the mid before it, in bps, at least 0. Time without market data
    counts as time without trades.

    prior: the configured kappa_hat, 1/bps. value: kappa_hat of the last fit. count: aggressive
    orders ever. ready: whether the last fit stands on data that may be quoted on.
    """

    __slots__ = ("_depth", "_key", "_prior", "_sums", "_ts", "count", "fit")
    unit = "1/bps"

    def __init__(self, seconds: float, prior: float) -> None:
        assert prior > 0, prior
        self.count = 0
        self._prior = prior
        self._sums = RollingSums(seconds, _COLUMNS)
        self._key: tuple[int, int] | None = None
        self._depth = -1.0
        self._ts = 0
        self.fit = _unfitted(prior, 0, "no trades yet")

    @property
    def value(self) -> float | None:
        """kappa_hat; None before there are orders enough."""
        return self.fit.kappa_hat if self.fit.orders else None

    @property
    def ready(self) -> bool:
        """Whether the last fit may be quoted on."""
        return self.fit.usable

    def trade(self, ts: Nanos, order: tuple[int, int], ticks: int, mid_x2: int) -> None:
        """A trade at `ticks`, while twice the mid was mid_x2 (> 0). order: the venue's stamp and
        the side (0 a buyer, 1 a seller), which separate one aggressive order from the next."""
        if ts < self._ts:
            return
        away = 2 * ticks - mid_x2 if order[1] == 0 else mid_x2 - 2 * ticks
        depth = away * BPS / mid_x2 if away > 0 else 0.0
        if order == self._key:
            self._depth = max(self._depth, depth)
            return
        self._flush()
        self._key, self._depth, self._ts = order, depth, ts

    def resize(self, seconds: float) -> None:
        """Another window from now on; what is known of it stays."""
        self._sums = self._sums.resized(seconds)

    def refit(self, ts: Nanos) -> Fit:
        """Fit again, with what arrived until `ts`. Cost: the number of distances."""
        self._flush()
        self._key = None
        self._sums.roll(ts)
        self.fit = _fit(self._sums.totals, self._sums.seconds(ts), self._prior)
        return self.fit

    def _flush(self) -> None:
        """The last aggressive order is complete."""
        depth = self._depth
        if depth < 0.0:
            return
        self._depth = -1.0
        self.count += 1
        now, totals = self._sums.current(self._ts)
        place = _bin(depth)
        now[place] += 1
        totals[place] += 1
        now[_ARRIVED] += 1
        totals[_ARRIVED] += 1
        if depth < DEPTH_MAX_BPS:
            now[_UNCENSORED] += 1
            totals[_UNCENSORED] += 1
        else:
            depth = DEPTH_MAX_BPS
        summed = int(depth * _SCALE)
        now[_DEPTH] += summed
        totals[_DEPTH] += summed


def _bin(depth: float) -> int:
    """How many of the distances it went beyond."""
    return bisect_left(EDGES_BPS, depth)


def _unfitted(prior: float, orders: int, reason: str, intensity: float = 0.0) -> Fit:
    return Fit(prior, intensity, 0.0, 0.0, 0.0, 0.0, orders, usable=False, reason=reason)


def _fit(totals: Sequence[int], seconds: float, prior: float) -> Fit:
    orders, uncensored = totals[_ARRIVED], totals[_UNCENSORED]
    beyond = totals[_DEPTH] / _SCALE
    exposure = seconds * len(SIDES)
    intensity = orders / exposure * _SECONDS_PER_HOUR if exposure else 0.0
    if orders < MIN_SWEEPS or not exposure:
        return _unfitted(prior, orders, f"{orders} of {MIN_SWEEPS} aggressive orders", intensity)
    if not uncensored or beyond <= 0.0:
        return _unfitted(prior, orders, "no order reached beyond the mid", intensity)
    measured = uncensored / beyond
    line = _line(totals, exposure, NEAR_DECAYS / measured)
    poor = _poor(line)
    return Fit(
        kappa_hat=blended_decay(prior, PRIOR_STRENGTH, uncensored, beyond),
        intensity=intensity,
        measured=measured,
        line=line.decay if line else 0.0,
        r_squared=line.r_squared if line else 0.0,
        log_likelihood=(uncensored * math.log(measured) - measured * beyond) / orders,
        orders=orders,
        usable=not poor,
        reason=poor,
    )


def _line(totals: Sequence[int], exposure: float, furthest: float) -> Law | None:
    """Through the rates at which orders went beyond each distance, bps, up to the furthest."""
    distances, rates = [], []
    reached = totals[_ARRIVED] - totals[0]
    for index, distance in enumerate(EDGES_BPS):
        if reached >= BIN_COUNT_MIN and distance <= furthest:
            distances.append(distance)
            rates.append(reached / exposure)
        reached -= totals[index + 1]
    return fit_line(distances, rates)


def _poor(line: Law | None) -> str:
    """Why not to quote on it, or nothing."""
    if line is None:
        return "too few distances were reached"
    if line.decay <= 0.0:
        return "arrivals do not fall with distance"
    if line.r_squared < GOOD_R_SQUARED:
        return f"R^2 {line.r_squared:.2f} is below {GOOD_R_SQUARED}"
    return ""
