"""The ladders of the replay venue against plain dict books, on the real Binance captures."""

import numpy as np
import pytest

from market_maker.model.events import BookTop
from market_maker.model.recording import RowKind
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings, mids_at
from market_maker.replay_venue.recorded_rows import at_venue, received
from market_maker.research.book_check import PlainBook
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.shared_data import need_shared_data

pytestmark = pytest.mark.slow

CAPTURES = {
    "btcusdt_perp": (CaptureFormat.BINANCE_FUTURES, "binance_usdm_raw_20240808"),
    "btcusdt_spot": (CaptureFormat.BINANCE_SPOT, "binance_spot_raw_20240808"),
}
ENDS_BEST = (RowKind.BEST_EXPIRED, RowKind.CLEAR, RowKind.GAP)


@pytest.fixture(scope="module", params=CAPTURES)
def recording(request):
    capture_format, folder = CAPTURES[request.param]
    capture = need_shared_data(folder) / "btcusdt_20240808.gz"
    made, _ = import_capture(capture_format, [capture], ImportOptions())
    return made


def moments(kind, ticks, lots, ts):
    """(ts, rows) of everything that carries one stamp."""
    edges = np.flatnonzero(np.diff(ts, prepend=-1))
    rows = list(zip(kind.tolist(), ticks.tolist(), lots.tolist(), strict=True))
    for first, last in zip(edges, [*edges[1:], len(ts)], strict=True):
        yield int(ts[first]), rows[first:last]


class Plain:
    """A dict book with the best prices of a faster feed on top."""

    def __init__(self):
        self.levels, self.best = PlainBook(), None

    def apply(self, rows):
        for kind, ticks, lots in rows:
            self.levels.apply(kind, ticks, lots)
            if kind == RowKind.BEST_BID:
                half = ticks
            elif kind == RowKind.BEST_ASK:
                self.best = (half, ticks)
            elif kind in ENDS_BEST:
                self.best = None

    @property
    def top(self):
        return self.best or (self.levels.bid, self.levels.ask)


def test_our_book_shows_what_a_plain_book_shows_at_every_moment(recording):
    exchange = RecordedExchange([recording], ReplaySettings())
    plain = Plain()
    compared = 0
    for ts, rows in moments(recording.kind, recording.ticks, recording.lots, recording.ts_recv):
        plain.apply(rows)
        exchange.advance(ts)
        for event in exchange.events(0):
            assert isinstance(event, BookTop)
            assert event.bid < event.ask
            assert (event.bid, event.ask) == plain.top, ts
            compared += 1
    assert compared > 1_000
    assert exchange.rows_done == recording.rows


def test_the_venues_book_is_never_crossed_after_sync(recording):
    columns = at_venue(received(recording))
    plain, last = Plain(), 0
    expected, times = [], []
    for ts, rows in moments(columns.kind, columns.ticks, columns.lots, columns.ts):
        plain.apply(rows)
        assert not plain.levels.crossed, ts
        bid, ask = plain.top
        last = bid + ask if bid and ask else last
        expected.append(last)
        times.append(ts)
    assert np.array_equal(mids_at(recording, np.array(times)), expected)
