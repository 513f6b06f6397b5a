import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import rows_of

US = 1_640_995_200_000_000
BOOK = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"
TRADES = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
QUOTES = "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount"
SNAPSHOT = [(0, "true,bid,50000.0,1.0"), (0, "true,ask,50001.0,2.0")]


@pytest.fixture
def take(tmp_path):
    def take(symbol=None, **tables):
        paths = []
        for name, (header, records) in tables.items():
            path = tmp_path / f"{name}.csv"
            lines = [
                f"x,BTCUSDT,{US + ms * 1_000},{US + ms * 1_000 + 5_000},{rest}"
                for ms, rest in records
            ]
            path.write_text("\n".join([header, *lines, ""]))
            paths.append(path)
        return import_capture(CaptureFormat.AUTO, paths, ImportOptions(symbol=symbol))

    return take


def test_a_snapshot_after_changes_begins_the_book_anew(take):
    recording, report = take(
        book=(BOOK, [*SNAPSHOT, (10, "false,bid,49999.0,0.5"), (20, "true,bid,50100.0,3.0")])
    )
    assert [row[0] for row in rows_of(recording)] == ["CLEAR", "BID", "ASK", "BID", "CLEAR", "BID"]
    assert report.format == "tardis"
    assert recording.ts_recv[0] - recording.ts_event[0] == 5_000_000


def test_changes_before_a_snapshot_are_stale(take):
    recording, report = take(book=(BOOK, [(0, "false,bid,50000.0,1.0"), *SNAPSHOT]))
    assert recording.rows == 3
    assert report.stale_depth == 1


def test_trades_and_quotes_stand_between_the_levels_by_their_times(take):
    recording, report = take(
        book=(BOOK, [*SNAPSHOT, (30, "false,bid,50000.0,4.0")]),
        trades=(
            TRADES,
            [(10, "7,sell,50000.0,0.1"), (10, "7,sell,50000.0,0.1"), (11, "8,unknown,1,1")],
        ),
        quotes=(QUOTES, [(20, "2.0,50001.0,50000.0,3.0"), (25, ",,50000.0,3.0")]),
    )
    assert [row[0] for row in rows_of(recording)] == [
        "CLEAR",
        "BID",
        "ASK",
        "SELL_TRADE",
        "BEST_BID",
        "BEST_ASK",
        "BEST_EXPIRED",
        "BID",
    ]
    assert report.duplicate_trades == 1
    assert report.left_out == {"trade of side unknown": 1, "best price of 0": 1}


def test_quotes_alone_are_a_book_of_one_level(take):
    recording, _ = take(quotes=(QUOTES, [(20, "2.0,50001.0,50000.0,3.0")] * 2))
    assert [row[0] for row in rows_of(recording)] == ["CLEAR", "BID", "ASK"] * 2


def test_whole_books_are_snapshots_every_time(take):
    header = (
        "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,"
        "bids[0].price,bids[0].amount,asks[1].price,asks[1].amount"
    )
    recording, _ = take(
        book=(header, [(0, "50001.0,2,50000.0,1,50002.0,3"), (5, "50001.0,2,50000.0,1,,")])
    )
    assert [row[0] for row in rows_of(recording)] == [
        "CLEAR",
        "BID",
        "ASK",
        "ASK",
        "CLEAR",
        "BID",
        "ASK",
    ]


def test_an_odd_record_is_counted_with_its_line(take):
    odd = ["false,bid,x,1", "false,middle,1,1", "perhaps,bid,1,1", "false,bid,1,-1", "false,bid,1"]
    _, report = take(book=(BOOK, [*SNAPSHOT, *((9, each) for each in odd)]))
    assert report.malformed == len(odd)
    assert report.malformed_samples[0].startswith("book.csv: line 4: ")


def test_another_symbol_is_left_out(take):
    _, report = take(book=(BOOK, SNAPSHOT))
    assert report.left_out == {}
    with pytest.raises(InvalidDataError, match="no snapshot of the book of ETHUSDT"):
        take(symbol="ETHUSDT", book=(BOOK, SNAPSHOT))


def test_a_header_that_comes_again_is_no_record(take):
    """Where files were put together."""
    recording, report = take(book=(f"{BOOK}\n{BOOK}", [*SNAPSHOT, (9, "false,bid,50000.0,4.0")]))
    assert (recording.instrument.symbol, recording.rows) == ("BTCUSDT", 4)
    assert (report.left_out, report.malformed) == ({"header again": 1}, 0)


def test_true_and_false_may_be_those_of_pandas(take):
    levels = [(0, "True,bid,50000.0,1.0"), (0, "True,ask,50001.0,2.0"), (1, "False,bid,50000.0,3")]
    recording, _ = take(book=(BOOK, levels))
    assert [row[0] for row in rows_of(recording)] == ["CLEAR", "BID", "ASK", "BID"]


def test_trades_of_another_time_than_the_book_are_remarked(take):
    day = 86_400_000
    recording, _ = take(book=(BOOK, SNAPSHOT), trades=(TRADES, [(day, "7,sell,50000.0,0.1")]))
    assert recording.remarks[0].startswith(
        "no trade falls into the time of the book: nothing fills"
    )
