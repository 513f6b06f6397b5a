"""What holding a perpetual costs: the funding rate and where it goes (math section 3.7)."""

import math

from market_maker.model.units import BPS, NANOS_PER_HOUR, RATE_SCALE, Nanos

REVERSION_PER_HOUR = 0.1
"""How fast a rate goes back to its mean: half of the way in seven hours."""

MEMORY_PAYMENTS = 21
"""The mean rate remembers about as many: a week of three a day."""

PERIOD_HOURS = 8.0
"""Between payments, until two of them are known."""

PERIOD_HOURS_MIN = 1.0 / 60.0
PERIOD_HOURS_MAX = 24.0


def expected_rate(rate: float, mean: float, reversion: float, hours: float) -> float:
    """E[F_h] of an Ornstein-Uhlenbeck process: theta + (F - theta) e^(-kappa h)."""
    return mean + (rate - mean) * math.exp(-reversion * hours)


def average_rate(rate: float, mean: float, reversion: float, hours: float) -> float:
    """Mean of expected_rate over the next `hours`."""
    faded = reversion * hours
    return mean + (rate - mean) * (-math.expm1(-faded) / faded if faded else 1.0)


class FundingForecast:
    """The mean rate over the next `horizon_hours`, from the payments fed.

    A payment's rate is spread over the time since the one before it (PERIOD_HOURS for the first).
    It returns to its own mean with REVERSION_PER_HOUR.

    value: bps per hour, > 0 when longs pay; None before the first payment. count: payments.
    ready: with the first of them. A repeated payment, or an older one, is ignored.
    """

    __slots__ = ("_at", "_horizon", "_mean", "_rate", "count", "value")
    unit = "bps per hour"

    def __init__(self, horizon_hours: float) -> None:
        self.value: float | None = None
        self.count = 0
        self._horizon = horizon_hours
        self._rate = self._mean = 0.0
        self._at = 0

    @property
    def ready(self) -> bool:
        """With the first payment."""
        return self.count > 0

    def paid(self, ts: Nanos, rate: int) -> None:
        """A payment at `ts` (> 0), the venue's; rate: RATE_SCALE-ths of notional."""
        if ts <= self._at:
            return
        hours = (ts - self._at) / NANOS_PER_HOUR if self._at else PERIOD_HOURS
        hours = min(max(hours, PERIOD_HOURS_MIN), PERIOD_HOURS_MAX)
        self._at = ts
        self.count += 1
        self._rate = rate / RATE_SCALE / hours
        self._mean += (self._rate - self._mean) / min(self.count, MEMORY_PAYMENTS)
        self.at(ts)

    def at(self, ts: Nanos) -> None:
        """It is `ts`: the rate is on its way back."""
        if self.count:
            hours = max(ts - self._at, 0) / NANOS_PER_HOUR
            now = expected_rate(self._rate, self._mean, REVERSION_PER_HOUR, hours)
            self.value = average_rate(now, self._mean, REVERSION_PER_HOUR, self._horizon) * BPS
