"""Binance spot, USDS-M and COIN-M futures: combined and raw streams, and REST depth beside them.

Event time of futures is `T`, the moment of the match; `E`, when the message was sent, is not used
where there is a `T`. Spot depth has only `E`; spot bookTicker and snapshots carry no time at all.
Funding: markPrice names the rate and the time of the next payment; of dated contracts neither.
Source: Binance, "Websocket Market Streams" of all three, and "Order Book" of REST.
"""

import re

from msgspec import UNSET, Raw, Struct, UnsetType, field, json

from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import NO_SEQ
from market_maker.venues.recorded.funding_watch import mark_of, rate_of
from market_maker.venues.recorded.lines import ForeignLineError
from market_maker.venues.recorded.rows import UNSTAMPED, MarketRows
from market_maker.venues.recorded.sequenced_book import (
    BestPrices,
    DepthChange,
    DepthSnapshot,
    SequencedBook,
    WireLevels,
    joined_by_counting,
    joined_by_previous,
)
from market_maker.venues.recorded.stamps import nanos_of
from market_maker.venues.recorded.trade_log import PrintedTrade

_PART_OF_DEPTH = re.compile(r"depth(5|10|20)\b")
_SYMBOL_IN_ADDRESS = re.compile(r"[?&]symbol=(\w+)")


class BinanceFrame(Struct):
    """A combined-stream frame, or what a raw stream or REST says without one."""

    stream: str = ""
    data: Raw = Raw(b"")
    event: str = field(name="e", default="")
    symbol: str = field(name="s", default="")
    seq: int | None = field(name="lastUpdateId", default=None)
    best_size: str | None = field(name="B", default=None)


class _Book(Struct):
    """REST depth, or the spot stream of the best levels."""

    seq: int = field(name="lastUpdateId")
    bids: WireLevels
    asks: WireLevels
    matched: int | None = field(name="T", default=None)
    sent: int | None = field(name="E", default=None)
    symbol: str = ""


class _Depth(Struct):
    symbol: str = field(name="s")
    sent: int = field(name="E")
    first: int = field(name="U")
    last: int = field(name="u")
    bids: WireLevels = field(name="b")
    asks: WireLevels = field(name="a")
    matched: int | None = field(name="T", default=None)
    prev: int | UnsetType = field(name="pu", default=UNSET)


class _Best(Struct):
    symbol: str = field(name="s")
    seq: int = field(name="u")
    bid: str = field(name="b")
    bid_size: str = field(name="B")
    ask: str = field(name="a")
    ask_size: str = field(name="A")
    matched: int | None = field(name="T", default=None)


class _Trade(Struct):
    symbol: str = field(name="s")
    matched: int = field(name="T")
    trade_id: int = field(name="t")
    price: str = field(name="p")
    size: str = field(name="q")
    buyer_is_maker: bool = field(name="m")
    kind: str = field(name="X", default="MARKET")


class _Aggregate(Struct):
    symbol: str = field(name="s")
    matched: int = field(name="T")
    first_id: int = field(name="f")
    last_id: int = field(name="l")
    price: str = field(name="p")
    size: str = field(name="q")
    buyer_is_maker: bool = field(name="m")


class _Mark(Struct):
    symbol: str = field(name="s")
    sent: int = field(name="E")
    mark: str = field(name="p", default="")
    rate: str = field(name="r", default="")
    due: int = field(name="T", default=0)


class _Named(Struct):
    symbol: str = field(name="s", default="")


_frame_decoder = json.Decoder(BinanceFrame)
_named_decoder = json.Decoder(_Named)
_book_decoder = json.Decoder(_Book)
_depth_decoder = json.Decoder(_Depth)
_best_decoder = json.Decoder(_Best)
_trade_decoder = json.Decoder(_Trade)
_aggregate_decoder = json.Decoder(_Aggregate)
_mark_decoder = json.Decoder(_Mark)
_marks_decoder = json.Decoder(list[_Mark])


def symbol_of(payload: bytes) -> str | None:
    """The symbol that a line is about, if it says. Raises msgspec.DecodeError."""
    frame = _frame_decoder.decode(payload)
    if not frame.stream:
        return frame.symbol or None
    named = _named_decoder.decode(frame.data).symbol
    return named or frame.stream.partition("@")[0].upper() or None


class StreamKinds(dict[str, str]):
    """The kind of a stream by its name: "btcusdt@depth@100ms" is "depth"; a memory of them."""

    def __missing__(self, stream: str) -> str:
        name = stream.partition("@")[2]
        kind = "part" if _PART_OF_DEPTH.match(name) else name.partition("@")[0]
        self[stream] = kind
        return kind


_KIND_OF_EVENT = {"depthUpdate": "depth", "markPriceUpdate": "markPrice"}
_ALL_MARKS = "!markPrice@arr"


class BinanceStreams:
    """Decodes the lines of one symbol into rows. futures: every depth message must name the one
    before it, and none of spot does."""

    def __init__(self, symbol: str, rows: MarketRows, *, futures: bool) -> None:
        self._symbol, self._futures = symbol, futures
        self._rows, self._counts = rows, rows.counts
        self._book = SequencedBook(rows, joined_by_previous if futures else joined_by_counting)
        self._stream_kinds = StreamKinds()

    def decode(self, ts_recv: int, payload: bytes, address: str) -> None:
        """See lines.LineDecoder."""
        frame = _frame_decoder.decode(payload)
        if frame.stream:
            kind, data = self._stream_kinds[frame.stream], frame.data
        else:
            kind, data = _KIND_OF_EVENT.get(frame.event, frame.event), Raw(payload)
            if not kind and frame.best_size is not None:
                kind = "bookTicker"
        if kind == "depth":
            self._depth(_depth_decoder.decode(data), ts_recv)
        elif kind == "bookTicker":
            self._best(_best_decoder.decode(data), ts_recv)
        elif kind == "trade":
            self._trade(_trade_decoder.decode(data), ts_recv)
        else:
            self._decode_rarer(kind, frame, data, ts_recv, address)

    def finish(self) -> None:
        """See lines.LineDecoder."""
        self._book.finish()

    def _decode_rarer(
        self, kind: str, frame: BinanceFrame, data: Raw, ts_recv: int, address: str
    ) -> None:
        if kind == "aggTrade":
            self._aggregate(_aggregate_decoder.decode(data), ts_recv)
        elif kind == "markPrice":
            self._mark(_mark_decoder.decode(data), ts_recv)
        elif frame.stream.startswith(_ALL_MARKS):
            for wire in _marks_decoder.decode(data):
                self._mark(wire, ts_recv)
        elif kind == "part":
            self._part(frame, ts_recv)
        elif frame.seq is not None:
            self._snapshot(_book_decoder.decode(data), ts_recv, address)
        else:
            self._counts.left_out[kind or "no stream"] += 1

    def _is_ours(self, kind: str, symbol: str) -> bool:
        ours = symbol == self._symbol
        if ours:
            self._counts.kinds[kind] += 1
        else:
            self._counts.left_out[f"{kind} of {symbol}"] += 1
        return ours

    def _snapshot(self, wire: _Book, ts_recv: int, address: str) -> None:
        named = _SYMBOL_IN_ADDRESS.search(address)
        symbol = wire.symbol or (named[1] if named else "")
        if symbol and symbol != self._symbol:
            self._counts.left_out[f"snapshot of {symbol}"] += 1
            return
        self._counts.kinds["snapshot"] += 1
        self._counts.nameless_snapshots += not symbol
        ts_event = UNSTAMPED if wire.matched is None else nanos_of("T", wire.matched)
        self._book.snapshot(DepthSnapshot(wire.seq, ts_event, wire.bids, wire.asks), ts_recv)

    def _part(self, frame: BinanceFrame, ts_recv: int) -> None:
        """The best 5, 10 or 20 levels: as depth on futures, as a bare book on spot."""
        symbol = frame.stream.partition("@")[0].upper()
        if not self._is_ours("best levels", symbol):
            return
        if _frame_decoder.decode(frame.data).event:
            wire = _depth_decoder.decode(frame.data)
            snapshot = DepthSnapshot(wire.last, self._depth_time(wire), wire.bids, wire.asks)
        else:
            book = _book_decoder.decode(frame.data)
            snapshot = DepthSnapshot(book.seq, UNSTAMPED, book.bids, book.asks)
        self._book.part(snapshot, ts_recv)

    def _depth_time(self, wire: _Depth) -> int:
        if wire.matched is None:
            return nanos_of("E", wire.sent)
        return nanos_of("T", wire.matched)

    def _depth(self, wire: _Depth, ts_recv: int) -> None:
        prev = NO_SEQ if wire.prev is UNSET else wire.prev
        if self._futures is (wire.prev is UNSET):
            other = "spot" if self._futures else "futures"
            raise ForeignLineError(f"pu: {prev}: is this a {other} capture?")
        if wire.last < wire.first:
            raise InvalidFieldError("u", wire.last, f"U ({wire.first}) or more")
        ts_event = self._depth_time(wire)
        if self._is_ours("depth", wire.symbol):
            delta = DepthChange(wire.first, wire.last, prev, ts_event, wire.bids, wire.asks)
            self._book.depth(delta, ts_recv)
        else:
            self._counts.depth_of_others[wire.symbol] += 1

    def _best(self, wire: _Best, ts_recv: int) -> None:
        ts_event = UNSTAMPED if wire.matched is None else nanos_of("T", wire.matched)
        if self._is_ours("bookTicker", wire.symbol):
            bid, ask = (wire.bid, wire.bid_size), (wire.ask, wire.ask_size)
            self._book.best(BestPrices(wire.seq, ts_event, bid, ask), ts_recv)

    def _mark(self, wire: _Mark, ts_recv: int) -> None:
        """The mark price, and funding where the contract has any."""
        sent, mark, rate = nanos_of("E", wire.sent), mark_of(wire.mark), rate_of(wire.rate)
        if not self._is_ours("markPrice", wire.symbol):
            return
        if wire.due and rate is not None:
            self._rows.next_funding(nanos_of("T", wire.due), rate, ts_recv)
        self._rows.funding.marked(sent, mark)

    def _trade(self, wire: _Trade, ts_recv: int) -> None:
        ts_event = nanos_of("T", wire.matched)
        ours = wire.symbol == self._symbol
        if ours and wire.kind != "MARKET":  # the insurance fund's and the like: not in the book
            self._counts.left_out[f"trade {wire.kind}"] += 1
            self._book.skip_trade(wire.trade_id)
        elif self._is_ours("trade", wire.symbol):
            trade = PrintedTrade(
                first_id=wire.trade_id,
                last_id=wire.trade_id,
                ts_event=ts_event,
                price=wire.price,
                size=wire.size,
                bought=not wire.buyer_is_maker,
            )
            self._book.trade(trade, ts_recv)

    def _aggregate(self, wire: _Aggregate, ts_recv: int) -> None:
        ts_event = nanos_of("T", wire.matched)
        if self._is_ours("aggTrade", wire.symbol):
            trade = PrintedTrade(
                first_id=wire.first_id,
                last_id=wire.last_id,
                ts_event=ts_event,
                price=wire.price,
                size=wire.size,
                bought=not wire.buyer_is_maker,
            )
            self._book.aggregate(trade, ts_recv)
