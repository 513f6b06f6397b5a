"""How much stands near the mid: what the smart engine sizes its orders by."""

from collections.abc import Iterable

from market_maker.model.units import BPS, Nanos

NEAR_BPS = 100.0
"""Levels within one per cent of the mid count."""

LEVELS_MAX = 20
"""Of those, at most the best so many: bounded work."""


def mean_near(levels: Iterable[tuple[int, int]], mid: float, near_bps: float = NEAR_BPS) -> float:
    """Mean size of the (price, size) levels within near_bps of the mid, best first; 0.0 when
    there is none. Prices and mid in ticks, sizes in lots. Compiled into the replay's decision
    kernel too, where levels are a tuple."""
    furthest = mid * near_bps / BPS
    count = total = 0
    for price, size in levels:
        if abs(price - mid) > furthest:
            break
        count += 1
        total += size
    return total / count if count else 0.0


class DepthMonitor:
    """Mean size of a level near the mid, by side, as of the last sample.

    value: lots, both sides together; None before the first sample. bid, ask: lots, by side.
    count: samples. Moments that go back are ignored.
    """

    __slots__ = ("_ts", "ask", "bid", "count")
    unit = "lots per level"

    def __init__(self) -> None:
        self.count = 0
        self.bid = self.ask = 0.0
        self._ts = 0

    @property
    def value(self) -> float | None:
        """Mean of both sides."""
        return (self.bid + self.ask) / 2.0 if self.count else None

    @property
    def ready(self) -> bool:
        """With the first sample."""
        return self.count > 0

    def sample(
        self,
        ts: Nanos,
        bids: Iterable[tuple[int, int]],
        asks: Iterable[tuple[int, int]],
        mid: float,
    ) -> None:
        """(price, size) levels, best first, at `ts` (> 0)."""
        if ts < self._ts:
            return
        self._ts = ts
        self.count += 1
        self.bid, self.ask = mean_near(bids, mid), mean_near(asks, mid)
