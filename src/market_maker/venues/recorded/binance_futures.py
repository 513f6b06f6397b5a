"""Binance USDS-M futures: combined-stream frames and the REST depth snapshot beside them.

Event time is `T`, the moment of the match; `E`, when the message was sent, is not used.
"""

from msgspec import Struct, field, json

from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_MS
from market_maker.venues.recorded import binance
from market_maker.venues.recorded.binance import Delta, Link, Market, WireLevels
from market_maker.venues.recorded.rows import Rows, Tally


class _Snapshot(Struct):
    seq: int = field(name="lastUpdateId")
    matched_ms: int = field(name="T")
    bids: WireLevels
    asks: WireLevels


class _Depth(Struct):
    symbol: str = field(name="s")
    matched_ms: int = field(name="T")
    first: int = field(name="U")
    last: int = field(name="u")
    prev: int = field(name="pu")
    bids: WireLevels = field(name="b")
    asks: WireLevels = field(name="a")


class _Ticker(Struct):
    symbol: str = field(name="s")
    matched_ms: int = field(name="T")
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
    kind: str = field(name="X")


_snapshot_decoder = json.Decoder(_Snapshot)
_depth_decoder = json.Decoder(_Depth)
_ticker_decoder = json.Decoder(_Ticker)
_trade_decoder = json.Decoder(_Trade)


def link(delta: Delta, seq: int, bare: bool) -> Link:
    """Each message names the last number of the one before it (`pu`).

    After a snapshot the venue documents U <= lastUpdateId <= u. Numbers between pu and U belong
    to other symbols, so pu <= lastUpdateId says the same and holds on to snapshots in between.
    """
    if delta.last < seq or (delta.last == seq and not bare):
        return Link.STALE
    follows = delta.prev <= seq if bare else delta.prev == seq
    return Link.NEXT if follows else Link.HOLE


class BinanceFutures:
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

    def _is_ours(self, kind: str, symbol: str, ts_event: int, ts_recv: int) -> bool:
        if symbol != self._symbol:
            self._tally.unknown[f"{kind} of {symbol}"] += 1
            return False
        self._tally.kinds[kind] += 1
        self._tally.see_clocks(ts_event, ts_recv)
        return True

    def _snapshot(self, wire: _Snapshot, ts_recv: int) -> None:
        ts_event = wire.matched_ms * NANOS_PER_MS
        self._tally.kinds["snapshot"] += 1
        self._tally.see_clocks(ts_event, ts_recv)
        snapshot = binance.Snapshot(wire.seq, ts_event, wire.bids, wire.asks)
        self._market.snapshot(snapshot, ts_recv)

    def _depth(self, wire: _Depth, ts_recv: int) -> None:
        ts_event = wire.matched_ms * NANOS_PER_MS
        if self._is_ours("depth", wire.symbol, ts_event, ts_recv):
            delta = Delta(wire.first, wire.last, wire.prev, ts_event, wire.bids, wire.asks)
            self._market.depth(delta, ts_recv)
        else:
            self._tally.depth_of_others[wire.symbol] += 1

    def _ticker(self, wire: _Ticker, ts_recv: int) -> None:
        ts_event = wire.matched_ms * NANOS_PER_MS
        if self._is_ours("bookTicker", wire.symbol, ts_event, ts_recv):
            ticker = binance.Ticker(
                wire.seq, ts_event, wire.bid, wire.bid_size, wire.ask, wire.ask_size
            )
            self._market.ticker(ticker, ts_recv)

    def _trade(self, wire: _Trade, ts_recv: int) -> None:
        ts_event = wire.matched_ms * NANOS_PER_MS
        if wire.kind != "MARKET":  # the insurance fund's and the like never met the book
            self._tally.unknown[f"trade {wire.kind}"] += 1
        elif self._is_ours("trade", wire.symbol, ts_event, ts_recv):
            trade = binance.Print(
                wire.trade_id, ts_event, wire.price, wire.size, wire.buyer_is_maker
            )
            self._market.trade(trade, ts_recv)
