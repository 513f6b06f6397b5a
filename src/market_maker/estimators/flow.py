"""Who presses: imbalance of book and trades, order-flow imbalance, VPIN (math 3.3 and 3.4)."""

from collections import deque
from collections.abc import Iterable

from market_maker.estimators.rolling import RollingSums, add_to_sums
from market_maker.model.orders import BUY, SELL
from market_maker.model.units import Nanos

VPIN_BUCKETS = 50
"""Over which VPIN is the mean, as its authors have it."""

READY_TRADES = 50
"""The documented warm-up."""

READY_CHANGES = 20


def imbalance(bid: float, ask: float) -> float:
    """(bid - ask)/(bid + ask), in [-1, 1]; 0 when there is nothing. Both 0 or more, in one unit.
    Compiled into the replay's decision kernel too."""
    total = bid + ask
    return (bid - ask) / total if total > 0 else 0.0


def book_imbalance(bids: Iterable[float], asks: Iterable[float]) -> float:
    """Imbalance of the sizes of a book's first levels."""
    return imbalance(sum(bids), sum(asks))


class TradeFlow:
    """Recent buys and sells by aggressor, over the last `seconds` (see RollingSums).

    value: (buys - sells)/(buys + sells), in [-1, 1], 0 without recent trades; None before the
    first trade. count: trades ever. Trades without size are ignored.
    """

    __slots__ = ("_sums", "count")
    unit = "-1 to 1"

    def __init__(self, seconds: float) -> None:
        self.count = 0
        self._sums = RollingSums(seconds, 2)

    @property
    def buys(self) -> int:
        """Lots."""
        return self._sums.totals[BUY]

    @property
    def sells(self) -> int:
        """Lots."""
        return self._sums.totals[SELL]

    @property
    def value(self) -> float | None:
        """None before the first trade."""
        buys, sells = self._sums.totals
        return imbalance(buys, sells) if self.count else None

    @property
    def ready(self) -> bool:
        """After the documented warm-up."""
        return self.count >= READY_TRADES

    def trade(self, ts: Nanos, side: int, lots: int) -> None:
        """`lots` traded at `ts` (> 0); side: of the aggressor, BUY or SELL."""
        if lots > 0:
            self.count += 1
            add_to_sums(self._sums, self._sums.kept, ts, side, lots)

    def roll(self, ts: Nanos) -> None:
        """It is `ts`: let what is too old go."""
        self._sums.roll(ts)


Top = tuple[float, float, float, float]
"""Best bid, its size, best ask, its size."""


def order_flow(before: Top, after: Top) -> float:
    """e of one change of the top of the book, in the unit of sizes: > 0 when bids gained or asks
    lost (Cont, Kukanov & Stoikov 2014)."""
    bid_0, bid_size_0, ask_0, ask_size_0 = before
    bid, bid_size, ask, ask_size = after
    flow = bid_size if bid >= bid_0 else 0
    if bid <= bid_0:
        flow -= bid_size_0
    if ask <= ask_0:
        flow -= ask_size
    if ask >= ask_0:
        flow += ask_size_0
    return flow


class OrderFlowImbalance:
    """order_flow summed over the last `seconds` (see RollingSums).

    value: lots; None before the first change. count: changes of the top ever.
    """

    __slots__ = ("_sums", "_top", "count")
    unit = "lots"

    def __init__(self, seconds: float) -> None:
        self.count = 0
        self._top: tuple[int, int, int, int] | None = None
        self._sums = RollingSums(seconds, 1)

    @property
    def value(self) -> float | None:
        """None before the first change."""
        return float(self._sums.totals[0]) if self.count else None

    @property
    def ready(self) -> bool:
        """After some changes."""
        return self.count >= READY_CHANGES

    def update(self, ts: Nanos, top: tuple[int, int, int, int]) -> None:
        """Best bid, its size, best ask, its size from `ts` (> 0) on; ticks and lots."""
        before = self._top
        if top == before:
            return
        self._top = top
        if before is not None:
            self.count += 1
            self._sums.add(ts, 0, int(order_flow(before, top)))

    def roll(self, ts: Nanos) -> None:
        """It is `ts`: let what is too old go."""
        self._sums.roll(ts)


class Vpin:
    """Volume-synchronised probability of informed trading: mean |buys - sells|/bucket over the
    last `buckets` buckets of equal volume. The aggressor is known, so nothing is classified.

    A trade is split over the edges of buckets. bucket: lots; a new size takes effect with the
    next bucket. value: in [0, 1]; None before a bucket is full. count: full buckets seen.
    """

    __slots__ = ("_bought", "_filled", "_full", "_next", "bucket", "count", "value")
    unit = "0 to 1"

    def __init__(self, bucket: float = 0, buckets: int = VPIN_BUCKETS) -> None:
        self.value: float | None = None
        self.count = 0
        self.bucket = self._next = bucket
        self._filled: float = 0
        self._bought: float = 0
        self._full: deque[float] = deque(maxlen=buckets)

    @property
    def ready(self) -> bool:
        """When the mean is over all the buckets it should be."""
        return len(self._full) == self._full.maxlen

    def resize(self, bucket: float) -> None:
        """Buckets hold `bucket` (> 0) from the next one on."""
        self._next = bucket
        if not self._filled:
            self.bucket = bucket

    def trade(self, side: int, lots: float) -> None:
        """`lots` traded; side: of the aggressor, BUY or SELL. Nothing counts before there is a
        size of the bucket, nor trades without size."""
        if lots <= 0 or not self.bucket:
            return
        self._filled += lots
        if side == BUY:
            self._bought += lots
        if self._filled >= self.bucket:
            self._close(side)

    def _close(self, side: int) -> None:
        """The last trade filled one bucket, and perhaps many more by itself."""
        bucket, rest = self.bucket, self._filled - self.bucket
        bought = self._bought - rest if side == BUY else self._bought
        self._full.append(abs(2 * bought - bucket) / bucket)
        self.bucket = self._next
        whole, rest = divmod(rest, self.bucket)
        for _ in range(min(int(whole), self._full.maxlen or 0)):
            self._full.append(1.0)
        self.count += 1 + int(whole)
        self._filled, self._bought = rest, rest if side == BUY else 0
        self.value = sum(self._full) / len(self._full)
