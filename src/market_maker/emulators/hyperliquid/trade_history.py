"""What traded on one book: the last trades, a day's volume, candles. Bounded."""

from collections import deque
from decimal import Decimal
from typing import Any

from msgspec import Struct

from market_maker.emulators.hyperliquid.numbers import shown
from market_maker.model.exact import ZERO

TRADES_KEPT = 100
MINUTES_KEPT = 5_000
CANDLES_MAX = 5_000
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS

INTERVALS = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "2h": 120,
    "4h": 240,
    "8h": 480,
    "12h": 720,
    "1d": 1_440,
    "3d": 4_320,
    "1w": 10_080,
    "1M": 43_200,
}
"""Minutes of each kind of candle."""


class Minute(Struct):
    """One minute of trades. start: ms."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    count: int

    def add(self, price: Decimal, size: Decimal) -> None:
        """One more trade."""
        self.high, self.low = max(self.high, price), min(self.low, price)
        self.close = price
        self.volume += size
        self.count += 1

    def join(self, later: "Minute") -> None:
        """A later one becomes part of it."""
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.count += later.count


class TradeHistory:
    """Of one coin. opened_at: price before any trade."""

    def __init__(self, coin: str, opened_at: Decimal) -> None:
        self.coin = coin
        self.last = opened_at
        self.trades: deque[dict[str, Any]] = deque(maxlen=TRADES_KEPT)
        self._opened_at = opened_at
        self._minutes: deque[Minute] = deque(maxlen=MINUTES_KEPT)

    def add(self, time: int, price: Decimal, size: Decimal, trade: dict[str, Any]) -> None:
        """A trade at `time` (ms); `trade` is how the wire has it."""
        self.last = price
        self.trades.append(trade)
        start = time - time % MINUTE_MS
        if self._minutes and self._minutes[-1].start == start:
            self._minutes[-1].add(price, size)
        else:
            self._minutes.append(Minute(start, price, price, price, price, size, 1))

    def day(self, now: int) -> tuple[Decimal, Decimal, Decimal]:
        """Of the last 24 hours: volume in the coin, about its notional, the price before."""
        base = notional = ZERO
        before = self._opened_at
        for minute in reversed(self._minutes):
            if minute.start < now - DAY_MS:
                before = minute.close
                break
            base += minute.volume
            notional += minute.volume * minute.close
        return base, notional, before

    def candles(self, interval: str, start: int, end: int) -> list[dict[str, Any]]:
        """Those that begin from `start` to `end`, ms, the newest CANDLES_MAX at most."""
        span = INTERVALS[interval] * MINUTE_MS
        joined: list[Minute] = []
        for minute in self._minutes:
            begins = minute.start - minute.start % span
            if not start - span < begins <= end:
                continue
            if joined and joined[-1].start == begins:
                joined[-1].join(minute)
            else:
                joined.append(_copy(minute, begins))
        return [self._candle(one, interval, span) for one in joined[-CANDLES_MAX:]]

    def _candle(self, one: Minute, interval: str, span: int) -> dict[str, Any]:
        return {
            "t": one.start,
            "T": one.start + span - 1,
            "s": self.coin,
            "i": interval,
            "o": shown(one.open),
            "c": shown(one.close),
            "h": shown(one.high),
            "l": shown(one.low),
            "v": shown(one.volume),
            "n": one.count,
        }


def _copy(minute: Minute, start: int) -> Minute:
    return Minute(
        start,
        minute.open,
        minute.high,
        minute.low,
        minute.close,
        minute.volume,
        minute.count,
    )
