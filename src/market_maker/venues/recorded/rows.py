"""The rows of a recording while they are being made, and what was noticed on the way."""

from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.instrument import Instrument
from market_maker.model.recording import RowKind
from market_maker.venues.recorded.grid import Grid

UNSTAMPED = -1
"""Event time of a message in which the venue gave none."""

SAMPLES_MAX = 3
SAMPLE_LENGTH_MAX = 120
TRADE_IDS_MAX = 1 << 16


class Columns(Struct, frozen=True, eq=False):
    """The columns of a Recording before both clocks have been brought together."""

    kind: NDArray[np.uint8]
    ticks: NDArray[np.int64]
    lots: NDArray[np.int64]
    ts_event: NDArray[np.int64]
    ts_recv: NDArray[np.int64]


class ExpectedTop(Struct, frozen=True):
    """What another feed of the venue says the best levels are after `rows` rows."""

    rows: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class Tally:
    """What was counted while a capture was read.

    lines: all lines. kinds: messages understood, by kind. unknown: messages of kinds that
    carry nothing for a recording, or of other symbols. depth_of_others: of these, depth by
    symbol. malformed: lines that could not be decoded, with samples. stale_depth: depth
    messages older than the book. unusable_snapshots: snapshots older than the depth messages
    held for them. gaps: breaks of the sequence after sync. late_tickers: best prices no newer
    than the book. duplicate_trades, backlog_trades: dropped. missing_trades: numbers skipped
    in the venue's trade ids. receipt_reversals: stamps of the recorder that went back; held at
    the one before. offset_min: smallest receipt minus event time, nanoseconds; None until a
    message had both. mismatches: messages at odds with the book beside them. rounded_sizes:
    different sizes between two lots, kept as the upper one.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.kinds: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.depth_of_others: Counter[str] = Counter()
        self.malformed = 0
        self.samples: list[str] = []
        self.stale_depth = 0
        self.unusable_snapshots = 0
        self.gaps = 0
        self.late_tickers = 0
        self.duplicate_trades = 0
        self.backlog_trades = 0
        self.missing_trades = 0
        self.receipt_reversals = 0
        self.mismatches = 0
        self.rounded_sizes = 0
        self.offset_min: int | None = None

    def see_clocks(self, ts_event: int, ts_recv: int) -> None:
        """Note the distance between the venue's clock and the recorder's."""
        offset = ts_recv - ts_event
        if self.offset_min is None or offset < self.offset_min:
            self.offset_min = offset

    def see_malformed(self, source: str, problem: str) -> None:
        """Count a line that could not be decoded and keep the first few for the report."""
        self.malformed += 1
        if len(self.samples) < SAMPLES_MAX:
            self.samples.append(f"{source}: {problem}"[:SAMPLE_LENGTH_MAX])


class Rows:
    """Rows are appended message by message; `grids` turn the venue's texts into integers."""

    def __init__(self, instrument: Instrument) -> None:
        self.price = Grid("price", instrument.tick_size)
        self.size = Grid("size", instrument.lot_size, rounds_up=True)
        self.expected: list[ExpectedTop] = []
        self._kind = bytearray()
        self._ticks = array("q")
        self._lots = array("q")
        self._first_row = array("q")
        self._ts_event = array("q")
        self._ts_recv = array("q")
        self._dropped: list[range] = []

    def __len__(self) -> int:
        return len(self._kind)

    def message(self, ts_event: int, ts_recv: int) -> None:
        """The rows that follow carry these stamps."""
        self._first_row.append(len(self._kind))
        self._ts_event.append(ts_event)
        self._ts_recv.append(ts_recv)

    def add(self, kind: RowKind, ticks: int = 0, lots: int = 0) -> None:
        """Append one row."""
        self._kind.append(kind)
        self._ticks.append(ticks)
        self._lots.append(lots)

    def add_levels(self, kind: RowKind, ticks: Sequence[int], lots: Sequence[int]) -> None:
        """Append a row for each level."""
        self._kind.extend(bytes((kind,)) * len(ticks))
        self._ticks.extend(ticks)
        self._lots.extend(lots)

    def expect_top(self, bid: int, bid_lots: int, ask: int, ask_lots: int) -> None:
        """Another feed says that these are the best levels now."""
        self.expected.append(ExpectedTop(len(self._kind), bid, bid_lots, ask, ask_lots))

    def drop(self, rows: range) -> None:
        """Leave these rows out of the columns."""
        self._dropped.append(rows)

    def columns(self) -> Columns:
        """The columns of all rows appended and not dropped."""
        kept = np.ones(len(self._kind), dtype=np.bool_)
        for span in self._dropped:
            kept[span.start : span.stop] = False
        first = np.array(self._first_row, dtype=np.int64)
        per_message = np.diff(np.append(first, len(self._kind)))
        return Columns(
            kind=np.frombuffer(bytes(self._kind), dtype=np.uint8)[kept],
            ticks=np.array(self._ticks, dtype=np.int64)[kept],
            lots=np.array(self._lots, dtype=np.int64)[kept],
            ts_event=np.repeat(np.array(self._ts_event, dtype=np.int64), per_message)[kept],
            ts_recv=np.repeat(np.array(self._ts_recv, dtype=np.int64), per_message)[kept],
        )


class TradeIds:
    """Which trades were seen: the newest TRADE_IDS_MAX of them."""

    def __init__(self) -> None:
        self._seen: dict[int, None] = {}

    def is_new(self, trade_id: int) -> bool:
        """Whether the id has not been given before."""
        if trade_id in self._seen:
            return False
        self._seen[trade_id] = None
        if len(self._seen) > TRADE_IDS_MAX:
            del self._seen[next(iter(self._seen))]
        return True
