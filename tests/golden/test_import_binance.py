"""The real Binance captures beside the repository: counts and quality as their README states."""

import hashlib
import json

import numpy as np
import pytest

from market_maker.model.recording import RowKind
from market_maker.research.book_check import PlainBook
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.storage.recording import COLUMNS, read_recording, write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from market_maker.venues.recorded.lines import CaptureLines
from tests.shared_data import need_shared_data

pytestmark = pytest.mark.slow

CAPTURES = {
    "btcusdt_perp": ("binance_usdm_raw_20240808", ["btcusdt_20240808.gz"]),
    "ethusdt_perp": ("binance_usdm_raw_20240808", ["ethusdt_20240808.gz"]),
    "btcusdt_spot": (
        "binance_spot_raw_20240808",
        ["btcusdt_20240808.gz", "btcusdt_20240809.gz"],
    ),
}
LINES = {"btcusdt_perp": 93_954, "ethusdt_perp": 74_655, "btcusdt_spot": 99_574}
MESSAGES = {
    "btcusdt_perp": {"depth": 6_551, "bookTicker": 66_089, "trade": 21_313, "snapshot": 1},
    "ethusdt_perp": {"depth": 6_586, "bookTicker": 53_992, "trade": 14_076, "snapshot": 1},
    "btcusdt_spot": {"depth": 6_495, "bookTicker": 73_174, "trade": 19_904, "snapshot": 1},
}
SPAN_S = {"btcusdt_perp": 344.8, "ethusdt_perp": 344.8, "btcusdt_spot": 650.6}
"""Of the whole capture; ours begins with the first row, a few depth messages later."""

TOPS_COMPARED = {"btcusdt_perp": 126 + 447, "ethusdt_perp": 80 + 426, "btcusdt_spot": 1_059}
"""bookTickers with the number of a depth message: after it, as the README counts, and before."""

STALE_DEPTH = {"btcusdt_perp": 4, "ethusdt_perp": 5, "btcusdt_spot": 2}


def paths_of(name):
    folder, files = CAPTURES[name]
    return [need_shared_data(folder) / file for file in files]


@pytest.fixture(scope="module", params=CAPTURES)
def imported(request):
    capture_format = (
        CaptureFormat.BINANCE_SPOT if "spot" in request.param else CaptureFormat.BINANCE_FUTURES
    )
    recording, report = import_capture(capture_format, paths_of(request.param), ImportOptions())
    return request.param, recording, report


def test_every_line_is_counted_under_its_kind(imported):
    name, _, report = imported
    assert (report.lines, report.messages) == (LINES[name], MESSAGES[name])
    assert (report.malformed, report.left_out) == (0, {})


def test_the_book_has_no_gap_and_is_never_crossed(imported):
    name, _, report = imported
    assert (report.gaps, report.crossed) == (0, 0)
    assert report.stale_depth == STALE_DEPTH[name]


def test_best_prices_agree_with_the_book_wherever_the_numbers_are_equal(imported):
    name, _, report = imported
    assert report.tops_agreed == report.tops_compared == TOPS_COMPARED[name]


def test_trades_are_complete_and_unique(imported):
    name, _, report = imported
    trades = report.rows_by_kind["BUY_TRADE"] + report.rows_by_kind["SELL_TRADE"]
    assert trades == MESSAGES[name]["trade"]
    assert (report.duplicate_trades, report.missing_trades, report.receipt_reversals) == (0, 0, 0)


def test_the_recorders_clock_is_brought_to_one_millisecond_after_the_venues(imported):
    _, recording, report = imported
    assert report.clock_shift_ns == pytest.approx(1.27e9, rel=0.01)
    trades = (recording.kind == RowKind.BUY_TRADE) | (recording.kind == RowKind.SELL_TRADE)
    latency = recording.ts_recv - recording.ts_event
    assert latency.min() >= 0
    assert latency[trades].min() >= 1_000_000
    assert np.median(latency[trades]) < 20_000_000


def test_the_span_is_that_of_the_capture(imported):
    name, _, report = imported
    assert SPAN_S[name] - 0.5 < report.span_s <= SPAN_S[name]


def test_best_prices_come_in_pairs_with_the_same_stamps(imported):
    _, recording, _ = imported
    bids = np.flatnonzero(recording.kind == RowKind.BEST_BID)
    assert (recording.kind[bids + 1] == RowKind.BEST_ASK).all()
    assert (recording.ts_event[bids] == recording.ts_event[bids + 1]).all()
    assert (recording.ts_recv[bids] == recording.ts_recv[bids + 1]).all()
    assert len(bids) == (recording.kind == RowKind.BEST_ASK).sum()


def test_a_recording_is_compact_and_survives_the_disk(imported, tmp_path):
    _, recording, _ = imported
    size = write_recording(tmp_path / "x.mmrec", recording)
    assert size / recording.rows < 5
    read = read_recording(tmp_path / "x.mmrec")
    assert digest(read) == digest(recording)


def test_the_naive_spot_loader_is_crossed_where_ours_is_not():
    # It replaces the book by the snapshot and forgets the depth messages that came before.
    book = PlainBook()
    crossed = samples = 0
    for number, (kind, bids, asks) in enumerate(naive_messages(paths_of("btcusdt_spot")[:1])):
        if kind == "snapshot":
            book.apply(RowKind.CLEAR, 0, 0)
        for side, levels in ((RowKind.BID, bids), (RowKind.ASK, asks)):
            for price, size in levels:
                book.apply(side, ticks(price, 2), ticks(size, 8))
        if number % 20 == 0:
            samples += 1
            crossed += book.crossed
    assert (crossed, samples) == (129, 173)


def naive_messages(paths):
    for line in CaptureLines(paths, lambda _done, _total: None):
        message = json.loads(line.content.partition(b" ")[2])
        if "lastUpdateId" in message:
            yield "snapshot", message["bids"], message["asks"]
        elif "@depth" in message["stream"]:
            yield "depth", message["data"]["b"], message["data"]["a"]


def ticks(text, decimals):
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(decimals, "0")[:decimals])


def digest(recording):
    return [hashlib.sha256(getattr(recording, name).tobytes()).hexdigest() for name in COLUMNS]
