"""Hyperliquid WebSocket frames, and its archive of them: l2Book, a whole book of up to 20 levels,
bbo, the best prices alone, trades, and activeAssetCtx for its funding.

Source: Hyperliquid docs, "WebSocket subscriptions": WsBook, WsBbo, WsTrade, WsActiveAssetCtx;
"Funding": paid every hour on the position's size at the oracle price; "Historical data" for
the archive, whose lines wrap a frame as {"time", "ver_num", "raw"}. `side` is the aggressor's.
"""

from datetime import UTC, datetime

from msgspec import Raw, Struct, field, json

from market_maker.model.errors import InvalidFieldError
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.venues.recorded.funding_watch import HOURLY, mark_of, rate_of
from market_maker.venues.recorded.rows import UNSTAMPED, MarketRows, TradeIds
from market_maker.venues.recorded.stamps import nanos_of

BACKLOG_AGE_NS = 5 * NANOS_PER_SECOND
"""A trades frame that holds a trade this much older than its receipt, beside the fastest
message of the capture, is what the venue sends upon subscription and no live flow."""


class _Frame(Struct):
    channel: str = ""
    data: Raw = Raw(b"{}")
    raw: Raw = Raw(b"")
    time: str = ""


class _Level(Struct):
    price: str = field(name="px")
    size: str = field(name="sz")


class _Book(Struct):
    coin: str
    time: int
    levels: tuple[list[_Level], list[_Level]]


class _Best(Struct):
    coin: str
    time: int
    bbo: tuple[_Level | None, _Level | None]


class _Trade(Struct):
    coin: str
    side: str
    price: str = field(name="px")
    size: str = field(name="sz")
    time: int
    trade_id: int = field(name="tid")


class _Context(Struct):
    rate: str = field(name="funding", default="")
    oracle: str = field(name="oraclePx", default="")


class _OfCoin(Struct):
    coin: str
    context: _Context = field(name="ctx")


class _Named(Struct):
    coin: str


_frame_decoder = json.Decoder(_Frame)
_named_decoder = json.Decoder(_Named)
_book_decoder = json.Decoder(_Book)
_best_decoder = json.Decoder(_Best)
_context_decoder = json.Decoder(_OfCoin)
_trades_decoder = json.Decoder(list[_Trade])


def symbol_of(payload: bytes) -> str | None:
    """The coin that a book is of, if the line is one. Raises msgspec.DecodeError."""
    frame = _frame_decoder.decode(payload)
    if frame.raw:
        frame = _frame_decoder.decode(frame.raw)
    if frame.channel not in {"l2Book", "bbo"}:
        return None
    return _named_decoder.decode(frame.data).coin


class HyperliquidFrames:
    """Decodes the lines of one coin into rows. Which trades frames are backlog is known only when
    all clocks have been seen: they are suspected."""

    def __init__(self, symbol: str, rows: MarketRows) -> None:
        self._symbol, self._rows, self._counts = symbol, rows, rows.counts
        self._book_time = self._best_time = 0
        self._trade_ids = TradeIds()

    def decode(self, ts_recv: int, payload: bytes, address: str) -> None:  # noqa: ARG002  # as LineDecoder
        """See lines.LineDecoder."""
        frame = _frame_decoder.decode(payload)
        if frame.raw:
            if ts_recv == UNSTAMPED and frame.time:
                ts_recv = _archive_time(frame.time)
            frame = _frame_decoder.decode(frame.raw)
        if frame.channel == "l2Book":
            self._book(_book_decoder.decode(frame.data), ts_recv)
        elif frame.channel == "bbo":
            self._best(_best_decoder.decode(frame.data), ts_recv)
        elif frame.channel == "trades":
            self._trades(_trades_decoder.decode(frame.data), ts_recv)
        elif frame.channel == "activeAssetCtx":
            self._context(_context_decoder.decode(frame.data), ts_recv)
        else:
            self._counts.left_out[frame.channel or "no channel"] += 1

    def finish(self) -> None:
        """See lines.LineDecoder."""

    def _is_ours(self, kind: str, coin: str) -> bool:
        if coin != self._symbol:
            self._counts.left_out[f"{kind} of {coin}"] += 1
            return False
        self._counts.kinds[kind] += 1
        return True

    def _book(self, book: _Book, ts_recv: int) -> None:
        ts_event = nanos_of("time", book.time)
        if not self._is_ours("l2Book", book.coin):
            return
        if book.time < self._book_time:
            self._counts.stale_depth += 1
            return
        rows = self._rows
        rows.message(ts_event, ts_recv)
        rows.add(RowKind.CLEAR)
        for kind, levels in zip((RowKind.BID, RowKind.ASK), book.levels, strict=True):
            rows.add_levels(kind, [(level.price, level.size) for level in levels])
        self._book_time = book.time

    def _best(self, best: _Best, ts_recv: int) -> None:
        """Best prices count while they are newer than the book; a CLEAR ends them."""
        ts_event = nanos_of("time", best.time)
        if not self._is_ours("bbo", best.coin):
            return
        bid, ask = best.bbo
        if best.time <= max(self._book_time, self._best_time) or not self._book_time:
            self._counts.late_tickers += 1
        elif bid is None or ask is None:
            self._counts.left_out["bbo of one side"] += 1
        else:
            self._rows.message(ts_event, ts_recv)
            self._rows.add_best((bid.price, bid.size), (ask.price, ask.size))
            self._best_time = best.time

    def _context(self, wire: _OfCoin, ts_recv: int) -> None:
        """Funding is paid every full hour, at the oracle's price; a context names no time."""
        rate, oracle = rate_of(wire.context.rate), mark_of(wire.context.oracle)
        if not self._is_ours("activeAssetCtx", wire.coin):
            return
        if ts_recv == UNSTAMPED:
            self._counts.left_out["activeAssetCtx without a receipt"] += 1
            return
        watch = self._rows.funding
        watch.period = HOURLY
        self._rows.next_funding((ts_recv // HOURLY + 1) * HOURLY, rate, ts_recv)
        watch.marked(ts_recv, oracle)

    def _trades(self, trades: list[_Trade], ts_recv: int) -> None:
        ours = [trade for trade in trades if trade.coin == self._symbol]
        self._counts.kinds["trades"] += 1
        if len(ours) < len(trades):
            self._counts.left_out["trade of another coin"] += len(trades) - len(ours)
        first_row = len(self._rows)
        for trade in ours:
            self._trade(trade, ts_recv)
        if ours:
            oldest = min(nanos_of("time", trade.time) for trade in ours)
            self._rows.suspect(range(first_row, len(self._rows)), oldest)

    def _trade(self, trade: _Trade, ts_recv: int) -> None:
        if trade.side not in {"A", "B"}:
            raise InvalidFieldError("side", trade.side, "A or B")
        if not self._trade_ids.is_new(trade.trade_id):
            self._counts.duplicate_trades += 1
            return
        self._rows.message(nanos_of("time", trade.time), ts_recv)
        self._rows.add_trade(bought=trade.side == "B", price=trade.price, size=trade.size)


def _archive_time(text: str) -> int:
    """2025-10-24T20:00:00.000000000", UTC, as nanoseconds."""
    second, _, fraction = text.rstrip("Z").partition(".")
    try:
        whole = datetime.strptime(second, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
        nanos = int(fraction[:9].ljust(9, "0") or "0")
    except ValueError:
        raise InvalidFieldError("time", text, "like 2025-10-24T20:00:00.000000000") from None
    return int(whole.timestamp()) * NANOS_PER_SECOND + nanos
