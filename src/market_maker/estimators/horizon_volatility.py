"""Volatility at the horizon of inventory: of moves that take longer than a second.

Where moves trend, the risk of holding for a minute is more than what seconds say times the root of
sixty, and where they turn back it is less. So moves over `horizon_seconds` are squared, one
beginning every second; they overlap, so that of one lookback only lookback / horizon are
independent.
"""

import math
from collections import deque

from market_maker.estimators.variation import PER_SQRT_SECOND
from market_maker.estimators.volatility import EXACT, RealisedVolatility


class HorizonVolatility(RealisedVolatility):
    """As RealisedVolatility, of moves over `horizon_seconds`.

    value: bps per sqrt(hour); None before the first whole move. count: moves in the window.
    """

    __slots__ = ("_horizon", "_logs", "_moves", "_total")

    def __init__(self, lookback_seconds: int, horizon_seconds: int) -> None:
        assert 0 < horizon_seconds <= lookback_seconds, (horizon_seconds, lookback_seconds)
        super().__init__(lookback_seconds)
        self._horizon = horizon_seconds
        self._logs: deque[float] = deque(maxlen=horizon_seconds + 1)
        self._moves: deque[float] = deque()
        self._total = 0

    @property
    def ready(self) -> bool:  # type: ignore[explicit-override]  # needs 3.12
        """With moves of twice the horizon."""
        return self.count > self._horizon

    def _start(self, ts: int, price: float) -> None:  # type: ignore[explicit-override]  # needs 3.12
        super()._start(ts, price)
        self._logs.clear()
        self._logs.append(math.log(price))
        self._moves.clear()
        self._total = 0

    def _add(self, price: float) -> None:  # type: ignore[explicit-override]  # needs 3.12
        super()._add(price)
        self._logs.append(math.log(price))
        if len(self._logs) > self._horizon:
            move = self._logs[-1] - self._logs[0]
            self._moves.append(move)
            self._total += int(move * move * EXACT)

    def _judge(self) -> None:  # type: ignore[explicit-override]  # needs 3.12
        """Only moves within the lookback count."""
        most = max(self._size - self._horizon + 1, 1)
        while len(self._moves) > most:
            oldest = self._moves.popleft()
            self._total -= int(oldest * oldest * EXACT)
        self.count = len(self._moves)
        if self.count:
            variance = self._total / EXACT / self.count / self._horizon
            self.value = math.sqrt(variance) * PER_SQRT_SECOND
