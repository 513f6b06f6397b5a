import pytest

from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import START_MS, rows_of, stamped, write_capture

BIDS, ASKS = [["99.00", "1.000"]], [["101.00", "2.000"]]


def book(ms, seq, kind="delta", bids=(), asks=(), depth=50, symbol="BTCUSDT"):
    data = {"s": symbol, "b": bids, "a": asks, "u": seq, "seq": 9 * seq}
    topic = f"orderbook.{depth}.{symbol}"
    return {
        "topic": topic,
        "type": kind,
        "ts": START_MS + ms,
        "data": data,
        "cts": START_MS + ms - 1,
    }


def trades(*each):
    data = [
        {
            "T": START_MS + ms,
            "s": "BTCUSDT",
            "S": side,
            "v": size,
            "p": "100.00",
            "i": name,
            "BT": False,
        }
        for ms, name, side, size in each
    ]
    return {"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": START_MS, "data": data}


@pytest.fixture
def take(tmp_path):
    def take(*messages):
        lines = [stamped(10 + n, message) for n, message in enumerate(messages)]
        path = write_capture(tmp_path / "x", lines)
        return import_capture(CaptureFormat.AUTO, [path], ImportOptions())

    return take


def test_a_snapshot_then_deltas_that_count_on(take):
    recording, report = take(
        book(1, 5, "snapshot", BIDS, ASKS), book(2, 6, bids=[["99.00", "0"]]), book(2, 6)
    )
    assert [row[0] for row in rows_of(recording)] == ["CLEAR", "BID", "ASK", "BID"]
    assert (report.gaps, report.stale_depth, report.format) == (0, 1, "bybit")
    assert recording.ts_event[0] == START_MS * 10**6


def test_a_number_left_out_is_a_gap_that_a_snapshot_ends(take):
    recording, report = take(
        book(1, 5, "snapshot", BIDS, ASKS),
        book(2, 7, bids=BIDS),
        book(3, 1, "snapshot", BIDS, ASKS),
        book(4, 2, asks=[["102.00", "1"]]),
    )
    assert report.gaps == 1
    assert [row[0] for row in rows_of(recording)][3:] == ["GAP", "CLEAR", "BID", "ASK", "ASK"]


def test_trades_count_once_by_the_side_of_the_taker(take):
    recording, report = take(
        book(1, 5, "snapshot", BIDS, ASKS),
        trades((2, "a", "Buy", "0.1"), (3, "b", "Sell", "0.2"), (3, "b", "Sell", "0.2")),
    )
    assert [row[0] for row in rows_of(recording)][3:] == ["BUY_TRADE", "SELL_TRADE"]
    assert report.duplicate_trades == 1


def test_what_is_not_of_the_book_is_left_out(take):
    _, report = take(
        book(1, 5, "snapshot", BIDS, ASKS),
        book(2, 9, "snapshot", BIDS, ASKS, depth=1),
        book(2, 9, "snapshot", BIDS, ASKS, symbol="ETHUSDT"),
        {"success": True, "op": "subscribe"},
        book(2, 6, "neither"),
        trades((2, "a", "Both", "0.1")),
    )
    assert report.malformed == 2
    assert report.left_out == {
        "orderbook.1 beside orderbook.50": 1,
        "orderbook.50 of ETHUSDT": 1,
        "no topic": 1,
    }
