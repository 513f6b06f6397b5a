"""Time counted in volume: a tick each time a bucket of volume has traded (math section 3.1)."""

import math
from collections import deque

from market_maker.estimators.volatility import EXACT
from market_maker.model.units import BPS, NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos

TRADES_PER_BUCKET = 10
"""A bucket holds the volume of this many average trades."""

CALIBRATION_TRADES = 50
"""Trades from which the first bucket is sized: as many as the documented warm-up."""

TICKS_PER_CALIBRATION = 50
"""Ticks after which the bucket is sized anew."""

WINDOW_TICKS = 50
"""Over which volatility on the volume clock is measured."""

READY_TICKS = 20
"""The documented warm-up."""


class VolumeClock:
    """Ticks each time `bucket_lots` have traded; a trade is split over the edges of buckets.

    Without `bucket_lots` the bucket is TRADES_PER_BUCKET times the mean size of the first
    CALIBRATION_TRADES trades, and is sized anew by the trades since after every
    TICKS_PER_CALIBRATION ticks.

    value: seconds between the last two moments at which buckets closed. count: ticks. bucket:
    lots; 0 until it is known; fixed: it was given. Trades without size and moments that go back are
    ignored. filled: lots in the bucket. trades, lots: towards its next size, at retune_at ticks.
    closed_at: when the last one closed; ts: the last trade.
    """

    __slots__ = (
        "bucket",
        "closed_at",
        "count",
        "filled",
        "fixed",
        "lots",
        "retune_at",
        "trades",
        "ts",
        "value",
    )
    unit = "seconds per bucket"

    def __init__(self, bucket_lots: int = 0) -> None:
        self.value: float | None = None
        self.count = 0
        self.bucket = bucket_lots
        self.fixed = bucket_lots > 0
        self.filled = self.trades = self.lots = 0
        self.retune_at = TICKS_PER_CALIBRATION
        self.closed_at = self.ts = 0

    @property
    def ready(self) -> bool:
        """After the documented warm-up."""
        return self.count >= READY_TICKS

    def trade(self, ts: Nanos, lots: int) -> int:
        """As `tick_clock`."""
        return tick_clock(self, ts, lots)


def tick_clock(own: VolumeClock, ts: int, lots: int) -> int:
    """`lots` traded at `ts` (> 0); returns how many buckets that closed. Compiled into the replay's
    decision kernel, like the next function: own may be its record."""
    if lots <= 0 or ts < own.ts:
        return 0
    own.ts = ts
    if not own.fixed and not size_bucket(own, lots):
        return 0
    filled = own.filled + lots
    if filled < own.bucket:
        own.filled = filled
        return 0
    closed = filled // own.bucket
    own.filled = filled % own.bucket
    if own.closed_at:
        own.value = (ts - own.closed_at) / NANOS_PER_SECOND
    own.closed_at = ts
    own.count += closed
    return closed


def size_bucket(own: VolumeClock, lots: int) -> bool:
    """Count a trade towards the next size of the bucket; whether there is a size."""
    own.trades += 1
    own.lots += lots
    if own.bucket and own.count < own.retune_at:
        return True
    if own.trades < CALIBRATION_TRADES:
        return own.bucket > 0
    own.bucket = max(1, own.lots * TRADES_PER_BUCKET // own.trades)
    own.retune_at = own.count + TICKS_PER_CALIBRATION
    own.trades = own.lots = 0
    return True


class VolumeVolatility:
    """Volatility of the price from one volume tick to the next, over the last WINDOW_TICKS.

    value: bps per sqrt(hour): sum of squared returns over the hours they took; None until those
    took any time. per_tick: bps per sqrt(tick). count: returns in the window. Several ticks of
    one trade share its price: all but the first return 0.
    """

    __slots__ = ("_moves", "_price", "_start", "_sum", "per_tick", "value")
    unit = "bps per sqrt(hour), volume clock"

    def __init__(self) -> None:
        self.value: float | None = None
        self.per_tick: float | None = None
        self._moves: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._price = 0.0
        self._start = 0

    @property
    def count(self) -> int:
        """Returns in the window."""
        return len(self._moves)

    @property
    def ready(self) -> bool:
        """After the documented warm-up."""
        return self.value is not None and len(self._moves) >= READY_TICKS

    def closed(self, ts: Nanos, ticks: int, price: float) -> None:
        """`ticks` buckets closed at `ts`, at `price` (> 0, any unit)."""
        if not ticks:
            return
        if not self._price:
            self._price, self._start = price, ts
            return
        change = math.log(price / self._price)
        self._price = price
        self._add(ts, int(change * change * EXACT))
        for _ in range(min(ticks - 1, WINDOW_TICKS)):
            self._add(ts, 0)
        count, elapsed = len(self._moves), ts - self._start
        self.per_tick = math.sqrt(self._sum / EXACT / count) * BPS
        if elapsed > 0:
            self.value = math.sqrt(self._sum / EXACT / elapsed * NANOS_PER_HOUR) * BPS

    def _add(self, ts: int, squared: int) -> None:
        if len(self._moves) == WINDOW_TICKS:
            self._start, oldest = self._moves.popleft()
            self._sum -= oldest
        self._moves.append((ts, squared))
        self._sum += squared
