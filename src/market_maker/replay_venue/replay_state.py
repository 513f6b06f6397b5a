"""The arrays behind the replay kernels: who owns them, and where they lie."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.events import Levels
from market_maker.replay_venue.received_depth import best_levels
from market_maker.replay_venue.recorded_rows import RecordedColumns, TickWindow
from market_maker.replay_venue.replay_layout import (
    ANSWER,
    BOOK,
    NO_ASK,
    NO_BID,
    ORDER,
    REQUEST,
    ROWS,
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
    """Arrays for `received` and the same rows `at_venue`, one of each per symbol.

    address: of the root record; valid as long as this object lives.
    """

    def __init__(
        self,
        received: Sequence[RecordedColumns],
        at_venue: Sequence[RecordedColumns],
        windows: Sequence[TickWindow],
        wires: Wires,
    ) -> None:
        count = len(received)
        self._columns = (list(received), list(at_venue))  # the kernels read them by address
        self._ladders = [np.zeros((4, spread.width), np.int64) for spread in windows]
        self._books = np.zeros(2 * count, BOOK)
        self._rows = np.zeros(2 * count, ROWS)
        self._symbols = np.zeros(count, SYMBOL)
        self._tops = np.zeros(count, TOP)
        self._top_fields = self._tops.view(np.int64).reshape(count, -1)
        self._orders = np.zeros((count, OPEN_ORDERS_MAX), ORDER)
        self._requests = np.zeros((count, REQUESTS_MAX), REQUEST)
        self._answers = [np.zeros(ANSWERS_FIRST, ANSWER) for _ in received]
        self._outbox = np.zeros(ANSWERS_FIRST, ANSWER)
        self._venue = np.zeros(1, VENUE)
        for index, spread in enumerate(windows):
            ladder = self._ladders[index]
            self._books[2 * index] = book_of(spread, ladder[0], ladder[1])
            self._books[2 * index + 1] = book_of(spread, ladder[2], ladder[3])
            self._rows[2 * index] = rows_of(at_venue[index])
            self._rows[2 * index + 1] = rows_of(received[index])
            self._symbols[index] = self._symbol(index)
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
        ladder = self._ladders[index]
        return best_levels(self._books[2 * index + 1], ladder[2], ladder[3], count)

    def rows_received(self) -> int:
        """Rows that have reached us, of all symbols."""
        return int(self._rows["cursor"][1::2].sum())

    @property
    def interrupted(self) -> int:
        """The symbol at which the last advance was interrupted."""
        return int(self._venue[0]["resume"])

    def grow_answers(self, index: int) -> None:
        """Twice the room for the answers of a symbol."""
        symbol, ring = self._symbols[index], self._answers[index]
        grown = np.zeros(2 * len(ring), ANSWER)
        for position in range(int(symbol["answer_head"]), int(symbol["answer_tail"])):
            grown[position % len(grown)] = ring[position % len(ring)]
        self._answers[index] = grown
        symbol["answers"], symbol["answer_capacity"] = _address(grown), len(grown)

    def grow_outbox(self) -> None:
        """Twice the room for the answers of one advance."""
        self._outbox = np.concatenate([self._outbox, np.zeros_like(self._outbox)])
        self._venue[0]["outbox"] = _address(self._outbox)
        self._venue[0]["outbox_capacity"] = len(self._outbox)

    def _symbol(self, index: int) -> Records:
        return _record(
            SYMBOL,
            order_capacity=OPEN_ORDERS_MAX,
            orders=_address(self._orders[index]),
            own_bid=NO_BID,
            own_ask=NO_ASK,
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
    """An empty book over two arrays of zeros as wide as `spread`."""
    return _record(
        BOOK,
        bids=_address(bids),
        asks=_address(asks),
        low=spread.low,
        width=spread.width,
        bid=-1,
        ask=spread.width,
        lowest=spread.width,
        highest=-1,
        known=1,
    )


def rows_of(columns: RecordedColumns) -> Records:
    """The addresses of columns, which must outlive them."""
    return _record(
        ROWS,
        count=len(columns.ts),
        kind=_address(columns.kind),
        ticks=_address(columns.ticks),
        lots=_address(columns.lots),
        ts=_address(columns.ts),
        ts_event=_address(columns.ts_event),
    )


def _record(dtype: np.dtype[Any], **fields: float) -> Records:
    """One record; fields not named are 0."""
    record = np.zeros(1, dtype)
    for name, value in fields.items():
        record[name] = value
    first: Records = record[0]
    return first


def _address(array: NDArray[Any]) -> int:
    return array.ctypes.data
