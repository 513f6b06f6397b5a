import pytest

from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import START_MS, rows_of, stamped, write_capture

BIDS, ASKS = [["99.0", "1", "0", "3"]], [["101.0", "2", "0", "4"]]


def book(ms, action, seq=None, prev=None, bids=(), asks=(), channel="books", symbol="BTC-USDT"):
    data = {"bids": bids, "asks": asks, "ts": str(START_MS + ms), "checksum": 1}
    if seq is not None:
        data |= {"seqId": seq, "prevSeqId": prev}
    shown = {"action": action} if action else {}
    return {"arg": {"channel": channel, "instId": symbol}, **shown, "data": [data]}


def trade(ms, name, side):
    data = {"instId": "BTC-USDT", "tradeId": name, "px": "99.0", "sz": "1", "side": side}
    arg = {"channel": "trades", "instId": "BTC-USDT"}
    return {"arg": arg, "data": [data | {"ts": str(START_MS + ms)}]}


@pytest.fixture
def take(tmp_path):
    def take(*messages, symbol=None):
        lines = [stamped(10 + n, message) for n, message in enumerate(messages)]
        path = write_capture(tmp_path / "x", lines)
        return import_capture(CaptureFormat.AUTO, [path], ImportOptions(symbol=symbol))

    return take


def test_updates_follow_by_the_number_before_them(take):
    recording, report = take(
        book(1, "snapshot", 10, -1, BIDS, ASKS),
        book(2, "update", 15, 10, bids=[["99.0", "0", "0", "0"]]),
        book(3, "update", 15, 15),
        book(4, "update", 20, 17, bids=BIDS),
    )
    kinds = [row[0] for row in rows_of(recording)]
    assert kinds == ["CLEAR", "BID", "ASK", "BID", "GAP"]
    assert (report.gaps, report.format) == (1, "okx")


def test_without_numbers_every_update_is_taken(take):
    recording, report = take(
        book(1, "snapshot", bids=BIDS, asks=ASKS),
        book(2, "update", asks=ASKS),
        trade(3, "1", "buy"),
    )
    assert [row[0] for row in rows_of(recording)][3:] == ["ASK", "BUY_TRADE"]
    assert report.gaps == 0


def test_best_prices_count_while_their_number_is_newer_than_the_book(take):
    best = book(2, "", 12, bids=BIDS, asks=ASKS, channel="bbo-tbt")
    old = book(2, "", 9, bids=BIDS, asks=ASKS, channel="bbo-tbt")
    recording, report = take(book(1, "snapshot", 10, -1, BIDS, ASKS), best, old)
    assert [row[0] for row in rows_of(recording)][3:] == ["BEST_BID", "BEST_ASK"]
    assert report.late_tickers == 1


def test_five_levels_alone_are_a_book_every_time(take):
    five = book(1, "", 5, bids=BIDS, asks=ASKS, channel="books5")
    recording, _ = take(five, book(2, "", 7, bids=BIDS, asks=ASKS, channel="books5"))
    assert [row[0] for row in rows_of(recording)] == ["CLEAR", "BID", "ASK"] * 2


def test_swaps_say_that_sizes_are_contracts_and_coin_margined_ones_are_inverse(take):
    symbol = "BTC-USD-SWAP"
    recording, report = take(book(1, "snapshot", 10, -1, BIDS, ASKS, symbol=symbol))
    assert "sizes are contracts" in report.remarks[0]
    assert recording.instrument.contract_value == 100


def test_odd_messages_are_counted_and_others_left_out(take):
    _, report = take(
        book(1, "snapshot", 10, -1, BIDS, ASKS),
        book(2, "update", 11, 10, bids=[["99.0"]]),
        book(3, "sideways", 11, 10),
        trade(3, "1", "both"),
        {"event": "subscribe", "arg": {"channel": "trades", "instId": "BTC-USDT"}},
        book(4, "snapshot", 10, -1, BIDS, ASKS, symbol="ETH-USDT"),
    )
    assert report.malformed == 3
    assert report.left_out == {"subscribe": 1, "books of ETH-USDT": 1}
