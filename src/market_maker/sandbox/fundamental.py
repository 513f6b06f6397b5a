"""What the instrument is worth: the informed know it at once, the public learns it late."""

import math
from random import Random

from market_maker.model.units import BPS, NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from market_maker.sandbox.parameters import TraderParameters


class Fundamental:
    """A geometric random walk in ticks, with jumps and with calm and stormy times.

    What the public makes of it follows: of the gap between the two a share of 1 - exp(-t / news_s)
    closes within t. So a taker that knows the value trades before a drift that all others see only
    afterwards, which is what makes a fill cost its maker something.
    """

    def __init__(self, parameters: TraderParameters, ticks: float, now: Nanos, rng: Random) -> None:
        self._parameters = parameters
        self._ticks = self._public = ticks
        self._now = now
        self._rng = rng
        self.stormy = False

    def at(self, now: Nanos) -> tuple[float, float]:
        """What the public takes the value for, and the value, both in ticks and > 0. `now` never
        goes back."""
        span_ns = now - self._now
        if span_ns > 0:
            self._now = now
            self._switch(span_ns / NANOS_PER_SECOND)
            self._ticks *= math.exp(self._move_bps(span_ns / NANOS_PER_HOUR) / BPS)
            learnt = -math.expm1(-span_ns / NANOS_PER_SECOND / self._parameters.news_s)
            self._public += learnt * (self._ticks - self._public)
        return self._public, self._ticks

    def _switch(self, span_s: float) -> None:
        stay_s = self._parameters.stormy_s if self.stormy else self._parameters.calm_s
        if self._rng.random() < -math.expm1(-span_s / stay_s):
            self.stormy = not self.stormy

    def _move_bps(self, span_hours: float) -> float:
        known, rng = self._parameters, self._rng
        sigma = known.sigma_stormy_bps if self.stormy else known.sigma_calm_bps
        move = rng.gauss(0.0, sigma * math.sqrt(span_hours))
        if rng.random() < -math.expm1(-span_hours * known.jumps_per_hour):
            move += rng.gauss(0.0, known.jump_bps)
        return move
