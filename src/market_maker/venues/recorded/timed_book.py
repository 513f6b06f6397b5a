"""Feeds without sequence numbers, merged into rows by their times."""

from market_maker.model.recording import RowKind
from market_maker.venues.recorded.rows import MarketRows, TradeIds


class TimedBook:
    """One symbol's feeds. Levels count from the first snapshot on. Best prices count while they
    are newer than the levels; alone, where a capture has no levels, they are a book of one level.
    """

    def __init__(self, rows: MarketRows, *, best_alone: bool = False) -> None:
        self._rows, self._counts = rows, rows.counts
        self._best_alone = best_alone
        self._known = False
        self._depth_time = self._best_time = 0
        self._best_holds = False
        self._trade_ids = TradeIds()

    def clear(self, ts_event: int, ts_recv: int) -> None:
        """A snapshot begins."""
        self._rows.message(ts_event, ts_recv)
        self._rows.add(RowKind.CLEAR)
        self._known, self._best_holds = True, False
        self._depth_time = max(self._depth_time, ts_event)

    def levels(
        self, kind: RowKind, levels: list[tuple[str, str]], ts_event: int, ts_recv: int
    ) -> None:
        """Levels that changed, or those of a snapshot."""
        if not self._known:
            self._counts.stale_depth += 1
            return
        self._rows.message(ts_event, ts_recv)
        if self._best_holds and ts_event >= self._best_time:
            self._rows.add(RowKind.BEST_EXPIRED)
            self._best_holds = False
        self._rows.add_levels(kind, levels)
        self._depth_time = max(self._depth_time, ts_event)

    def best(self, bid: tuple[str, str], ask: tuple[str, str], ts_event: int, ts_recv: int) -> None:
        """Best prices and sizes of a feed of their own."""
        if self._best_alone:
            self.clear(ts_event, ts_recv)
            self._rows.add_levels(RowKind.BID, [bid])
            self._rows.add_levels(RowKind.ASK, [ask])
        elif not self._known or ts_event <= max(self._depth_time, self._best_time):
            self._counts.late_tickers += 1
        else:
            self._rows.message(ts_event, ts_recv)
            self._rows.add_best(bid, ask)
            self._best_time, self._best_holds = ts_event, True

    def trade(
        self,
        trade_id: str,
        quote: tuple[str, str],
        ts_event: int,
        ts_recv: int,
        *,
        bought: bool,
    ) -> None:
        """A trade by the side of its aggressor; quote: price and size. Without an id it counts."""
        if trade_id and not self._trade_ids.is_new(trade_id):
            self._counts.duplicate_trades += 1
            return
        self._rows.message(ts_event, ts_recv)
        self._rows.add_trade(bought=bought, price=quote[0], size=quote[1])
