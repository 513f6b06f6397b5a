from datetime import date
from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
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
        ("36000.5,1,2,30,308500,1", BOOK),  # out of view
        ("36001.0,1,3,40,308700,1", BOOK.replace("308700,70", "308700,110")),
        ("36001.5,2,4,20,309000,-1", "308900,100,308800,200,309000,30,308700,110"),
    )
    assert rows_of(recording) == [*BOOK_ROWS, ("BID", 3087, 110), ("ASK", 3090, 30)]
    assert (report.mismatches, report.crossed) == (0, 0)


def test_a_level_pushed_out_of_view_is_removed(take):
    recording, _ = take(
        ("36000,1,1,100,309000,-1", "309000,100,308800,200,309100,50,308700,70"),
        ("36001,1,2,5,308900,-1", "308900,5,308800,200,309000,100,308700,70"),
    )
    assert rows_of(recording)[5:] == [("ASK", 3091, 0), ("ASK", 3089, 5)]


@pytest.mark.parametrize(("side", "kind"), [("-1", "BUY_TRADE"), ("1", "SELL_TRADE")])
def test_the_aggressor_is_on_the_other_side_of_the_order_executed(take, side, kind):
    after = {"-1": BOOK.replace("308900,100", "308900,90"), "1": BOOK.replace(",200", ",190")}
    price = {"-1": 308_900, "1": 308_800}[side]
    recording, report = take(FIRST, (f"36001,4,1,10,{price},{side}", after[side]))
    trade, level = rows_of(recording)[5:]
    assert trade == (kind, price // 100, 10)
    assert level == (("ASK", 3089, 90) if side == "-1" else ("BID", 3088, 190))
    assert report.mismatches == 0


def test_hidden_executions_are_trades_that_leave_the_book_alone(take):
    recording, report = take(FIRST, ("36001,5,0,10,308900,1", BOOK))
    assert rows_of(recording)[5:] == [("SELL_TRADE", 3089, 10)]
    assert report.mismatches == 0


@pytest.mark.parametrize("symbol", ["MSFT", "OTHER"])
def test_a_hidden_execution_between_two_ticks_keeps_its_price_and_sets_no_grid(take, symbol):
    recording, report = take(
        FIRST, ("36001,5,0,10,308850,1", BOOK), name=symbol + "_2012-06-21_{}_2.csv"
    )
    instrument = recording.instrument
    assert instrument.price_step(Decimal(30)) == Decimal("0.01")
    assert instrument.price(int(recording.ticks[-1])) == Decimal("30.885")
    assert all(instrument.price_grid.holds(ticks) for ticks in recording.ticks[:-1].tolist())
    assert report.rounded_prices == 0


def test_a_trading_halt_is_a_gap_until_trading_goes_on(take):
    recording, report = take(
        FIRST,
        ("36001,7,0,0,-1,-1", BOOK),
        ("36002,1,5,10,308800,1", BOOK),
        ("36003,7,0,0,0,-1", BOOK),
        ("36004,7,0,0,1,-1", BOOK),
        ("36005,1,6,10,308700,1", BOOK),
    )
    assert rows_of(recording) == [*BOOK_ROWS, ("GAP", 0, 0), *BOOK_ROWS]
    assert (report.gaps, report.messages["halt"]) == (1, 3)


def test_levels_that_do_not_exist_are_left_out(take):
    recording, _ = take(
        ("36000,1,1,100,308900,-1", "308900,100,-9999999999,0,9999999999,0,-9999999999,0")
    )
    assert rows_of(recording) == [("CLEAR", 0, 0), ("ASK", 3089, 100)]


def test_files_that_do_not_fit_each_other_are_refused(take):
    with pytest.raises(InvalidDataError, match="1 of 2 messages do not fit"):
        take(FIRST, ("36001,1,2,30,308800,1", BOOK))


def test_files_of_different_days_or_symbols_are_no_pair(tmp_path):
    for other in ("MSFT_2012-06-22_1_2_orderbook_1.csv", "AAPL_2012-06-21_1_2_orderbook_1.csv"):
        paths = [tmp_path / "MSFT_2012-06-21_1_2_message_1.csv", tmp_path / other]
        for path, line in zip(paths, FIRST, strict=True):
            path.write_text(line + "\n")
        with pytest.raises(InvalidDataError, match="different symbols or days: they are no pair"):
            import_capture(CaptureFormat.LOBSTER, paths, ImportOptions())


def test_files_of_unequal_length_are_refused(take):
    with pytest.raises(InvalidDataError, match=r"has fewer lines than .*message"):
        take(FIRST, ("36001,1,2,30,308500,1", None))


def test_both_files_are_needed(tmp_path):
    path = tmp_path / "MSFT_2012-06-21_message_2.csv"
    path.write_text("")
    with pytest.raises(InvalidDataError, match="one of messages and one of the book"):
        import_capture(CaptureFormat.LOBSTER, [path], ImportOptions())


def test_the_day_stands_in_the_name(take):
    with pytest.raises(InvalidDataError, match="no symbol"):
        take(FIRST, name="{}.csv")


@pytest.mark.parametrize("line", ["", "a,b", "36000,9,1,1,308900,1", "36000,1,1,x,308900,1"])
def test_an_odd_line_is_counted_with_its_number_and_the_book_after_it_holds(take, line):
    recording, report = take(FIRST, (line, BOOK), ("36002,1,3,40,308500,1", BOOK))
    assert report.malformed == 1
    assert "message_2.csv: line 2: " in report.malformed_samples[0]
    assert rows_of(recording) == BOOK_ROWS


def test_files_of_any_name_are_read_with_their_symbol_and_day(tmp_path):
    paths = [tmp_path / "b.csv", tmp_path / "a.csv"]
    for path, line in zip(paths, FIRST, strict=True):
        path.write_text(line + "\n")
    options = ImportOptions(symbol="XYZ", day=date(2012, 6, 21))
    recording, _ = import_capture(CaptureFormat.LOBSTER, paths[::-1], options)
    assert recording.ts_event[0] == 1_340_287_200_000_000_001
    with pytest.raises(InvalidDataError, match="--date"):
        import_capture(CaptureFormat.LOBSTER, paths, ImportOptions(symbol="XYZ"))
