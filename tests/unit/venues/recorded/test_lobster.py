from datetime import date

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import CaptureFormat, ImportOptions, import_capture
from market_maker.venues.recorded.lobster import midnight_ns
from tests.captures import rows_of

# ask, size, bid, size for each of two levels
BOOK = "308900,100,308800,200,309000,50,308700,70"
BOOK_ROWS = [
    ("CLEAR", 0, 0),
    ("BID", 3088, 200),
    ("BID", 3087, 70),
    ("ASK", 3089, 100),
    ("ASK", 3090, 50),
]
FIRST = ("36000.000000001,1,1,100,308900,-1", BOOK)


@pytest.fixture
def take(tmp_path):
    def take(*pairs, name="MSFT_2012-06-21_34200000_37800000_{}_2.csv"):
        paths = [tmp_path / name.format(part) for part in ("message", "orderbook")]
        for path, lines in zip(paths, zip(*pairs, strict=True), strict=True):
            path.write_text("".join(line + "\n" for line in lines if line is not None))
        return import_capture(CaptureFormat.LOBSTER, paths, ImportOptions())

    return take


@pytest.mark.parametrize(
    ("day", "seconds"),
    [
        (date(2012, 6, 21), 1_340_251_200),
        (date(2012, 1, 3), 1_325_566_800),
        # Clocks change at 2:00, so that the day itself still begins in the old time.
        (date(2012, 3, 11), 1_331_442_000),
        (date(2012, 3, 12), 1_331_524_800),
        (date(2012, 11, 4), 1_352_001_600),
        (date(2012, 11, 5), 1_352_091_600),
    ],
)
def test_midnight_in_new_york_knows_summer_time(day, seconds):
    assert midnight_ns(day) == seconds * 10**9


def test_the_first_book_is_a_snapshot_at_the_time_of_its_message(take):
    recording, report = take(FIRST)
    assert rows_of(recording) == BOOK_ROWS
    assert recording.ts_event[0] == recording.ts_recv[0] == 1_340_287_200_000_000_001
    assert (recording.instrument.symbol, report.clock_shift_ns) == ("MSFT", 0)


def test_only_levels_that_changed_become_rows(take):
    recording, report = take(
        FIRST,
        ("36001.5,1,2,30,308850,1", "308900,100,308850,30,309000,50,308800,200"),
        ("36002.5,2,3,20,309000,-1", "308900,100,308850,30,309000,30,308800,200"),
    )
    # A level that a better one pushes out of view is removed.
    assert rows_of(recording)[len(BOOK_ROWS) :] == [
        ("BID", 30_870, 0),
        ("BID", 30_885, 30),
        ("ASK", 30_900, 30),
    ] or recording.instrument.tick_size == 1
    assert report.mismatches == 0
