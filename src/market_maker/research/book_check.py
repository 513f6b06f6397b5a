"""Rebuilds the book of a recording row by row, the slow and obvious way, to judge it."""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from market_maker.model.recording import Recording, RowKind
from market_maker.venues.recorded.rows import ExpectedTop

CHUNK_ROWS = 100_000


class BookCheck(Struct, frozen=True):
    """crossed: messages after which best bid >= best ask, of the levels or of the best prices.
    usable: messages after which there are both and they do not cross. compared, agreed: tops that
    another feed reported, and those of them that the levels confirm."""

    crossed: int
    usable: int
    compared: int
    agreed: int


class PlainBook:
    """Sizes by price in a dict for each side."""

    def __init__(self) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self._bid: int | None = None
        self._ask: int | None = None

    def apply(self, kind: int, ticks: int, lots: int) -> None:
        """Apply one row; trades and best prices leave the levels alone."""
        if kind == RowKind.BID:
            _set(self.bids, ticks, lots)
            if lots and self._bid is not None:
                self._bid = max(self._bid, ticks)
            elif ticks == self._bid:
                self._bid = None
        elif kind == RowKind.ASK:
            _set(self.asks, ticks, lots)
            if lots and self._ask is not None:
                self._ask = min(self._ask, ticks)
            elif ticks == self._ask:
                self._ask = None
        elif kind in {RowKind.CLEAR, RowKind.GAP}:
            self.bids.clear()
            self.asks.clear()
            self._bid = self._ask = None

    @property
    def bid(self) -> int | None:
        """Best bid, ticks."""
        if self._bid is None and self.bids:
            self._bid = max(self.bids)
        return self._bid

    @property
    def ask(self) -> int | None:
        """Best ask, ticks."""
        if self._ask is None and self.asks:
            self._ask = min(self.asks)
        return self._ask

    @property
    def crossed(self) -> bool:
        """Whether best bid >= best ask."""
        bid, ask = self.bid, self.ask
        return bid is not None and ask is not None and bid >= ask


def check_book(recording: Recording, expected: Sequence[ExpectedTop]) -> BookCheck:
    """Walk all rows; `expected` in order of rows."""
    book = PlainBook()
    crossed = agreed = usable = 0
    ahead = iter(expected)
    top = next(ahead, None)
    for done, (kind, ticks, lots, ends) in enumerate(_walk(recording), start=1):
        book.apply(kind, ticks, lots)
        if ends and book.crossed:
            crossed += 1
        elif ends and book.bid is not None and book.ask is not None:
            usable += 1
        while top is not None and top.rows == done:
            agreed += _agrees(book, top)
            top = next(ahead, None)
    tops, tops_crossed = _tops(recording)
    return BookCheck(crossed + tops_crossed, usable + tops - tops_crossed, len(expected), agreed)


def _walk(recording: Recording) -> Iterator[tuple[int, int, int, bool]]:
    """(kind, ticks, lots, whether the message ends) of each row; stamps change between
    messages."""
    columns = (recording.ts_recv, recording.ts_event)
    changes = (np.diff(column, append=-1) != 0 for column in columns)
    ends = np.logical_or.reduce(list(changes))
    for start in range(0, recording.rows, CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        parts = (recording.kind, recording.ticks, recording.lots, ends)
        yield from zip(*(part[chunk].tolist() for part in parts), strict=True)


def _tops(recording: Recording) -> tuple[int, int]:
    """How many pairs of best prices there are, and how many of them cross."""
    bids = recording.ticks[recording.kind == RowKind.BEST_BID]
    asks = recording.ticks[recording.kind == RowKind.BEST_ASK]
    return len(bids), int((bids >= asks).sum())


def _agrees(book: PlainBook, top: ExpectedTop) -> bool:
    return (
        book.bid == top.bid
        and book.ask == top.ask
        and book.bids[top.bid] == top.bid_lots
        and book.asks[top.ask] == top.ask_lots
    )


def _set(levels: dict[int, int], ticks: int, lots: int) -> None:
    if lots:
        levels[ticks] = lots
    else:
        levels.pop(ticks, None)
