"""The Hyperliquid and LOBSTER captures beside the repository, as their README states."""

import numpy as np

from market_maker.model.recording import RowKind
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.shared_data import need_shared_data


def test_hyperliquid_books_are_whole_and_the_backlog_is_left_out():
    folder = need_shared_data("hyperliquid_raw")
    paths = [folder / "btcusd_20250126.gz"]
    recording, report = import_capture(CaptureFormat.HYPERLIQUID, paths, ImportOptions())
    assert (report.lines, report.messages) == (55, {"l2Book": 46, "trades": 9})
    assert (report.rows_by_kind["CLEAR"], report.rows_by_kind["BID"]) == (46, 46 * 20)
    # 64 trades, of which the first frame holds 30.
    live = (recording.kind == RowKind.BUY_TRADE) | (recording.kind == RowKind.SELL_TRADE)
    assert (report.backlog_trades, report.duplicate_trades, int(live.sum())) == (30, 0, 34)
    assert int((recording.ts_recv - recording.ts_event)[live].max()) < 1_000_000_000
    assert (report.crossed, report.clock_shift_ns, round(report.span_s, 1)) == (0, 0, 25.4)


def test_lobster_messages_fit_the_book_beside_them():
    paths = sorted(need_shared_data("lobster_msft_fixture").glob("*.csv.gz"))
    recording, report = import_capture(CaptureFormat.LOBSTER, paths, ImportOptions())
    assert report.lines == 1_000
    assert report.messages == {
        "add": 449,
        "reduce": 1,
        "delete": 435,
        "execution": 110,
        "hidden execution": 5,
    }
    assert (report.mismatches, report.crossed, report.gaps) == (0, 0, 0)
    assert report.rows_by_kind["BUY_TRADE"] + report.rows_by_kind["SELL_TRADE"] == 115
    assert (np.diff(recording.ts_recv) >= 0).all()
    assert recording.instrument.symbol == "MSFT"
