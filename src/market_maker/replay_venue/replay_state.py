"""The arrays behind the replay kernels: who owns them, and where they lie."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.events import Levels
from market_maker.model.units import Lots, Ticks
from market_maker.replay_venue import kernels
from market_maker.replay_venue.prepared_rows import PreparedRows, rows_of
from market_maker.replay_venue.recorded_rows import TickWindow
from market_maker.replay_venue.replay_layout import (
    ANSWER,
    BOOK,
    BUY,
    NO_ASK,
    NO_BID,
    ORDER,
    REQUEST,
    ROWS,
    SELL,
    SHOWN,
    SYMBOL,
    TOP,
    VENUE,
)

OPEN_ORDERS_MAX = 256
"""Orders of one symbol, open and on their way to the venue together."""

REQUESTS_MAX = 2 * OPEN_ORDERS_MAX
"""Requests of one symbol on their way. The rings want powers of two."""

ANSWERS_FIRST = 64
"""Answers of one symbol on their way, and answers of all symbols in one advance, to begin with;
both grow."""

VIEWS_FIRST = 64
"""Rows of one symbol on their way to us, to begin with; it grows."""

Records = NDArray[np.void]


class Wires(Struct, frozen=True):
    """The settings that the kernels read: latencies in nanoseconds, the queue model and its
    exponent, and whether a trade fills us in part."""

    feed: int
    response: int
    pessimistic: bool
    exponent: float
    partial_fills: bool


class ReplayState:
    """Arrays for the rows of each symbol.

    address: of the root record; valid as long as this object lives. own_books: what we see is kept
    as books of our own, of which `levels` reads more than the best prices.
    """

    def __init__(
        self, symbols: Sequence[PreparedRows], wires: Wires, *, own_books: bool = False
    ) -> None:
        count = len(symbols)
        self._prepared = list(symbols)  # the kernels read their columns by address
        one_book = [not own_books and rows.lead_ns + wires.feed >= 0 for rows in symbols]
        self._ladders = [
            np.zeros((2 if one else 4, rows.window.width), np.int64)
            for one, rows in zip(one_book, symbols, strict=True)
        ]
        self._books = np.zeros(2 * count, BOOK)
        self._rows = np.zeros(2 * count, ROWS)
        self._symbols = np.zeros(count, SYMBOL)
        self._tops = np.zeros(count, TOP)
        self._top_fields = self._tops.view(np.int64).reshape(count, -1)
        self._orders = np.zeros((count, OPEN_ORDERS_MAX), ORDER)
        self._requests = np.zeros((count, REQUESTS_MAX), REQUEST)
        self._answers = [np.zeros(ANSWERS_FIRST, ANSWER) for _ in symbols]
        self._views = [np.zeros(VIEWS_FIRST if one else 1, SHOWN) for one in one_book]
        self._outbox = np.zeros(ANSWERS_FIRST, ANSWER)
        self._venue = np.zeros(1, VENUE)
        for index, rows in enumerate(symbols):
            ladder, spread = self._ladders[index], rows.window
            self._books[2 * index] = book_of(spread, ladder[0], ladder[1])
            self._books[2 * index + 1] = book_of(spread, ladder[-2], ladder[-1])
            self._rows[2 * index] = rows_of(rows.at_venue)
            self._rows[2 * index + 1] = rows_of(rows.received)
            self._views[index]["known"] = 1  # an empty book, before any row
            self._symbols[index] = self._symbol(index, one_book[index])
        self._wire(wires)
        self.address = _address(self._venue)

    def tops(self) -> list[Any]:
        """TopRecords of the last advance, each as the list of its fields."""
        tops: list[Any] = self._top_fields.tolist()
        return tops

    def answers(self, count: int) -> list[Any]:
        """The first `count` AnswerRecords of the outbox, symbol by symbol, likewise."""
        fields = self._outbox.view(np.int64).reshape(len(self._outbox), -1)
        answers: list[Any] = fields[:count].tolist()
        return answers

    def levels(self, index: int, count: int) -> tuple[Levels, Levels]:
        """The best `count` levels of a symbol's book as it has been received."""
        bids, asks = (self._side(index, side, count) for side in (BUY, SELL))
        return bids, asks

    def _side(self, index: int, side: int, count: int) -> Levels:
        prices, sizes = np.zeros((2, count), np.int64)
        found = kernels.levels(
            self.address, index, side, prices.ctypes.data, sizes.ctypes.data, count
        )
        pairs = zip(prices[:found].tolist(), sizes[:found].tolist(), strict=True)
        return tuple((Ticks(price), Lots(lots)) for price, lots in pairs)

    def rows_received(self) -> int:
        """Rows that have reached us, of all symbols."""
        return int(self._rows["cursor"][1::2].sum())

    @property
    def interrupted(self) -> int:
        """The symbol at which the last advance was interrupted."""
        return int(self._venue[0]["resume"])

    def grow_rings(self, index: int) -> None:
        """Twice the room for what is full of a symbol: its views or its answers."""
        symbol = self._symbols[index]
        first, last, views = symbol["received"], symbol["changed"], self._views[index]
        if symbol["one_book"] and last - first >= len(views) - 1:
            self._views[index] = grown = _twice(views, int(first), int(last) + 1)
            symbol["views"], symbol["view_capacity"] = _address(grown), len(grown)
            return
        head, tail, answers = symbol["answer_head"], symbol["answer_tail"], self._answers[index]
        self._answers[index] = grown = _twice(answers, int(head), int(tail))
        symbol["answers"], symbol["answer_capacity"] = _address(grown), len(grown)

    def grow_outbox(self) -> None:
        """Twice the room for the answers of one advance."""
        self._outbox = np.concatenate([self._outbox, np.zeros_like(self._outbox)])
        self._venue[0]["outbox"] = _address(self._outbox)
        self._venue[0]["outbox_capacity"] = len(self._outbox)

    def _symbol(self, index: int, one_book: bool) -> Records:
        return _record(
            SYMBOL,
            one_book=one_book,
            views=_address(self._views[index]),
            view_capacity=len(self._views[index]),
            noted=-1,
            order_capacity=OPEN_ORDERS_MAX,
            orders=_address(self._orders[index]),
            own_bid=NO_BID,
            own_bid_last=NO_ASK,
            own_ask=NO_ASK,
            own_ask_last=NO_BID,
            request_capacity=REQUESTS_MAX,
            requests=_address(self._requests[index]),
            answer_capacity=ANSWERS_FIRST,
            answers=_address(self._answers[index]),
        )

    def _wire(self, wires: Wires) -> None:
        self._venue[0] = _record(
            VENUE,
            symbols=len(self._symbols),
            symbol=_address(self._symbols),
            books=_address(self._books),
            rows=_address(self._rows),
            tops=_address(self._tops),
            outbox=_address(self._outbox),
            outbox_capacity=len(self._outbox),
            resume=-1,
            feed_latency=wires.feed,
            response_latency=wires.response,
            pessimistic=wires.pessimistic,
            partial_fills=wires.partial_fills,
            exponent=wires.exponent,
        )


def book_of(spread: TickWindow, bids: NDArray[np.int64], asks: NDArray[np.int64]) -> Records:
    """An empty book over two arrays of zeros as wide as `spread`, asks from the highest down."""
    return _record(
        BOOK,
        bids=_address(bids),
        asks=_address(asks),
        low=spread.low,
        high=spread.low + spread.width - 1,
        width=spread.width,
        bid=-1,
        ask=-1,
        lowest=spread.width,
        known=1,
    )


def _record(dtype: np.dtype[Any], **fields: float) -> Records:
    """One record; fields not named are 0."""
    record = np.zeros(1, dtype)
    for name, value in fields.items():
        record[name] = value
    first: Records = record[0]
    return first


def _twice(ring: Records, first: int, end: int) -> Records:
    """A ring of twice the size, with the entries from `first` until before `end`."""
    grown = np.zeros(2 * len(ring), ring.dtype)
    for position in range(first, end):
        grown[position % len(grown)] = ring[position % len(ring)]
    return grown


def _address(array: NDArray[Any]) -> int:
    return array.ctypes.data
