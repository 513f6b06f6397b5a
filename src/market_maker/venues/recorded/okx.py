"""OKX v5 WebSocket messages: books and its kin, books5, bbo-tbt, trades, funding-rate, mark-price.

Source: OKX API guide v5, "Order book channel": a snapshot begins the book anew, an update follows
when its prevSeqId is the seqId before it; without numbers (before 2023) every update is taken.
`side` of a trade is the taker's. Sizes of swaps and futures are contracts. "Funding rate channel":
fundingRate is due at fundingTime.
"""

import re

from msgspec import Raw, Struct, field, json

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.recorded.funding_watch import mark_of, rate_of
from market_maker.venues.recorded.rows import MarketRows, TradeIds
from market_maker.venues.recorded.sequenced_book import (
    BestPrices,
    DepthChange,
    DepthSnapshot,
    Joint,
    SequencedBook,
)
from market_maker.venues.recorded.stamps import nanos_of_text

_IN_CONTRACTS = re.compile(r"-(SWAP|\d{6})$")

_DEPTH = ("books", "books-l2-tbt", "books50-l2-tbt", "books-rpi")
_PARTS = ("books5", "bbo-tbt")


class _Arg(Struct):
    channel: str = ""
    symbol: str = field(name="instId", default="")


class _Message(Struct):
    arg: _Arg = field(default_factory=_Arg)
    action: str = ""
    event: str = ""
    data: Raw = Raw(b"")


class _Book(Struct):
    asks: list[list[str]]
    bids: list[list[str]]
    ts: str
    seq: int | None = field(name="seqId", default=None)
    prev: int | None = field(name="prevSeqId", default=None)


class _Funding(Struct):
    rate: str = field(name="fundingRate", default="")
    due: str = field(name="fundingTime", default="")


class _Mark(Struct):
    mark: str = field(name="markPx")
    ts: str


class _Trade(Struct):
    trade_id: str = field(name="tradeId")
    price: str = field(name="px")
    size: str = field(name="sz")
    side: str
    ts: str


_message_decoder = json.Decoder(_Message)
_books_decoder = json.Decoder(list[_Book])
_funding_decoder = json.Decoder(list[_Funding])
_marks_decoder = json.Decoder(list[_Mark])
_trades_decoder = json.Decoder(list[_Trade])


def symbol_of(payload: bytes) -> str | None:
    """The instrument that a book is of, if the message is one. Raises msgspec.DecodeError."""
    arg = _message_decoder.decode(payload).arg
    return arg.symbol if arg.channel in (*_DEPTH, *_PARTS) else None


def _joined(delta: DepthChange, seq: int, bare: bool) -> Joint:  # noqa: ARG001  # as JointRule
    if delta.prev == seq:
        return Joint.NEXT
    return Joint.STALE if delta.last <= seq else Joint.HOLE


class OkxMessages:
    """Decodes the lines of one instrument into rows. Of several depths the first one counts."""

    def __init__(self, symbol: str, rows: MarketRows) -> None:
        self._symbol, self._rows, self._counts = symbol, rows, rows.counts
        self._book = SequencedBook(rows, _joined)
        self._trade_ids = TradeIds()
        self._depth = ""
        self._count = 0

    def decode(self, ts_recv: int, payload: bytes, address: str) -> None:  # noqa: ARG002  # as LineDecoder
        """See lines.LineDecoder."""
        message = _message_decoder.decode(payload)
        channel, symbol = message.arg.channel, message.arg.symbol
        if not message.data:
            self._counts.left_out[message.event or "no data"] += 1
        elif symbol != self._symbol:
            self._counts.left_out[f"{channel} of {symbol}"] += 1
        elif channel in _DEPTH or channel in _PARTS:
            self._books(channel, message, ts_recv)
        elif channel == "trades":
            self._trades(_trades_decoder.decode(message.data), ts_recv)
        else:
            self._decode_rarer(channel, message.data, ts_recv)

    def _decode_rarer(self, channel: str, data: Raw, ts_recv: int) -> None:
        if channel == "funding-rate":
            for wire in _funding_decoder.decode(data):
                due, rate = nanos_of_text("fundingTime", wire.due), rate_of(wire.rate)
                self._rows.next_funding(due, rate, ts_recv)
        elif channel == "mark-price":
            for price in _marks_decoder.decode(data):
                at, mark = nanos_of_text("ts", price.ts), mark_of(price.mark)
                self._rows.funding.marked(at, mark)
        else:
            self._counts.left_out[channel] += 1
            return
        self._counts.kinds[channel] += 1

    def finish(self) -> None:
        """See lines.LineDecoder."""
        if _IN_CONTRACTS.search(self._symbol):
            self._counts.remark("sizes are contracts, not coins: see the venue for what one holds")

    def _books(self, channel: str, message: _Message, ts_recv: int) -> None:
        if channel in _DEPTH and channel != (self._depth or channel):
            self._counts.left_out[f"{channel} beside {self._depth}"] += 1
            return
        for wire in _books_decoder.decode(message.data):
            self._counts.kinds[channel] += 1
            if channel in _PARTS:
                self._part(channel, wire, ts_recv)
            else:
                self._levels(message.action, wire, ts_recv)
                self._depth = channel

    def _levels(self, action: str, wire: _Book, ts_recv: int) -> None:
        ts_event = nanos_of_text("ts", wire.ts)
        bids, asks = _levels_of(wire.bids), _levels_of(wire.asks)
        self._count += 1
        seq = self._count if wire.seq is None else wire.seq
        prev = seq - 1 if wire.prev is None else wire.prev
        if action == "snapshot":
            self._book.reset(DepthSnapshot(seq, ts_event, bids, asks), ts_recv)
        elif action == "update":
            self._book.depth(DepthChange(seq, seq, prev, ts_event, bids, asks), ts_recv)
        else:
            raise InvalidFieldError("action", action, "snapshot or update")

    def _part(self, channel: str, wire: _Book, ts_recv: int) -> None:
        ts_event = nanos_of_text("ts", wire.ts)
        bids, asks = _levels_of(wire.bids), _levels_of(wire.asks)
        if channel == "books5" or not self._depth:
            seq = 0 if wire.seq is None else wire.seq
            self._book.part(DepthSnapshot(seq, ts_event, bids, asks), ts_recv)
        elif wire.seq is None or not bids or not asks:
            self._counts.left_out["best prices without a number or a side"] += 1
        else:
            self._book.best(BestPrices(wire.seq, ts_event, bids[0], asks[0]), ts_recv)

    def _trades(self, trades: list[_Trade], ts_recv: int) -> None:
        self._counts.kinds["trades"] += 1
        for trade in trades:
            if trade.side not in {"buy", "sell"}:
                raise InvalidFieldError("side", trade.side, "buy or sell")
            if not self._trade_ids.is_new(trade.trade_id):
                self._counts.duplicate_trades += 1
                continue
            self._rows.message(nanos_of_text("ts", trade.ts), ts_recv)
            self._rows.add_trade(bought=trade.side == "buy", price=trade.price, size=trade.size)


def _levels_of(levels: list[list[str]]) -> list[tuple[str, str]]:
    """Price and size of each, of which there are also liquidations and orders."""
    for level in levels:
        if len(level) < 2:  # noqa: PLR2004  # price and size
            raise InvalidFieldError("level", level, "price, size, ...")
    return [(level[0], level[1]) for level in levels]
