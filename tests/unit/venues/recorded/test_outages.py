import numpy as np
import pytest

from market_maker.model.recording import RowKind
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from market_maker.venues.recorded.outages import NOTICED_NS, mark_silences
from tests.captures import (
    futures_depth,
    hyperliquid_book,
    make_recording,
    snapshot,
    stamped,
    write_capture,
)

SECOND = 10**9
BIDS, ASKS = [["99.0", "1.000"]], [["101.0", "2.000"]]


def marked(*rows):
    """Rows as (kind, seconds)."""
    kinds = np.array([kind for kind, _ in rows], dtype=np.uint8)
    stamps = np.array([int(at * SECOND) for _, at in rows], dtype=np.int64)
    return mark_silences(kinds, stamps - 5_000_000, stamps)


def shown(made):
    stamps = (made.ts_recv / SECOND).tolist()
    return [(RowKind(kind).name, at) for kind, at in zip(made.kind, stamps, strict=True)]


def test_a_book_that_goes_on_after_a_silence_was_quiet_and_is_alive_every_second():
    made = marked((7, 0), (0, 0), (0, 4.5))
    assert [at for kind, at in shown(made) if kind == "ALIVE"] == [1, 2, 3, 4]
    assert made.outages == 0
    assert (made.ts_recv - made.ts_event == 5_000_000).all()
    assert made.source.tolist() == [0, 1, -1, -1, -1, -1, 2]


@pytest.mark.parametrize("anew", [7, 8])
def test_a_book_that_begins_anew_after_a_silence_was_lost_a_second_into_it(anew):
    made = marked((7, 0), (0, 0), (2, 60), (anew, 60), (0, 60))
    assert shown(made)[2] == ("GAP", 1)
    assert (made.outages, made.silent_ns) == (1, 60 * SECOND - NOTICED_NS)


def test_a_short_silence_before_a_snapshot_and_one_before_any_book_are_left_alone():
    assert shown(marked((7, 0), (0, 0), (7, 9), (0, 9)))[2] == ("CLEAR", 9)
    assert len(shown(marked((2, 0), (2, 60), (7, 90), (0, 90)))) == 4


def test_an_outage_of_a_capture_is_in_the_report_and_in_the_recording(tmp_path):
    books = [(0, "99"), (500, "99"), (90_000, "98"), (90_500, "98")]
    lines = [stamped(ms, hyperliquid_book(ms, [(bid, "1")], [("101", "1")])) for ms, bid in books]
    path = write_capture(tmp_path / "x", lines)
    recording, report = import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions())
    assert report.outages == 1
    assert "1 outages of the feed, 88.5 s in all" in recording.remarks
    assert recording.outage_ns == 88_500_000_000


def test_best_prices_are_compared_at_their_row_although_rows_were_put_in_before_it(tmp_path):
    ticker = {"e": "bookTicker", "u": 12, "s": "BTCUSDT", "b": "98.0", "B": "1", "a": "101.0"}
    lines = [
        stamped(1, snapshot(10, BIDS, ASKS, ms=1)),
        stamped(5_001, futures_depth(5_001, 11, 12, 10, bids=[["99.0", "0"], ["98.0", "1"]])),
        stamped(5_002, {**ticker, "A": "2", "T": 1_723_161_260_002, "E": 1_723_161_260_002}),
    ]
    path = write_capture(tmp_path / "x", lines)
    options = ImportOptions(symbol="BTCUSDT")
    _, report = import_capture(CaptureFormat.BINANCE_FUTURES, [path], options)
    assert report.rows_by_kind["ALIVE"] == 4
    assert (report.tops_compared, report.tops_agreed) == (1, 1)


def test_the_time_without_a_book_ends_with_a_snapshot_or_with_the_recording():
    rows = [(7, 0, 0, 1, 1), (0, 9, 9, 1, 1), (8, 0, 0, 5, 5), (8, 0, 0, 7, 7), (7, 0, 0, 9, 9)]
    assert make_recording(rows).outage_ns == 4
    assert make_recording([*rows, (8, 0, 0, 11, 11), (2, 9, 9, 14, 14)]).outage_ns == 7
    assert make_recording(rows[:2]).outage_ns == 0


def test_a_silence_of_years_puts_nothing_in():
    assert len(marked((7, 0), (0, 0), (0, 10**9)).kind) == 3
