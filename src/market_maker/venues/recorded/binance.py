"""What both Binance markets share: frames, and a book kept in step with a REST snapshot.

Source: Binance, "How to manage a local order book correctly", for spot and USDS-M futures.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from market_maker.model.recording import RowKind
from market_maker.venues.recorded.rows import Rows, Tally, TradeIds

HELD_MAX = 4_096
"""Depth messages held while a snapshot is awaited: minutes of the fastest feed."""

WireLevels: TypeAlias = list[tuple[str, str]]


class Frame(Struct):
    """A combined-stream frame; or, without `stream`, the answer of REST GET /depth."""

    stream: str = ""
    data: Raw = Raw(b"{}")
    snapshot_seq: int | None = field(name="lastUpdateId", default=None)


class Snapshot(Struct, frozen=True, gc=False):
    """The book of REST GET /depth as of sequence number `seq`; ts_event may be UNSTAMPED."""

    seq: int
    ts_event: int
    bids: WireLevels
    asks: WireLevels


class Delta(Struct, frozen=True, gc=False):
    """A depthUpdate: levels that changed in first..last; prev is `last` of the one before."""

    first: int
    last: int
    prev: int
    ts_event: int
    bids: WireLevels
    asks: WireLevels


class Ticker(Struct, frozen=True, gc=False):
    """A bookTicker as of sequence number `seq`; ts_event may be UNSTAMPED."""

    seq: int
    ts_event: int
    bid: str
    bid_size: str
    ask: str
    ask_size: str


class Print(Struct, frozen=True, gc=False):
    """A trade."""

    trade_id: int
    ts_event: int
    price: str
    size: str
    buyer_is_maker: bool


class Link(Enum):
    """How a depth message joins the book."""

    STALE = 0
    NEXT = 1
    HOLE = 2


LinkRule: TypeAlias = Callable[[Delta, int, bool], Link]
"""(depth message, sequence number of the book, whether the book is a bare snapshot) -> Link."""


class _Named(Struct):
    symbol: str | None = field(name="s", default=None)


_frame_decoder = Decoder(Frame)
_named_decoder = Decoder(_Named)


def symbol_of(payload: bytes) -> str | None:
    """The symbol that a line is about, if it says. Raises msgspec.DecodeError."""
    return _named_decoder.decode(decode_frame(payload).data).symbol


def decode_frame(payload: bytes) -> Frame:
    """The outer layer of a line. Raises msgspec.DecodeError."""
    return _frame_decoder.decode(payload)


class StreamKinds(dict[str, str]):
    """The kind of a stream by its name: "btcusdt@depth@100ms" is "depth"; a memory of them."""

    def __missing__(self, stream: str) -> str:
        kind = self[stream] = stream.partition("@")[2].partition("@")[0]
        return kind


class Market:
    """One symbol's feeds, merged into rows."""

    def __init__(self, rows: Rows, tally: Tally, link: LinkRule) -> None:
        self._rows, self._tally, self._link = rows, tally, link
        self._seq: int | None = None  # of the book; None while it is unknown
        self._bare = False  # the book is a snapshot to which nothing has been added
        self._held: deque[Delta] = deque(maxlen=HELD_MAX)
        self._ticker_seq = -1
        self._ticker: Ticker | None = None  # best prices that hold now
        self._trade_ids = TradeIds()
        self._last_trade_id: int | None = None

    def snapshot(self, snapshot: Snapshot, ts_recv: int) -> None:
        """Start the book again, and bring it up with the depth messages held before.

        They must be replayed: a book that is only replaced lacks what happened between the
        moment of the snapshot and its arrival, and is crossed soon after.
        """
        if self._seq is not None and snapshot.seq <= self._seq:
            self._tally.kinds["snapshot not needed"] += 1
            return
        fresh = [d for d in self._held if self._link(d, snapshot.seq, True) is not Link.STALE]
        if fresh and self._link(fresh[0], snapshot.seq, True) is Link.HOLE:
            self._tally.unusable_snapshots += 1
            return
        self._rows.message(snapshot.ts_event, ts_recv)
        self._rows.add(RowKind.CLEAR)
        self._add_levels(snapshot.bids, snapshot.asks)
        self._seq, self._bare, self._ticker = snapshot.seq, True, None
        self._tally.stale_depth += len(self._held) - len(fresh)
        self._held.clear()
        for delta in fresh:
            self.depth(delta, ts_recv)

    def depth(self, delta: Delta, ts_recv: int) -> None:
        """Add a depth message to the book, hold it for a snapshot, or drop it."""
        if self._seq is None:
            self._held.append(delta)
            return
        link = self._link(delta, self._seq, self._bare)
        if link is Link.STALE:
            self._tally.stale_depth += 1
        elif link is Link.NEXT:
            self._advance(delta, ts_recv)
        else:
            self._lose(delta, ts_recv)

    def ticker(self, ticker: Ticker, ts_recv: int) -> None:
        """Best prices count while they are newer than the book."""
        if ticker.seq <= self._ticker_seq or self._seq is None or ticker.seq <= self._seq:
            self._tally.late_tickers += 1
            if ticker.seq == self._seq:
                self._expect(ticker)
            return
        self._ticker_seq, self._ticker = ticker.seq, ticker
        rows = self._rows
        rows.message(ticker.ts_event, ts_recv)
        rows.add(RowKind.BEST_BID, rows.price[ticker.bid], rows.size[ticker.bid_size])
        rows.add(RowKind.BEST_ASK, rows.price[ticker.ask], rows.size[ticker.ask_size])

    def trade(self, trade: Print, ts_recv: int) -> None:
        """A trade counts once, wherever its price lies."""
        if not self._trade_ids.is_new(trade.trade_id):
            self._tally.duplicate_trades += 1
            return
        if self._last_trade_id is not None and trade.trade_id > self._last_trade_id + 1:
            self._tally.missing_trades += trade.trade_id - self._last_trade_id - 1
        self._last_trade_id = max(trade.trade_id, self._last_trade_id or 0)
        kind = RowKind.SELL_TRADE if trade.buyer_is_maker else RowKind.BUY_TRADE
        self._rows.message(trade.ts_event, ts_recv)
        self._rows.add(kind, self._rows.price[trade.price], self._rows.size[trade.size])

    def _advance(self, delta: Delta, ts_recv: int) -> None:
        self._rows.message(delta.ts_event, ts_recv)
        caught_up = self._ticker if delta.last >= self._ticker_seq else None
        if caught_up is not None:
            self._rows.add(RowKind.BEST_EXPIRED)
            self._ticker = None
        self._add_levels(delta.bids, delta.asks)
        self._seq, self._bare = delta.last, False
        if caught_up is not None and caught_up.seq == delta.last:
            self._expect(caught_up)

    def _lose(self, delta: Delta, ts_recv: int) -> None:
        self._tally.gaps += 1
        self._rows.message(delta.ts_event, ts_recv)
        self._rows.add(RowKind.GAP)
        self._seq, self._ticker = None, None
        self._held.append(delta)

    def _add_levels(self, bids: WireLevels, asks: WireLevels) -> None:
        price, size = self._rows.price, self._rows.size
        for kind, levels in ((RowKind.BID, bids), (RowKind.ASK, asks)):
            self._rows.add_levels(kind, [price[p] for p, _ in levels], [size[s] for _, s in levels])

    def _expect(self, ticker: Ticker) -> None:
        price, size = self._rows.price, self._rows.size
        self._rows.expect_top(
            price[ticker.bid], size[ticker.bid_size], price[ticker.ask], size[ticker.ask_size]
        )
