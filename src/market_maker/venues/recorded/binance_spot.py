"""Binance spot: combined-stream frames and the REST depth snapshot beside them.

Depth has only `E`, when it was sent; bookTicker and the snapshot carry no time at all.
"""

from msgspec import UNSET, Struct, UnsetType, field, json

from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import NO_SEQ
from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_MS
from market_maker.venues.recorded import binance
from market_maker.venues.recorded.binance import Delta, Link, Market, WireLevels
from market_maker.venues.recorded.rows import UNSTAMPED, Rows, Tally


class _Snapshot(Struct):
    seq: int = field(name="lastUpdateId")
    bids: WireLevels
    asks: WireLevels


class _Depth(Struct):
    symbol: str = field(name="s")
    sent_ms: int = field(name="E")
    first: int = field(name="U")
    last: int = field(name="u")
    bids: WireLevels = field(name="b")
    asks: WireLevels = field(name="a")
    futures_prev: int | UnsetType = field(name="pu", default=UNSET)


class _Ticker(Struct):
    symbol: str = field(name="s")
    seq: int = field(name="u")
    bid: str = field(name="b")
    bid_size: str = field(name="B")
    ask: str = field(name="a")
    ask_size: str = field(name="A")


class _Trade(Struct):
    symbol: str = field(name="s")
    matched_ms: int = field(name="T")
    trade_id: int = field(name="t")
    price: str = field(name="p")
    size: str = field(name="q")
    buyer_is_maker: bool = field(name="m")


_snapshot_decoder = json.Decoder(_Snapshot)
_depth_decoder = json.Decoder(_Depth)
_ticker_decoder = json.Decoder(_Ticker)
_trade_decoder = json.Decoder(_Trade)


def link(delta: Delta, seq: int, bare: bool) -> Link:
    """Numbers are contiguous: a message begins one after the end of the one before it.

    After a snapshot the first message may have begun earlier: U <= lastUpdateId + 1 <= u.
    """
    if delta.last <= seq:
        return Link.STALE
    follows = delta.first <= seq + 1 if bare else delta.first == seq + 1
    return Link.NEXT if follows else Link.HOLE


class BinanceSpot:
    """Decodes the lines of one symbol into rows."""

    def __init__(self, instrument: Instrument, rows: Rows, tally: Tally) -> None:
        self._symbol, self._tally = instrument.symbol, tally
        self._market = Market(rows, tally, link)
        self._stream_kinds = binance.StreamKinds()

    def decode(self, ts_recv: int, payload: bytes) -> None:
        """See lines.Decoder."""
        frame = binance.decode_frame(payload)
        kind = self._stream_kinds[frame.stream]
        if kind == "depth":
            self._depth(_depth_decoder.decode(frame.data), ts_recv)
        elif kind == "bookTicker":
            self._ticker(_ticker_decoder.decode(frame.data), ts_recv)
        elif kind == "trade":
            self._trade(_trade_decoder.decode(frame.data), ts_recv)
        elif frame.snapshot_seq is not None:
            self._snapshot(_snapshot_decoder.decode(payload), ts_recv)
        else:
            self._tally.unknown[kind or "no stream"] += 1

    def _is_ours(self, kind: str, symbol: str) -> bool:
        ours = symbol == self._symbol
        if ours:
            self._tally.kinds[kind] += 1
        else:
            self._tally.unknown[f"{kind} of {symbol}"] += 1
        return ours

    def _snapshot(self, wire: _Snapshot, ts_recv: int) -> None:
        self._tally.kinds["snapshot"] += 1
        snapshot = binance.Snapshot(wire.seq, UNSTAMPED, wire.bids, wire.asks)
        self._market.snapshot(snapshot, ts_recv)

    def _depth(self, wire: _Depth, ts_recv: int) -> None:
        if wire.futures_prev is not UNSET:
            raise InvalidFieldError(
                "pu", wire.futures_prev, "none on spot: is this a futures capture?"
            )
        ts_event = wire.sent_ms * NANOS_PER_MS
        if self._is_ours("depth", wire.symbol):
            self._tally.see_clocks(ts_event, ts_recv)
            delta = Delta(wire.first, wire.last, NO_SEQ, ts_event, wire.bids, wire.asks)
            self._market.depth(delta, ts_recv)
        else:
            self._tally.depth_of_others[wire.symbol] += 1

    def _ticker(self, wire: _Ticker, ts_recv: int) -> None:
        if self._is_ours("bookTicker", wire.symbol):
            ticker = binance.Ticker(
                wire.seq, UNSTAMPED, wire.bid, wire.bid_size, wire.ask, wire.ask_size
            )
            self._market.ticker(ticker, ts_recv)

    def _trade(self, wire: _Trade, ts_recv: int) -> None:
        ts_event = wire.matched_ms * NANOS_PER_MS
        if self._is_ours("trade", wire.symbol):
            self._tally.see_clocks(ts_event, ts_recv)
            trade = binance.Print(
                wire.trade_id, ts_event, wire.price, wire.size, wire.buyer_is_maker
            )
            self._market.trade(trade, ts_recv)
