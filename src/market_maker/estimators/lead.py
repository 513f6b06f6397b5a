"""How far another market's price stands from ours, beside how far it usually does.

Where another market leads, its mid moves first and ours follows: the logarithm of their ratio
leaves its usual level and comes back by a move of ours. The usual level, with all that is constant
in it (a premium, other ticks, another currency), is a mean that forgets.
"""

import math

from market_maker.model.units import BPS, NANOS_PER_MS, NANOS_PER_SECOND, Nanos

SAMPLE_EVERY = Nanos(100 * NANOS_PER_MS)
"""How often the distance is noted for its usual level."""

MEMORY = 600.0
"""A sample that so many others followed weighs 1/e: a minute."""

READY_SAMPLES = 100
"""Samples before a distance says anything: ten seconds."""

GAP_DEVIATIONS = 4.0
"""A distance counts as at most so many standard deviations: one odd print is no forecast."""

STALE_NS = Nanos(5 * NANOS_PER_SECOND)
"""A market that was silent for so long leads nothing."""

_KEEP = math.exp(-1.0 / MEMORY)


class LeadDistance:
    """bps: the last distance from the usual one, > 0 where the leader stands higher; 0.0 until
    `ready` and while the leader is silent. count: samples."""

    __slots__ = (
        "_led_at",
        "_led_x2",
        "_next_sample",
        "_origin",
        "_square",
        "_sum",
        "_weight",
        "bps",
        "count",
    )
    unit = "bps"

    def __init__(self) -> None:
        self.bps = 0.0
        self.count = 0
        self._led_x2, self._led_at = 0, Nanos(0)
        self._sum = self._square = self._weight = 0.0
        self._origin = 0.0
        self._next_sample = 0

    @property
    def value(self) -> float | None:
        """The last distance; None before there was one."""
        return self.bps if self.count else None

    @property
    def ready(self) -> bool:
        """Whether the usual distance is known."""
        return self.count >= READY_SAMPLES

    def lead(self, ts: Nanos, mid_x2: int) -> None:
        """Twice the leader's mid from `ts` on, in its own ticks; 0 while it is not known."""
        self._led_x2, self._led_at = mid_x2, ts

    def update(self, ts: Nanos, mid_x2: int) -> float:
        """Twice our mid (> 0) from `ts` on; returns the distance, bps."""
        self.bps = 0.0
        if self._led_x2 <= 0 or ts - self._led_at > STALE_NS:
            return 0.0
        gap = math.log(self._led_x2 / mid_x2) * BPS
        if not self.count:
            self._origin = gap
        gap -= self._origin
        if self.ready:
            usual = self._sum / self._weight
            most = GAP_DEVIATIONS * math.sqrt(max(self._square / self._weight - usual * usual, 0.0))
            self.bps = min(max(gap - usual, -most), most)
        if ts >= self._next_sample:
            self._next_sample = ts + SAMPLE_EVERY
            self._sum = self._sum * _KEEP + gap
            self._square = self._square * _KEEP + gap * gap
            self._weight = self._weight * _KEEP + 1.0
            self.count += 1
        return self.bps
