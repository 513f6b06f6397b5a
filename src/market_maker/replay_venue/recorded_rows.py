"""Recordings made ready for the replay kernels: checked, in both orders of time, in a window."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import Recording, RowKind

MARGIN_DIVISOR = 10
MARGIN_TICKS_MIN = 1_000
"""Levels further than one tenth of the price, and than this, beyond the traded and best prices are
left out of the ladder: nothing we do could depend on them."""

_LEVELS = np.array(
    [RowKind.BID, RowKind.ASK, RowKind.BEST_EXPIRED, RowKind.CLEAR, RowKind.GAP], dtype=np.uint8
)
_PRICED = np.array([RowKind.BID, RowKind.ASK], dtype=np.uint8)
_TRADED_OR_BEST = np.array(
    [RowKind.BUY_TRADE, RowKind.SELL_TRADE, RowKind.BEST_BID, RowKind.BEST_ASK], dtype=np.uint8
)


class RecordedColumns(Struct, frozen=True, eq=False):
    """Rows in one order of time; `ts` never goes back. ts_event: the venue's own stamp."""

    kind: NDArray[np.uint8]
    ticks: NDArray[np.int64]
    lots: NDArray[np.int64]
    ts: NDArray[np.int64]
    ts_event: NDArray[np.int64]


class TickWindow(Struct, frozen=True):
    """The ticks low..low+width-1 for which levels are kept; rows_outside: levels left out."""

    low: int
    width: int
    rows_outside: int


def received(recording: Recording) -> RecordedColumns:
    """The rows as we received them. Raises InvalidDataError for what is no recording."""
    columns = RecordedColumns(
        kind=np.ascontiguousarray(recording.kind, dtype=np.uint8),
        ticks=np.ascontiguousarray(recording.ticks, dtype=np.int64),
        lots=np.ascontiguousarray(recording.lots, dtype=np.int64),
        ts=np.ascontiguousarray(recording.ts_recv, dtype=np.int64),
        ts_event=np.ascontiguousarray(recording.ts_event, dtype=np.int64),
    )
    _check(recording.origin, columns)
    return columns


def at_venue(columns: RecordedColumns) -> RecordedColumns:
    """The same rows as they happened at the venue; the same arrays when that is one order.

    Rows of the levels follow one another by sequence number, so they keep the order in which
    they were received even where a snapshot carries a later stamp than the messages after it.
    """
    levels = np.isin(columns.kind, _LEVELS)
    stamps = columns.ts_event[levels]
    ts = columns.ts_event
    if np.any(stamps[1:] < stamps[:-1]):
        ts = ts.copy()
        ts[levels] = np.maximum.accumulate(stamps)
    if not np.any(ts[1:] < ts[:-1]):
        return RecordedColumns(columns.kind, columns.ticks, columns.lots, ts, ts)
    order = np.argsort(ts, kind="stable")
    ts = ts[order]
    return RecordedColumns(columns.kind[order], columns.ticks[order], columns.lots[order], ts, ts)


def window(columns: RecordedColumns) -> TickWindow:
    """Which ticks the ladder spans: every level displayed within the margin around the prices
    that were traded or best; around the median level, where a recording has neither."""
    levels = columns.ticks[np.isin(columns.kind, _PRICED)]
    if not len(levels):
        return TickWindow(0, 1, 0)
    anchors = columns.ticks[np.isin(columns.kind, _TRADED_OR_BEST)]
    if len(anchors):
        lowest, highest = int(anchors.min()), int(anchors.max())
    else:
        lowest = highest = int(np.median(levels))
    lowest -= max(lowest // MARGIN_DIVISOR, MARGIN_TICKS_MIN)
    highest += max(highest // MARGIN_DIVISOR, MARGIN_TICKS_MIN)
    inside = levels[(levels >= lowest) & (levels <= highest)]
    if not len(inside):
        return TickWindow(lowest, 1, len(levels))
    low, high = int(inside.min()), int(inside.max())
    return TickWindow(low, high - low + 1, len(levels) - len(inside))


def _check(source: str, columns: RecordedColumns) -> None:
    if not len(columns.kind):
        raise InvalidDataError(source, "the recording holds no rows")
    arrays = (columns.ticks, columns.lots, columns.ts, columns.ts_event)
    if any(len(column) != len(columns.kind) for column in arrays):
        raise InvalidDataError(source, "the columns of the recording differ in length")
    if np.any(columns.ts[1:] < columns.ts[:-1]):
        raise InvalidDataError(source, "ts_recv goes back")
    if columns.kind.max() > max(RowKind):
        raise InvalidDataError(source, f"a row of unknown kind {columns.kind.max()}")
    if columns.lots.min() < 0:
        raise InvalidDataError(source, "a row with a negative size")
    bids = np.flatnonzero(columns.kind == RowKind.BEST_BID)
    asks = np.flatnonzero(columns.kind == RowKind.BEST_ASK)
    if not np.array_equal(bids + 1, asks):
        raise InvalidDataError(source, "a BEST_BID that is not followed by its BEST_ASK")
