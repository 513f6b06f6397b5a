"""Hyperliquid WebSocket frames: l2Book, always a whole book of 20 levels, and trades.

Source: Hyperliquid docs, "WebSocket subscriptions": WsBook, WsTrade. `side` is the aggressor's.
"""

from msgspec import Raw, Struct, field, json

from market_maker.model.instrument import Instrument
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND
from market_maker.venues.recorded.rows import Rows, Tally, TradeIds

BACKLOG_AGE_NS = 5 * NANOS_PER_SECOND
"""A trades frame that holds a trade this much older than its receipt, beside the fastest
message of the capture, is what the venue sends upon subscription and no live flow."""


class _Frame(Struct):
    channel: str
    data: Raw = Raw(b"{}")


class _Level(Struct):
    price: str = field(name="px")
    size: str = field(name="sz")


class _Book(Struct):
    coin: str
    time: int
    levels: tuple[list[_Level], list[_Level]]


class _Trade(Struct):
    coin: str
    side: str
    price: str = field(name="px")
    size: str = field(name="sz")
    time: int
    trade_id: int = field(name="tid")


class _Named(Struct):
    coin: str


_frame_decoder = json.Decoder(_Frame)
_named_decoder = json.Decoder(_Named)
_book_decoder = json.Decoder(_Book)
_trades_decoder = json.Decoder(list[_Trade])


def symbol_of(payload: bytes) -> str | None:
    """The coin that a book is of, if the line is one. Raises msgspec.DecodeError."""
    frame = _frame_decoder.decode(payload)
    return _named_decoder.decode(frame.data).coin if frame.channel == "l2Book" else None


class Hyperliquid:
    """Decodes the lines of one coin into rows.

    Which trades frames are backlog is known only when all clocks have been seen: `finish`.
    """

    def __init__(self, instrument: Instrument, rows: Rows, tally: Tally) -> None:
        self._symbol, self._rows, self._tally = instrument.symbol, rows, tally
        self._book_time = 0
        self._trade_ids = TradeIds()
        self._ages: list[tuple[int, range]] = []

    def decode(self, ts_recv: int, payload: bytes) -> None:
        """See lines.Decoder."""
        frame = _frame_decoder.decode(payload)
        if frame.channel == "l2Book":
            self._book(_book_decoder.decode(frame.data), ts_recv)
        elif frame.channel == "trades":
            self._trades(_trades_decoder.decode(frame.data), ts_recv)
        else:
            self._tally.unknown[frame.channel] += 1

    def finish(self) -> None:
        """Drop the trades of backlog frames."""
        if self._tally.offset_min is None:
            return
        for age, span in self._ages:
            if age - self._tally.offset_min > BACKLOG_AGE_NS:
                self._tally.backlog_trades += len(span)
                self._rows.drop(span)

    def _book(self, book: _Book, ts_recv: int) -> None:
        if book.coin != self._symbol:
            self._tally.unknown[f"l2Book of {book.coin}"] += 1
            return
        self._tally.kinds["l2Book"] += 1
        if book.time < self._book_time:
            self._tally.stale_depth += 1
            return
        self._book_time = book.time
        ts_event = book.time * NANOS_PER_MS
        self._tally.see_clocks(ts_event, ts_recv)
        rows = self._rows
        rows.message(ts_event, ts_recv)
        rows.add(RowKind.CLEAR)
        for kind, levels in zip((RowKind.BID, RowKind.ASK), book.levels, strict=True):
            prices = [rows.price[level.price] for level in levels]
            rows.add_levels(kind, prices, [rows.size[level.size] for level in levels])

    def _trades(self, trades: list[_Trade], ts_recv: int) -> None:
        ours = [trade for trade in trades if trade.coin == self._symbol]
        self._tally.kinds["trades"] += 1
        if len(ours) < len(trades):
            self._tally.unknown["trade of another coin"] += len(trades) - len(ours)
        first_row = len(self._rows)
        for trade in ours:
            ts_event = trade.time * NANOS_PER_MS
            self._tally.see_clocks(ts_event, ts_recv)
            self._trade(trade, ts_event, ts_recv)
        age = max((ts_recv - trade.time * NANOS_PER_MS for trade in ours), default=0)
        self._ages.append((age, range(first_row, len(self._rows))))

    def _trade(self, trade: _Trade, ts_event: int, ts_recv: int) -> None:
        if not self._trade_ids.is_new(trade.trade_id):
            self._tally.duplicate_trades += 1
            return
        rows = self._rows
        kind = RowKind.BUY_TRADE if trade.side == "B" else RowKind.SELL_TRADE
        rows.message(ts_event, ts_recv)
        rows.add(kind, rows.price[trade.price], rows.size[trade.size])
