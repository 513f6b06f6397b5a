"""The rows of a recording while they are being made."""

from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.recording import RowKind
from market_maker.venues.recorded.amounts import Amounts
from market_maker.venues.recorded.counting import CaptureCounts
from market_maker.venues.recorded.funding_watch import FundingWatch

UNSTAMPED = -1
"""A time that is missing: the venue's of an event, or the recorder's of a receipt."""

TRADE_IDS_MAX = 1 << 16

TextLevels = Iterable[tuple[str, str]]
"""Levels as (price, size), as the venue writes them."""


class RawColumns(Struct, frozen=True, eq=False):
    """Columns of all rows before grid and clocks are known. price, size: packed amounts.
    message: index into ts_event and ts_recv, which are per message, as written down; either may be
    UNSTAMPED."""

    kind: NDArray[np.uint8]
    price: NDArray[np.int64]
    size: NDArray[np.int64]
    message: NDArray[np.int64]
    ts_event: NDArray[np.int64]
    ts_recv: NDArray[np.int64]


class ExpectedTop(Struct, frozen=True):
    """What another feed of the venue says the best levels are after `rows` rows; prices and sizes
    in the units of the rows that it is compared with."""

    rows: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class SuspectTrades(Struct, frozen=True):
    """Rows that are no live flow if oldest, an event's time, was long ago upon receipt."""

    rows: range
    oldest: int


class MarketRows:
    """Rows are appended message by message; prices and sizes as the texts of the venue."""

    def __init__(self, counts: CaptureCounts) -> None:
        self.counts = counts
        self.price, self.size = Amounts("price"), Amounts("size")
        self.expected: list[ExpectedTop] = []
        self.suspects: list[SuspectTrades] = []
        self.funding = FundingWatch()
        self._kind = bytearray()
        self._prices, self._sizes = array("q"), array("q")
        self._first_row = array("q")
        self._ts_event, self._ts_recv = array("q"), array("q")
        self._dropped: list[range] = []
        self._mark = (0, 0, 0, 0)

    def __len__(self) -> int:
        return len(self._kind)

    @property
    def has_book(self) -> bool:
        """Whether there was a snapshot."""
        return RowKind.CLEAR in self._kind

    def mark(self) -> None:
        """What is appended from here on can be taken back."""
        self._mark = (
            len(self._kind),
            len(self._first_row),
            len(self.expected),
            len(self.suspects),
        )

    def take_back(self) -> None:
        """Forget what was appended since the mark: half a message is worse than none."""
        rows, messages, expected, suspects = self._mark
        for column in (self._kind, self._prices, self._sizes):
            del column[rows:]
        for stamps in (self._first_row, self._ts_event, self._ts_recv):
            del stamps[messages:]
        del self.expected[expected:], self.suspects[suspects:]

    def message(self, ts_event: int, ts_recv: int) -> None:
        """The rows that follow carry these stamps."""
        self._first_row.append(len(self._kind))
        self._ts_event.append(ts_event)
        self._ts_recv.append(ts_recv)

    def next_funding(self, due: int, rate: Decimal | None, ts_recv: int) -> None:
        """Funding is next paid at `due`, the venue's clock, at `rate` as far as it is known."""
        if self.funding.is_due(due):
            self.message(UNSTAMPED, ts_recv)
        self.funding.next_is(len(self._first_row) - 1, due, rate)

    def add(self, kind: RowKind, price: int = 0, size: int = 0) -> None:
        """Append one row, of packed amounts."""
        self._kind.append(kind)
        self._prices.append(price)
        self._sizes.append(size)

    def add_levels(self, kind: RowKind, levels: TextLevels) -> None:
        """Append a row for each level. A level at 0 is no price, and is left out."""
        to_price, to_size = self.price, self.size
        packed = [(to_price[price], to_size[size]) for price, size in levels]
        if not all(price for price, _ in packed):
            self.counts.left_out["level at price 0"] += sum(not price for price, _ in packed)
            packed = [level for level in packed if level[0]]
        self._kind.extend(bytes((kind,)) * len(packed))
        self._prices.extend([price for price, _ in packed])
        self._sizes.extend([size for _, size in packed])

    def check_levels(self, levels: TextLevels) -> None:
        """Raises InvalidFieldError for levels that could not be added."""
        for price, size in levels:
            _ = self.price[price], self.size[size]

    def add_packed_levels(self, kind: RowKind, prices: Sequence[int], sizes: Sequence[int]) -> None:
        """Append a row for each level, of packed amounts."""
        self._kind.extend(bytes((kind,)) * len(prices))
        self._prices.extend(prices)
        self._sizes.extend(sizes)

    def add_best(self, bid: tuple[str, str], ask: tuple[str, str]) -> None:
        """Append the pair of best prices. A side without orders leaves both out."""
        bid_price, ask_price = self.price[bid[0]], self.price[ask[0]]
        if not bid_price or not ask_price:
            self.counts.left_out["best price of 0"] += 1
            return
        self.add(RowKind.BEST_BID, bid_price, self.size[bid[1]])
        self.add(RowKind.BEST_ASK, ask_price, self.size[ask[1]])

    def add_trade(self, *, bought: bool, price: str, size: str) -> None:
        """Append a trade by the side of its aggressor. One of nothing, or at no price, is counted
        and left out."""
        packed_price, packed_size = self.price[price], self.size[size]
        if not packed_price or not packed_size:
            self.counts.left_out["trade of size or price 0"] += 1
            return
        self.add(RowKind.BUY_TRADE if bought else RowKind.SELL_TRADE, packed_price, packed_size)

    def expect_top(self, bid: tuple[str, str], ask: tuple[str, str]) -> None:
        """Another feed says that these are the best levels now."""
        price, size = self.price, self.size
        here = len(self._kind)
        self.expected.append(
            ExpectedTop(here, price[bid[0]], size[bid[1]], price[ask[0]], size[ask[1]])
        )

    def suspect(self, rows: range, oldest: int) -> None:
        """These rows are a backlog if `oldest`, an event's time, was long ago upon receipt."""
        self.suspects.append(SuspectTrades(rows, oldest))

    def drop(self, rows: range) -> None:
        """Leave these rows out of the columns."""
        self._dropped.append(rows)

    def kept(self) -> NDArray[np.bool_]:
        """Which rows are not dropped."""
        kept = np.ones(len(self._kind), dtype=np.bool_)
        for span in self._dropped:
            kept[span.start : span.stop] = False
        return kept

    def columns(self) -> RawColumns:
        """All rows, those dropped as well."""
        first = np.array(self._first_row, dtype=np.int64)
        per_message = np.diff(np.append(first, len(self._kind)))
        return RawColumns(
            kind=np.frombuffer(bytes(self._kind), dtype=np.uint8),
            price=np.array(self._prices, dtype=np.int64),
            size=np.array(self._sizes, dtype=np.int64),
            message=np.repeat(np.arange(len(first), dtype=np.int64), per_message),
            ts_event=np.array(self._ts_event, dtype=np.int64),
            ts_recv=np.array(self._ts_recv, dtype=np.int64),
        )


class TradeIds:
    """Which trades were seen: the newest TRADE_IDS_MAX of them."""

    def __init__(self) -> None:
        self._seen: dict[int | str, None] = {}

    def is_new(self, trade_id: int | str) -> bool:
        """Whether the id has not been given before."""
        if trade_id in self._seen:
            return False
        self._seen[trade_id] = None
        if len(self._seen) > TRADE_IDS_MAX:
            del self._seen[next(iter(self._seen))]
        return True
