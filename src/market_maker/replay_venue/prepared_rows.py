"""Recordings made ready for the kernels, each once: that costs more than many a replay."""

from functools import lru_cache

import numpy as np
from msgspec import Struct

from market_maker.model.recording import Recording
from market_maker.model.units import Nanos
from market_maker.replay_venue.kernels import least_lead
from market_maker.replay_venue.recorded_rows import (
    RecordedColumns,
    TickWindow,
    at_venue,
    received,
    window,
)
from market_maker.replay_venue.replay_layout import ROWS

KEPT = 2
"""Recordings that are kept ready, the last ones used: runs of a sweep take them in turn."""


class PreparedRows(Struct, frozen=True, eq=False):
    """A recording in both orders of time. lead_ns: by how much a row that changes a book happens
    before it is received, at least; APART where such rows are received in another order."""

    received: RecordedColumns
    at_venue: RecordedColumns
    window: TickWindow
    lead_ns: int


@lru_cache(maxsize=KEPT)
def prepared(recording: Recording) -> PreparedRows:
    """Columns must not change any more. Raises InvalidDataError for what is no recording."""
    ours = received(recording)
    venues = at_venue(ours)
    here, there = np.array([rows_of(ours)]), np.array([rows_of(venues)])
    lead_ns = least_lead(here.ctypes.data, there.ctypes.data)
    return PreparedRows(ours, venues, window(ours), int(lead_ns))


@lru_cache(maxsize=KEPT)
def data_end(recording: Recording) -> Nanos:
    """When the data end, at the venue and with us."""
    return Nanos(max(recording.end, int(recording.ts_event.max())))


def rows_of(columns: RecordedColumns) -> np.void:
    """The addresses of columns, which must outlive them."""
    record = np.zeros(1, ROWS)
    record["count"] = len(columns.ts)
    for name in ("kind", "ticks", "lots", "ts", "ts_event"):
        record[name] = getattr(columns, name).ctypes.data
    first: np.void = record[0]
    return first
