import zipfile

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import rows_of

MS = 1_667_347_199_000
DEPTH = "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu"
TRADES = "id,price,qty,quote_qty,time,is_buyer_maker"
AGGREGATES = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
TICKER = (
    "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time"
)


@pytest.fixture
def take(tmp_path):
    def take(packed=False, symbol=None, **files):
        paths = []
        for name, lines in files.items():
            path = tmp_path / f"{name.replace('__', '-')}.csv"
            content = "\n".join([*lines, ""])
            if packed:
                path = path.with_suffix(".zip")
                with zipfile.ZipFile(path, "w") as archive:
                    archive.writestr("inside.csv", content)
            else:
                path.write_text(content)
            paths.append(path)
        return import_capture(CaptureFormat.AUTO, paths, ImportOptions(symbol=symbol))

    return take


def depth(ms, last, side, update, price, size, prev):
    return f"BTCUSDT,{MS + ms},{last},{last},{side},{update},{price},{size},{prev}"


def test_depth_begins_with_a_snapshot_and_goes_on_with_changes(take):
    recording, report = take(
        BTCUSDT_T_DEPTH=[
            DEPTH,
            depth(0, 10, "b", "snap", "100.0", "1", ""),
            depth(0, 10, "a", "snap", "101.0", "1", ""),
            depth(5, 12, "b", "set", "100.0", "0", 10),
            depth(9, 15, "b", "set", "99.0", "2", 14),
        ]
    )
    kinds = [row[0] for row in rows_of(recording)]
    assert kinds == ["CLEAR", "BID", "ASK", "BID", "BID"]
    assert report.remarks[0] == "depth messages are missing, and the archive goes on without"
    assert recording.ts_recv[0] == recording.ts_event[0] + 1_000_000


def test_changes_alone_begin_with_an_empty_book_and_say_so(take):
    _, report = take(x=[DEPTH, depth(0, 10, "b", "set", "100.0", "1", 9)])
    assert "no snapshot" in report.remarks[0]


@pytest.mark.parametrize("packed", [False, True])
def test_best_prices_and_trades_are_a_recording_of_one_level(take, packed):
    recording, report = take(
        packed=packed,
        BTCUSDT__bookTicker=[TICKER, f"5,100.0,1,100.1,2,{MS + 1},{MS + 2}"],
        BTCUSDT__trades=[TRADES, f"7,100.0,1,100,{MS + 5},true", f"9,100.0,1,100,{MS + 6},false"],
    )
    kinds = [row[0] for row in rows_of(recording)]
    assert kinds == ["CLEAR", "BID", "ASK", "SELL_TRADE", "BUY_TRADE"]
    assert (recording.instrument.symbol, report.missing_trades) == ("BTCUSDT", 1)


def test_files_without_a_header_are_known_by_their_columns(take):
    recording, _ = take(
        symbol="BTCUSDT",
        ticker=[TICKER, f"5,100.0,1,100.1,2,{MS + 1},{MS + 2}"],
        spot=[f"7,100.0,1,100,{(MS + 5) * 1_000},True,True"],
        aggregates=[AGGREGATES, f"1,100.1,3,8,9,{MS + 7},false"],
    )
    assert [row[0] for row in rows_of(recording)][3:] == ["SELL_TRADE", "BUY_TRADE"]


def test_an_archive_of_something_else_is_refused_by_its_columns(take):
    with pytest.raises(InvalidDataError, match=r"resembles a table of .*open_time"):
        take(klines=["open_time,open,high,low,close", "1,2,3,4,5"])
    with pytest.raises(InvalidDataError, match="give --symbol"):
        take(nameless=[TRADES, f"7,100.0,1,100,{MS + 5},true"])


def test_trades_alone_have_no_book(take):
    with pytest.raises(InvalidDataError, match="no snapshot of the book of BTCUSDT"):
        take(BTCUSDT__trades=[TRADES, f"7,100.0,1,100,{MS + 5},true"])


BOOK = [
    DEPTH,
    depth(0, 10, "b", "snap", "100.0", "1", ""),
    depth(0, 10, "a", "snap", "101.0", "1", ""),
    depth(9, 11, "b", "set", "100.0", "2", 10),
]


def test_a_file_that_is_named_after_another_symbol_is_refused(take):
    """Its trades were taken for those of the book beside it."""
    other = [AGGREGATES, f"1,100.0,0.1,1,1,{MS + 5},true"]
    with pytest.raises(InvalidDataError) as caught:
        take(BTCUSDT_T_DEPTH=BOOK, ETHUSDT__aggTrades__2022=other)
    words = "ETHUSDT-aggTrades-2022.csv: is named after ETHUSDT, and BTCUSDT is taken"
    assert str(caught.value) == f"{words}: name files of one"
    with pytest.raises(InvalidDataError, match="named after BTCUSDT, and XRPUSDT is taken"):
        take(symbol="XRPUSDT", BTCUSDT__bookTicker=[TICKER, f"5,1,1,2,2,{MS + 1},{MS + 2}"])


def test_aggregates_of_futures_without_a_header_are_known_by_their_time(take):
    """They have as many columns as trades of the spot market."""
    lines = [f"{n},100.0,0.1,{n},{n},{MS + n},true" for n in range(1, 9)]
    recording, report = take(BTCUSDT_T_DEPTH=BOOK, BTCUSDT__aggTrades__2021=lines)
    assert report.messages == {"depth": 3, "aggTrades": 8}
    assert [row[0] for row in rows_of(recording)].count("SELL_TRADE") == 8
