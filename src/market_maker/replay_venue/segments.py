"""Stretches of a recording, each a recording by itself: it begins with the book as it stood."""

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import Nanos
from market_maker.replay_venue import kernels
from market_maker.replay_venue.prepared_rows import rows_of
from market_maker.replay_venue.recorded_rows import RecordedColumns, received, window
from market_maker.replay_venue.replay_state import book_of

Int64s = NDArray[np.int64]
_COLUMNS = ("kind", "ticks", "lots", "ts_event", "ts_recv")


def equal_segments(recording: Recording, count: int) -> Iterator[Recording]:
    """`recording` cut into `count` stretches of equal time. Raises InvalidFieldError where one of
    them would hold nothing."""
    span = recording.end - recording.start
    edges = [Nanos(recording.start + span * number // count) for number in range(count)]
    for start, end in zip(edges, [*edges[1:], Nanos(recording.end + 1)], strict=True):
        yield segment(recording, start, end)


def segment(recording: Recording, start: Nanos, end: Nanos) -> Recording:
    """The rows received from `start` until before `end`, after the book that was known by then.

    Levels far from every price that was traded or best are left out, as in a replay. Raises
    InvalidFieldError where no row was received in that time.
    """
    first, last = np.searchsorted(recording.ts_recv, [start, end]).tolist()
    if first == last:
        allowed = "stretches of time that hold rows each"
        raise InvalidFieldError("segment", f"{start} to {end}", allowed)
    if not first:
        return _rows(recording, 0, last, until=end)
    kept = _rows(recording, first, last, since=start, until=end)
    opening = _opening(recording, first, start)
    joined = {
        name: np.concatenate((column, getattr(kept, name)))
        for name, column in zip(_COLUMNS, opening, strict=True)
    }
    return msgspec.structs.replace(kept, **joined)


def beginning(recording: Recording, share: float) -> Recording:
    """The first `share` of its time, without a copy of any column."""
    end = recording.start + round((recording.end - recording.start) * share)
    last = int(np.searchsorted(recording.ts_recv, end, side="right"))
    return _rows(recording, 0, last, until=end + 1)


def _rows(
    recording: Recording, first: int, last: int, *, since: int = 0, until: int = 0
) -> Recording:
    """Some of the rows, and the payments of funding received from `since` until before `until`."""
    columns = {name: getattr(recording, name)[first:last] for name in _COLUMNS}
    funding = tuple(paid for paid in recording.funding if since <= paid.ts_recv < until)
    return msgspec.structs.replace(recording, **columns, funding=funding)


def _opening(recording: Recording, first: int, start: Nanos) -> tuple[Int64s, ...]:
    """Rows that make the book of the rows before `first`, received at `start`; the venue's stamp
    is the last of those rows'."""
    past = received(_rows(recording, 0, first))
    spread = window(past)
    ladder = np.zeros((2, spread.width), np.int64)
    book = np.array([book_of(spread, ladder[0], ladder[1])])
    columns = RecordedColumns(past.kind, past.ticks, past.lots, past.ts, past.ts_event)
    record = np.array([rows_of(columns)])
    until = np.array([past.ts[-1]], np.int64)
    found = np.zeros(1, np.int64)
    moment, mid_x2 = until.ctypes.data, found.ctypes.data
    kernels.mids(book.ctypes.data, record.ctypes.data, moment, mid_x2, 1)
    rows: list[tuple[int, int, int]] = [(RowKind.CLEAR, 0, 0)]
    for side, shown in ((RowKind.BID, ladder[0]), (RowKind.ASK, ladder[1][::-1])):
        places = np.flatnonzero(shown).tolist()
        rows += [(side, spread.low + at, int(shown[at])) for at in places]
    state = book[0]
    if state["best_holds"]:
        rows.append((RowKind.BEST_BID, int(state["best_bid"]), int(state["best_bid_lots"])))
        rows.append((RowKind.BEST_ASK, int(state["best_ask"]), int(state["best_ask_lots"])))
    if not state["known"]:
        rows = [(RowKind.GAP, 0, 0)]
    kind, ticks, lots = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    stamp = np.full(len(rows), int(past.ts_event.max()), np.int64)
    return kind.astype(np.uint8), ticks, lots, stamp, np.full(len(rows), start, np.int64)
