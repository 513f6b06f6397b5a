"""Trades, single and aggregated, by the numbers that a venue assigns."""

from array import array

import numpy as np
from msgspec import Struct

from market_maker.venues.recorded.rows import MarketRows, TradeIds


class PrintedTrade(Struct, frozen=True, gc=False):
    """A trade, or several in one, with ids first_id..last_id."""

    first_id: int
    last_id: int
    ts_event: int
    price: str
    size: str
    bought: bool


class TradeLog:
    """Trades, single and in aggregates, by their ids."""

    def __init__(self, rows: MarketRows) -> None:
        self._rows, self._counts = rows, rows.counts
        self._seen = TradeIds()
        self._singles, self._aggregates = array("q"), array("q")
        self._spans: list[tuple[int, int, range]] = []
        self._last: int | None = None
        self._last_aggregate: int | None = None

    def trade(self, trade: PrintedTrade, ts_recv: int) -> None:
        """One trade; it counts once."""
        if not self._seen.is_new(trade.first_id):
            self._counts.duplicate_trades += 1
            return
        self._singles.append(trade.first_id)
        self._last = self._count_missing(trade.first_id, trade.last_id, self._last)
        self._append(trade, ts_recv)

    def aggregate(self, trade: PrintedTrade, ts_recv: int) -> None:
        """Several trades of one order; they count unless they came one by one."""
        if self._last_aggregate is not None and trade.last_id <= self._last_aggregate:
            self._counts.duplicate_trades += 1
            return
        begin = len(self._rows)
        self._last_aggregate = trade.last_id
        self._append(trade, ts_recv)
        self._spans.append((trade.first_id, trade.last_id, range(begin, len(self._rows))))

    def skip(self, trade_id: int) -> None:
        """A trade that is left out on purpose is not missing."""
        self._singles.append(trade_id)
        self._last = self._count_missing(trade_id, trade_id, self._last)

    def finish(self) -> None:
        """Drop aggregates whose trades came one by one; count what is missing of the others."""
        singles = np.sort(np.array(self._singles, dtype=np.int64))
        last: int | None = None
        for first_id, last_id, rows in self._spans:
            place = int(np.searchsorted(singles, first_id))
            if place < len(singles) and singles[place] <= last_id:
                self._rows.drop(rows)
                self._counts.left_out["aggTrade beside its trades"] += 1
            elif not len(singles):
                last = self._count_missing(first_id, last_id, last)

    def _append(self, trade: PrintedTrade, ts_recv: int) -> None:
        self._rows.message(trade.ts_event, ts_recv)
        self._rows.add_trade(bought=trade.bought, price=trade.price, size=trade.size)

    def _count_missing(self, first_id: int, last_id: int, last: int | None) -> int:
        if last is None:
            return last_id
        if first_id > last + 1:
            self._counts.missing_trades += first_id - last - 1
        return max(last_id, last)
