"""Arrivals that excite one another: a Hawkes process with an exponential kernel."""

import math
from random import Random

from market_maker.model.errors import InvalidFieldError


class HawkesArrivals:
    """Waits between arrivals whose intensity is mu + sum of alpha e^(-beta age) over the past.

    rate_per_s: stationary mean rate, 1/s, > 0. branching: n = alpha/beta, the share of arrivals
    that others caused, in [0, 1). decay_per_s: beta, 1/s, > 0. Then mu = rate (1 - n). Simulated
    exactly and in O(1) per arrival, without thinning [Dassios and Zhao 2013, algorithm 3.1].
    """

    def __init__(self, rate_per_s: float, branching: float, decay_per_s: float) -> None:
        if not rate_per_s > 0:
            raise InvalidFieldError("rate_per_s", rate_per_s, "above 0")
        if not 0 <= branching < 1:
            raise InvalidFieldError("branching", branching, "from 0 to below 1")
        if not decay_per_s > 0:
            raise InvalidFieldError("decay_per_s", decay_per_s, "above 0")
        self.base_per_s = rate_per_s * (1 - branching)
        self.jump_per_s = branching * decay_per_s
        self._decay_per_s = decay_per_s
        self._excited_per_s = 0.0

    def wait_s(self, rng: Random) -> float:
        """Seconds from the last arrival to the next one, which is now the last."""
        wait = _exponential(self.base_per_s, rng)
        # The excitement dies out: with some chance it never causes an arrival (log of <= 0).
        survives = math.inf
        if self._excited_per_s > 0:
            survives = 1 + self._decay_per_s * math.log(1 - rng.random()) / self._excited_per_s
        if 0 < survives < math.inf:
            wait = min(wait, -math.log(survives) / self._decay_per_s)
        fades = math.exp(-self._decay_per_s * wait)
        self._excited_per_s = self._excited_per_s * fades + self.jump_per_s
        return wait


def _exponential(rate_per_s: float, rng: Random) -> float:
    return -math.log(1 - rng.random()) / rate_per_s
