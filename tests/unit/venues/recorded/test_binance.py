from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import RowKind
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import (
    binance_trade,
    futures_depth,
    futures_ticker,
    rows_of,
    snapshot,
    spot_depth,
    spot_ticker,
    stamped,
    write_capture,
)

BIDS, ASKS = [["99.0", "1.000"]], [["101.0", "2.000"]]
BOOK = [("CLEAR", 0, 0), ("BID", 990, 1000), ("ASK", 1010, 2000)]
SPOT_BOOK = [("CLEAR", 0, 0), ("BID", 9900, 100_000), ("ASK", 10_100, 200_000)]


def test_futures_deltas_before_the_snapshot_are_dropped_or_replayed_after_it(futures):
    recording, report = futures(
        futures_depth(1, 5, 8, 4, bids=[["98.0", "7.000"]]),
        futures_depth(2, 9, 12, 8, bids=[["99.0", "3.000"]]),
        futures_depth(3, 13, 15, 12, asks=[["101.0", "0.000"]]),
        snapshot(10, BIDS, ASKS, ms=2),
        futures_depth(4, 16, 17, 15, asks=[["102.0", "1.000"]]),
    )
    assert rows_of(recording) == [
        *BOOK,
        ("BID", 990, 3000),
        ("ASK", 1010, 0),
        ("ASK", 1020, 1000),
    ]
    assert (report.stale_depth, report.gaps, report.messages["depth"]) == (1, 0, 4)


def test_rows_replayed_after_a_snapshot_were_received_with_it(futures):
    recording, _ = futures(
        futures_depth(1, 9, 12, 8, bids=[["99.0", "3.000"]]), snapshot(10, BIDS, ASKS, ms=2)
    )
    assert len(set(recording.ts_recv.tolist())) == 1
    assert recording.ts_event[-1] < recording.ts_event[0]


def test_futures_first_delta_may_span_the_snapshot_or_end_at_it(futures):
    for last in (10, 12):
        _, report = futures(
            snapshot(10, BIDS, ASKS, ms=1), futures_depth(2, 10, last, 8, bids=BIDS)
        )
        assert (report.gaps, report.stale_depth) == (0, 0)


def test_futures_snapshot_between_two_deltas_joins_them(futures):
    # Numbers 10 to 14 belong to other symbols.
    _, report = futures(snapshot(12, BIDS, ASKS, ms=1), futures_depth(2, 15, 16, 9, bids=BIDS))
    assert report.gaps == 0


def test_futures_break_of_the_chain_is_a_gap_until_the_next_snapshot(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        futures_depth(2, 11, 12, 10, bids=[["98.0", "1.000"]]),
        futures_depth(3, 15, 16, 14, bids=[["97.0", "1.000"]]),
        futures_depth(4, 17, 18, 16, bids=[["96.0", "1.000"]]),
        binance_trade(5, 1, "99.0", "0.001"),
        snapshot(16, BIDS, ASKS, ms=5),
        futures_depth(6, 19, 20, 18, bids=[["95.0", "1.000"]]),
    )
    assert rows_of(recording) == [
        *BOOK,
        ("BID", 980, 1000),
        ("GAP", 0, 0),
        ("BUY_TRADE", 990, 1),
        *BOOK,
        ("BID", 970, 1000),
        ("BID", 960, 1000),
        ("BID", 950, 1000),
    ]
    assert (report.gaps, report.crossed) == (1, 0)


def test_delta_received_twice_is_stale_and_no_gap(futures):
    delta = futures_depth(2, 11, 12, 10, bids=[["98.0", "1.000"]])
    recording, report = futures(snapshot(10, BIDS, ASKS, ms=1), delta, delta)
    assert (report.gaps, report.stale_depth, recording.rows) == (0, 1, 4)


def test_snapshot_older_than_the_book_is_not_needed(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        futures_depth(2, 11, 20, 10, bids=[["98.0", "1.000"]]),
        snapshot(15, BIDS, ASKS, ms=3),
        futures_depth(4, 21, 22, 20, bids=[["97.0", "1.000"]]),
    )
    assert [kind for kind, _, _ in rows_of(recording)].count("CLEAR") == 1
    assert (report.gaps, report.messages["snapshot not needed"]) == (0, 1)


def test_snapshot_newer_than_the_book_replaces_it(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        snapshot(15, BIDS, ASKS, ms=2),
        futures_depth(3, 12, 14, 10, bids=[["98.0", "1.000"]]),
        futures_depth(4, 15, 16, 14, bids=[["97.0", "1.000"]]),
    )
    assert rows_of(recording) == [*BOOK, *BOOK, ("BID", 970, 1000)]
    assert (report.gaps, report.stale_depth) == (0, 1)


def test_snapshot_older_than_the_deltas_held_cannot_be_used(futures):
    recording, report = futures(
        futures_depth(1, 15, 16, 14, bids=BIDS),
        snapshot(10, BIDS, ASKS, ms=2),
        snapshot(15, BIDS, ASKS, ms=3),
    )
    assert report.unusable_snapshots == 1
    assert [kind for kind, _, _ in rows_of(recording)].count("CLEAR") == 1


def test_capture_without_a_usable_snapshot_is_refused(futures):
    with pytest.raises(InvalidDataError, match="no snapshot of the book of BTCUSDT"):
        futures(futures_depth(1, 15, 16, 14, bids=BIDS))


def test_spot_deltas_held_are_replayed_so_that_the_book_is_not_crossed(spot):
    # The naive loader that only replaces the book keeps the ask of 101 for ever.
    messages = [
        spot_depth(1, 5, 8, bids=[["98.00", "7"]]),
        spot_depth(2, 9, 12, asks=[["101.00", "0"], ["103.00", "1"]]),
        snapshot(10, BIDS, ASKS),
        spot_depth(4, 13, 13, bids=[["102.00", "1"]]),
    ]
    recording, report = spot(*messages)
    assert rows_of(recording) == [
        *SPOT_BOOK,
        ("ASK", 10_100, 0),
        ("ASK", 10_300, 100_000),
        ("BID", 10_200, 100_000),
    ]
    assert (report.gaps, report.crossed, report.stale_depth) == (0, 0, 1)


def test_spot_delta_that_ends_at_the_snapshot_is_stale(spot):
    _, report = spot(snapshot(10, BIDS, ASKS), spot_depth(1, 8, 10, bids=BIDS))
    assert (report.stale_depth, report.gaps) == (1, 0)


def test_spot_numbers_must_be_contiguous(spot):
    recording, report = spot(
        snapshot(10, BIDS, ASKS),
        spot_depth(1, 8, 12, bids=[["98.00", "1"]]),
        spot_depth(2, 14, 15, bids=[["97.00", "1"]]),
        spot_depth(3, 16, 17, bids=[["96.00", "1"]]),
    )
    assert rows_of(recording) == [*SPOT_BOOK, ("BID", 9800, 100_000), ("GAP", 0, 0)]
    assert report.gaps == 1


def test_futures_capture_is_not_taken_for_spot(spot):
    with pytest.raises(InvalidDataError, match="is this a futures capture"):
        spot(snapshot(10, BIDS, ASKS), futures_depth(2, 11, 12, 10))


def test_spot_capture_is_not_taken_for_futures(futures):
    with pytest.raises(InvalidDataError, match="is this a spot capture"):
        futures(snapshot(10, BIDS, ASKS), spot_depth(2, 11, 12))


def test_best_prices_count_only_while_newer_than_the_book(futures):
    recording, report = futures(
        futures_ticker(1, 9, "99.0", "101.0"),
        snapshot(10, BIDS, ASKS, ms=1),
        futures_ticker(2, 10, "99.0", "101.0"),
        futures_ticker(3, 14, "99.1", "100.9"),
        futures_ticker(3, 13, "99.2", "100.8"),
        futures_depth(4, 11, 12, 10, bids=[["98.0", "1.000"]]),
        futures_depth(5, 13, 14, 12, bids=[["99.1", "1.000"]], asks=[["100.9", "1.000"]]),
        futures_depth(6, 15, 16, 14, bids=[["97.0", "1.000"]]),
    )
    assert rows_of(recording)[len(BOOK) :] == [
        ("BEST_BID", 991, 1000),
        ("BEST_ASK", 1009, 1000),
        ("BID", 980, 1000),
        ("BEST_EXPIRED", 0, 0),
        ("BID", 991, 1000),
        ("ASK", 1009, 1000),
        ("BID", 970, 1000),
    ]
    assert report.late_tickers == 3


def test_best_prices_of_the_books_own_number_are_compared_with_it(futures):
    _, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        futures_ticker(2, 12, "98.0", "101.0"),
        futures_depth(3, 11, 12, 10, bids=[["99.0", "0.000"], ["98.0", "1.000"]]),
        futures_depth(4, 13, 14, 12, asks=[["100.0", "5.000"]]),
        futures_ticker(5, 14, "98.0", "100.0"),
    )
    # Sizes count too: the first ask is 2 in the book, the second 5.
    assert (report.tops_compared, report.tops_agreed) == (2, 0)


def test_gap_ends_best_prices_until_the_next_snapshot(futures):
    recording, _ = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        futures_depth(2, 15, 16, 14, bids=BIDS),
        futures_ticker(3, 18, "99.1", "100.9"),
        snapshot(16, BIDS, ASKS, ms=4),
        futures_ticker(5, 19, "99.1", "100.9"),
    )
    kinds = [kind for kind, _, _ in rows_of(recording)]
    assert kinds.count("BEST_BID") == 1
    assert kinds.index("BEST_BID") > kinds.index("GAP") + 1


def test_trades_count_once_wherever_their_price_lies(futures):
    recording, report = futures(
        binance_trade(1, 7, "150.0", "0.002"),
        snapshot(10, BIDS, ASKS, ms=1),
        binance_trade(1, 7, "150.0", "0.002"),
        binance_trade(2, 11, "50.0", "0.003", buyer_is_maker=True),
    )
    trades = [row for row in rows_of(recording) if "TRADE" in row[0]]
    assert trades == [("BUY_TRADE", 1500, 2), ("SELL_TRADE", 500, 3)]
    assert (report.duplicate_trades, report.missing_trades) == (1, 3)


def test_trades_that_never_met_the_book_are_left_out(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1), binance_trade(2, 11, "0", "0", kind="INSURANCE_FUND")
    )
    assert rows_of(recording) == BOOK
    assert report.left_out == {"trade INSURANCE_FUND": 1}


def test_recorder_clock_behind_the_venue_is_shifted_to_the_base_latency(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=0), binance_trade(1, 11, "99.0", "1.000"), first_ms=-1270
    )
    assert report.clock_shift_ns == recording.clock_shift_ns == 1_271_000_000
    assert int((recording.ts_recv - recording.ts_event).min()) == 1_000_000


def test_recorder_clock_that_is_not_behind_is_left_alone(futures):
    recording, report = futures(snapshot(10, BIDS, ASKS, ms=0), first_ms=0)
    assert report.clock_shift_ns == recording.clock_shift_ns == 0


def test_spot_times_that_the_venue_does_not_give_lie_between_events_before_and_receipt(spot):
    recording, _ = spot(
        spot_depth(0, 9, 11, bids=BIDS),
        snapshot(10, BIDS, ASKS),
        binance_trade(2, 1, "99.00", "1"),
        spot_ticker(20, "99.01", "100.99"),
        first_ms=-1_000,
    )
    best = recording.kind == RowKind.BEST_BID
    ts_event, ts_recv = int(recording.ts_event[best][0]), int(recording.ts_recv[best][0])
    trade = recording.kind == RowKind.BUY_TRADE
    assert int(recording.ts_event[trade][0]) <= ts_event <= ts_recv
    assert (recording.ts_event <= recording.ts_recv).all()


def test_unknown_instrument_gets_the_coarsest_power_of_ten_that_fits_the_data(tmp_path):
    lines = [
        stamped(10, futures_depth(1, 9, 11, 8, bids=[["0.04210", "30"]], symbol="XUSDT")),
        stamped(11, snapshot(10, [["0.04205", "100"]], [["0.0430", "20"]], ms=1)),
    ]
    path = write_capture(tmp_path / "x.gz", lines)
    recording, report = import_capture(CaptureFormat.BINANCE_FUTURES, [path], ImportOptions())
    instrument = recording.instrument
    assert instrument.symbol == "XUSDT"
    assert (str(instrument.tick_size), str(instrument.lot_size)) == ("0.00001", "10")
    assert report.inferred == ("tick_size", "lot_size")
    assert rows_of(recording)[1:] == [("BID", 4205, 10), ("ASK", 4300, 2), ("BID", 4210, 3)]


def test_snapshots_beside_depth_of_two_symbols_could_be_of_either(futures):
    with pytest.raises(InvalidDataError, match="depth of XUSDT beside that of BTCUSDT"):
        futures(
            snapshot(10, BIDS, ASKS, ms=1),
            futures_depth(2, 11, 12, 10, bids=BIDS),
            futures_depth(2, 11, 12, 10, bids=BIDS, symbol="XUSDT"),
        )


def test_lot_size_that_most_sizes_are_no_multiple_of_is_refused(tmp_path):
    bids = [[f"{50 + n}.0", f"1.{n:03}"] for n in range(1, 20)]
    path = write_capture(tmp_path / "x.gz", [stamped(11, snapshot(10, bids, ASKS, ms=1))])
    options = ImportOptions(symbol="BTCUSDT", lot_size=Decimal(1))
    with pytest.raises(InvalidDataError, match=r"lot_size: .1. is not allowed.*19 of"):
        import_capture(CaptureFormat.BINANCE_FUTURES, [path], options)
