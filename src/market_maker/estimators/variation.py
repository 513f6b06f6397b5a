"""Sums over returns, and the volatilities that they make. A module of its own: it defines a Struct,
which stays Python where the engine is native."""

import math

from msgspec import Struct

from market_maker.model.units import BPS

_SECONDS_PER_HOUR = 3_600.0

PER_SQRT_SECOND = BPS * math.sqrt(_SECONDS_PER_HOUR)
"""A deviation of a second's returns, as a fraction, in bps per sqrt(hour)."""


class Variation(Struct, frozen=True, gc=False):
    """Sums over `samples` returns, one a second.

    realised: RV, the sum of r^2. bipower: BV, (pi/2) sum |r_i||r_i-1| n/(n-1), which jumps hardly
    touch (Barndorff-Nielsen & Shephard 2004). Both are fractions squared.
    """

    samples: int
    realised: float
    bipower: float

    @property
    def sigma(self) -> float:
        """Volatility with jumps, bps per sqrt(hour)."""
        return math.sqrt(self.realised / self.samples) * PER_SQRT_SECOND

    @property
    def sigma_clean(self) -> float:
        """Volatility without jumps, bps per sqrt(hour)."""
        return math.sqrt(self.bipower / self.samples) * PER_SQRT_SECOND

    @property
    def jump_ratio(self) -> float | None:
        """RV/BV: about 1 without jumps, above 3 when jumps rule; None when BV is 0."""
        return self.realised / self.bipower if self.bipower else None
