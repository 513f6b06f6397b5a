"""Silences of a capture: a broken feed is marked where it broke, a quiet market as alive.

After a silence a venue's sequence numbers say which it was: a book that goes on was quiet, one
that begins anew (CLEAR, or a GAP that was found) was not received. Whole books carry no such proof,
and of a venue that sends them all the time a silence is an outage.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_SECOND

OUTAGE_NS = 10 * NANOS_PER_SECOND
"""A shorter silence is a slow market or a slow line, whatever comes after it."""

NOTICED_NS = NANOS_PER_SECOND
"""A broken feed is noticed so much after its last message."""

ALIVE_EVERY_NS = NANOS_PER_SECOND
"""In a quiet market, as often as venues' heartbeats at least."""

QUIET_NS_MAX = 3_600 * NANOS_PER_SECOND
"""No market is quiet for longer, and rows are put in for no longer."""

ALIVE_MAX = 200_000

_BOOK = np.array([RowKind.BID, RowKind.ASK, RowKind.CLEAR, RowKind.GAP], dtype=np.uint8)
_ANEW = np.array([RowKind.CLEAR, RowKind.GAP], dtype=np.uint8)

Int64s = NDArray[np.int64]


class MarkedRows(Struct, frozen=True, eq=False):
    """Columns with GAP and ALIVE rows put in. source: for each row its place before, -1 for one
    that was put in. outages: how many GAP rows were; silent_ns: how long they lasted."""

    kind: NDArray[np.uint8]
    ts_event: Int64s
    ts_recv: Int64s
    source: Int64s
    outages: int
    silent_ns: int


class _Inserted(Struct):
    """Rows to put in before the places that they name."""

    places: list[int]
    kinds: list[int]
    events: list[int]
    receipts: list[int]

    def add(self, place: int, kind: RowKind, event: int, receipt: int) -> None:
        self.places.append(place)
        self.kinds.append(kind)
        self.events.append(event)
        self.receipts.append(receipt)


def mark_silences(kind: NDArray[np.uint8], ts_event: Int64s, ts_recv: Int64s) -> MarkedRows:
    """Rows in the order of their receipts, with every silence explained."""
    inserted = _Inserted([], [], [], [])
    outages = silent = 0
    book_rows = np.flatnonzero(np.isin(kind, _BOOK))
    known = False
    for place in (np.flatnonzero(np.diff(ts_recv) > 2 * ALIVE_EVERY_NS) + 1).tolist():
        known = known or bool((kind[:place] == RowKind.CLEAR).any())
        following = int(np.searchsorted(book_rows, place))
        if not known or following == len(book_rows):
            continue
        before, after = int(ts_recv[place - 1]), int(ts_recv[place])
        offset = int(ts_event[place - 1]) - before
        anew = bool(np.isin(kind[book_rows[following]], _ANEW))
        if anew and after - before > OUTAGE_NS:
            broke = before + NOTICED_NS
            inserted.add(place, RowKind.GAP, broke + offset, broke)
            outages, silent = outages + 1, silent + after - broke
        elif not anew and after - before <= QUIET_NS_MAX and len(inserted.places) < ALIVE_MAX:
            for receipt in range(before + ALIVE_EVERY_NS, after, ALIVE_EVERY_NS):
                inserted.add(place, RowKind.ALIVE, receipt + offset, receipt)
    return _with(kind, ts_event, ts_recv, inserted, (outages, silent))


def _with(
    kind: NDArray[np.uint8],
    ts_event: Int64s,
    ts_recv: Int64s,
    inserted: _Inserted,
    counts: tuple[int, int],
) -> MarkedRows:
    places = np.array(inserted.places, dtype=np.int64)
    none = np.full(len(places), -1, dtype=np.int64)
    return MarkedRows(
        kind=np.insert(kind, places, np.array(inserted.kinds, dtype=np.uint8)),
        ts_event=np.insert(ts_event, places, np.array(inserted.events, dtype=np.int64)),
        ts_recv=np.insert(ts_recv, places, np.array(inserted.receipts, dtype=np.int64)),
        source=np.insert(np.arange(len(kind), dtype=np.int64), places, none),
        outages=counts[0],
        silent_ns=counts[1],
    )
