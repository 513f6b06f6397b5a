"""The regression microprice: where the mid goes, learned from imbalances (math section 3.3)."""

import math
from collections import deque

from market_maker.model.units import BPS, NANOS_PER_SECOND, Nanos

HORIZON_SECONDS = 1
"""How far ahead the mid is foreseen, in samples of a second."""

FORGETTING = 0.999
"""What a sample keeps of the weight of those before it: a memory of some 1,000 s."""

UNCERTAINTY = 1e3
"""P at the start: with no forgetting, ridge regression with lambda 1/P."""

READY_SAMPLES = 300

Pair = tuple[float, float]


def microprice(mid: float, imbalances: Pair, betas: Pair) -> float:
    """mid (1 + beta_book I_book + beta_flow I_flow); betas as fractions per unit of imbalance."""
    return mid * (1.0 + betas[0] * imbalances[0] + betas[1] * imbalances[1])


class RecursiveLeastSquares:
    """Two coefficients, without an intercept, learned sample by sample; `forgetting` in (0, 1].

    K = P x/(f + x'P x); beta += K (y - x'beta); P = (P - K x'P)/f. Where nothing excites it P
    would grow without end: while its trace is above that of the start, nothing is forgotten.

    beta: the coefficients. count: samples. uncertainty: P, as its three different entries.
    """

    __slots__ = ("_most", "beta", "count", "forgetting", "uncertainty")

    def __init__(self, forgetting: float, uncertainty: float) -> None:
        assert 0.0 < forgetting <= 1.0, forgetting
        self.beta: Pair = (0.0, 0.0)
        self.count = 0
        self.forgetting = forgetting
        self.uncertainty = (uncertainty, 0.0, uncertainty)
        self._most = 2.0 * uncertainty

    def add(self, x: Pair, y: float) -> None:
        """One sample, finite."""
        (x_0, x_1), (p_00, p_01, p_11), (b_0, b_1) = x, self.uncertainty, self.beta
        self.count += 1
        along_0, along_1 = p_00 * x_0 + p_01 * x_1, p_01 * x_0 + p_11 * x_1
        keep = self.forgetting if p_00 + p_11 <= self._most else 1.0
        scale = keep + x_0 * along_0 + x_1 * along_1
        gain_0, gain_1 = along_0 / scale, along_1 / scale
        error = y - x_0 * b_0 - x_1 * b_1
        self.beta = (b_0 + gain_0 * error, b_1 + gain_1 * error)
        self.uncertainty = (
            (p_00 - gain_0 * along_0) / keep,
            (p_01 - gain_0 * along_1) / keep,
            (p_11 - gain_1 * along_1) / keep,
        )


class RegressionMicroprice:
    """The mid, moved by what book and trade-flow imbalance have foretold of it.

    Once a second the imbalances of HORIZON_SECONDS ago are matched with what the mid has done
    since. A sample more than a second late is not matched: it is no answer to what was seen.
    The price stays within half the market's spread of the mid.

    value: ticks; the mid until `ready`; None before the first price. count: samples matched.
    betas: fractions per unit of imbalance, of book and flow. deviation_bps: of value from the mid.
    """

    __slots__ = ("_due", "_fit", "_seen", "deviation_bps", "value")
    unit = "ticks"

    def __init__(self) -> None:
        self.value: float | None = None
        self.deviation_bps = 0.0
        self._fit = RecursiveLeastSquares(FORGETTING, UNCERTAINTY)
        self._seen: deque[tuple[int, Pair, int]] = deque()
        self._due = 0

    @property
    def betas(self) -> Pair:
        """Of book and flow imbalance."""
        return self._fit.beta

    @property
    def count(self) -> int:
        """Samples matched."""
        return self._fit.count

    @property
    def ready(self) -> bool:
        """After READY_SAMPLES."""
        return self._fit.count >= READY_SAMPLES

    def sample(self, ts: Nanos, mid_x2: int, imbalances: Pair) -> None:
        """At most once a second: twice the mid (> 0) and the imbalances at `ts`."""
        if ts < self._due:
            return
        self._due = ts + NANOS_PER_SECOND
        horizon = HORIZON_SECONDS * NANOS_PER_SECOND
        seen = self._seen
        while seen and seen[0][0] + horizon <= ts:
            since, x, before = seen.popleft()
            if since + horizon + NANOS_PER_SECOND > ts:
                self._fit.add(x, math.log(mid_x2 / before))
        seen.append((ts, imbalances, mid_x2))

    def update(self, bid: int, ask: int, imbalances: Pair) -> float:
        """The price now, ticks. bid below ask."""
        mid = (bid + ask) * 0.5
        value = microprice(mid, imbalances, self._fit.beta) if self.ready else mid
        value = min(max(value, bid), ask)
        self.value = value
        self.deviation_bps = (value / mid - 1.0) * BPS
        return value
