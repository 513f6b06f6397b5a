"""A forecast of one second carried to another horizon.

A forecast of one second is none of five: what it foresees may go on, or come back. Its direction
is the same, so one number carries it over: the slope of the mid's moves over the horizon on the
forecasts that were made at their beginning, learned from moves that are known by then.

Before anything is known, half a second has seen half of it and five seconds no more than all of
it, give or take what moves of that horizon are larger than those of a second: the prior of the
slope. The posterior mean is what minimises the error, and of what is foreseen its own slope is 1.
"""

import math
from collections import deque

from market_maker.model.units import BPS, NANOS_PER_MS, NANOS_PER_SECOND, Nanos

SAMPLE_EVERY = Nanos(100 * NANOS_PER_MS)
"""How often a forecast is noted down, to be compared with what followed."""

MEMORY = 3_000.0
"""A sample that so many others followed weighs 1/e, as in the forecast's own fit."""

MOVE_DEVIATIONS = 5.0
"""A move counts as at most so many standard deviations."""

_KEEP = math.exp(-1.0 / MEMORY)

NotedForecast = tuple[int, int, float]
"""When it is due, ns; twice the mid; the forecast, bps."""


class HorizonFactor:
    """Of forecasts of one second, over `horizon_s` seconds. Moves of overlapping horizons count as
    one. judged: forecasts, by weight. promised, product, seen: of them f^2, f y and y^2.
    last_mid_x2: twice the mid in force."""

    __slots__ = (
        "_share",
        "_variance",
        "horizon",
        "judged",
        "last_mid_x2",
        "next_sample",
        "noted",
        "product",
        "promised",
        "seen",
    )
    unit = "1"

    def __init__(self, horizon_s: float) -> None:
        assert horizon_s > 0.0, horizon_s
        self.horizon = Nanos(round(horizon_s * NANOS_PER_SECOND))
        self.judged = 0.0
        self._share, self._variance = min(horizon_s, 1.0), horizon_s
        self.promised = self.product = self.seen = 0.0
        self.noted: deque[NotedForecast] = deque()
        self.last_mid_x2 = self.next_sample = 0

    def value(self, trust: float) -> float:
        """The factor, >= 0, on a forecast whose slope after one second is `trust`."""
        prior = self._share * trust
        if self.promised <= 0.0 or self.seen <= 0.0:
            return prior
        slope = self.product / self.promised
        overlap = max(self.horizon / SAMPLE_EVERY, 1.0)
        error = self.seen * overlap / (self.promised * self.judged)
        return max(prior + (slope - prior) * self._variance / (self._variance + error), 0.0)

    def carried(self, forecast_bps: float, trust: float) -> float:
        """The move over the horizon, bps; 0.0 while forecasts of a second are not trusted."""
        return forecast_bps * self.value(trust) if trust > 0.0 else 0.0

    def reset(self) -> None:
        """The book was lost: moves across the gap are not learned from."""
        self.noted.clear()

    def update(self, ts: Nanos, mid_x2: int, forecast_bps: float | None) -> None:
        """Twice the mid (> 0) and the forecast from `ts` on; None before there is one."""
        noted = self.noted
        while noted and noted[0][0] < ts:
            carry_move(self, noted.popleft())
        self.last_mid_x2 = mid_x2
        if ts >= self.next_sample and forecast_bps is not None:
            self.next_sample = ts + SAMPLE_EVERY
            noted.append((ts + self.horizon, mid_x2, forecast_bps))


def carry_move(own: HorizonFactor, noted: NotedForecast) -> None:
    """What was foreseen then, and what has become of it. Compiled into the replay's decision
    kernel too: own may be its record."""
    _, mid_x2, forecast = noted
    move = math.log(own.last_mid_x2 / mid_x2) * BPS
    if own.judged >= MOVE_DEVIATIONS * MOVE_DEVIATIONS:
        most = MOVE_DEVIATIONS * math.sqrt(own.seen / own.judged)
        if move > most:
            move = most
        elif move < -most:
            move = -most
    own.judged = own.judged * _KEEP + 1.0
    own.promised = own.promised * _KEEP + forecast * forecast
    own.product = own.product * _KEEP + forecast * move
    own.seen = own.seen * _KEEP + move * move
