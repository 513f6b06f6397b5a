"""Bybit v5 WebSocket messages: orderbook.N, publicTrade and tickers; its archive of the first two
has one a line.

Source: Bybit docs v5, "Orderbook", "Trade" and "Ticker" of public topics: a snapshot begins the
book anew, a delta follows when its u is one more; u of 1 comes with a snapshot after a restart.
S is the aggressor's side. Event time is cts, of the matching engine, where there is one, else ts.
"""

from msgspec import Raw, Struct, field, json

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.recorded.funding_watch import mark_of, rate_of
from market_maker.venues.recorded.rows import MarketRows, TradeIds
from market_maker.venues.recorded.sequenced_book import (
    DepthChange,
    DepthSnapshot,
    Joint,
    SequencedBook,
    WireLevels,
)
from market_maker.venues.recorded.stamps import nanos_of, nanos_of_text


class _Message(Struct):
    topic: str = ""
    kind: str = field(name="type", default="")
    ts: int = 0
    cts: int = 0
    data: Raw = Raw(b"")


class _Book(Struct):
    symbol: str = field(name="s")
    bids: WireLevels = field(name="b")
    asks: WireLevels = field(name="a")
    seq: int = field(name="u")


class _Ticker(Struct):
    """Of a delta only what changed."""

    mark: str = field(name="markPrice", default="")
    rate: str = field(name="fundingRate", default="")
    due: str = field(name="nextFundingTime", default="")


class _Trade(Struct):
    time: int = field(name="T")
    symbol: str = field(name="s")
    side: str = field(name="S")
    size: str = field(name="v")
    price: str = field(name="p")
    trade_id: str = field(name="i")


_message_decoder = json.Decoder(_Message)
_book_decoder = json.Decoder(_Book)
_ticker_decoder = json.Decoder(_Ticker)
_trades_decoder = json.Decoder(list[_Trade])


def symbol_of(payload: bytes) -> str | None:
    """The symbol that a message is about, if it says. Raises msgspec.DecodeError."""
    topic = _message_decoder.decode(payload).topic
    return topic.rpartition(".")[2] if topic.startswith("orderbook.") else None


def _joined(delta: DepthChange, seq: int, bare: bool) -> Joint:  # noqa: ARG001  # as JointRule
    if delta.last <= seq:
        return Joint.STALE
    return Joint.NEXT if delta.last == seq + 1 else Joint.HOLE


class BybitMessages:
    """Decodes the lines of one symbol into rows. Of several depths the first one counts."""

    def __init__(self, symbol: str, rows: MarketRows) -> None:
        self._symbol, self._rows, self._counts = symbol, rows, rows.counts
        self._book = SequencedBook(rows, _joined)
        self._trade_ids = TradeIds()
        self._depth = ""

    def decode(self, ts_recv: int, payload: bytes, address: str) -> None:  # noqa: ARG002  # as LineDecoder
        """See lines.LineDecoder."""
        message = _message_decoder.decode(payload)
        kind, _, symbol = message.topic.rpartition(".")
        if not kind:
            self._counts.left_out["no topic"] += 1
        elif symbol != self._symbol:
            self._counts.left_out[f"{kind} of {symbol}"] += 1
        elif kind.startswith("orderbook."):
            self._levels(kind, message, ts_recv)
        elif kind == "publicTrade":
            self._trades(_trades_decoder.decode(message.data), ts_recv)
        elif kind == "tickers":
            self._ticker(message, ts_recv)
        else:
            self._counts.left_out[kind] += 1

    def finish(self) -> None:
        """See lines.LineDecoder."""

    def _levels(self, kind: str, message: _Message, ts_recv: int) -> None:
        if kind != (self._depth or kind):
            self._counts.left_out[f"{kind} beside {self._depth}"] += 1
            return
        wire = _book_decoder.decode(message.data)
        ts_event = nanos_of("ts", message.cts or message.ts)
        self._counts.kinds["depth"] += 1
        if message.kind == "snapshot":
            snapshot = DepthSnapshot(wire.seq, ts_event, wire.bids, wire.asks)
            self._book.reset(snapshot, ts_recv)
        elif message.kind == "delta":
            change = DepthChange(wire.seq, wire.seq, wire.seq - 1, ts_event, wire.bids, wire.asks)
            self._book.depth(change, ts_recv)
        else:
            raise InvalidFieldError("type", message.kind, "snapshot or delta")
        self._depth = kind

    def _ticker(self, message: _Message, ts_recv: int) -> None:
        """The mark price, and when funding is next paid, at which rate. A spot ticker has none."""
        wire = _ticker_decoder.decode(message.data)
        at, mark, rate = nanos_of("ts", message.ts), mark_of(wire.mark), rate_of(wire.rate)
        due = nanos_of_text("nextFundingTime", wire.due) if wire.due.strip("0") else 0
        self._counts.kinds["tickers"] += 1
        self._rows.next_funding(due, rate, ts_recv)
        self._rows.funding.marked(at, mark)

    def _trades(self, trades: list[_Trade], ts_recv: int) -> None:
        self._counts.kinds["trades"] += 1
        for trade in trades:
            if trade.side not in {"Buy", "Sell"}:
                raise InvalidFieldError("S", trade.side, "Buy or Sell")
            if not self._trade_ids.is_new(trade.trade_id):
                self._counts.duplicate_trades += 1
                continue
            self._rows.message(nanos_of("T", trade.time), ts_recv)
            self._rows.add_trade(bought=trade.side == "Buy", price=trade.price, size=trade.size)
