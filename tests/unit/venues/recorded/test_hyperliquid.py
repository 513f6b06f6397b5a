from datetime import UTC, datetime
from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import (
    START_MS,
    hyperliquid_book,
    hyperliquid_trades,
    rows_of,
    stamped,
    write_capture,
)

BIDS, ASKS = [("105055.0", "3.03622")], [("105056.0", "0.1")]
BOOK = [("CLEAR", 0, 0), ("BID", 105_055, 303_622), ("ASK", 105_056, 10_000)]


@pytest.fixture
def take(tmp_path):
    def take(*lines):
        path = write_capture(tmp_path / "capture.gz", [stamped(*line) for line in lines])
        return import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions())

    return take


def test_every_book_replaces_the_one_before(take):
    recording, report = take(
        (400, hyperliquid_book(0, BIDS, ASKS)),
        (900, hyperliquid_book(500, [("105054.0", "1")], ASKS)),
    )
    second = [("CLEAR", 0, 0), ("BID", 105_054, 100_000), ("ASK", 105_056, 10_000)]
    assert rows_of(recording) == BOOK + second
    assert (report.messages, report.crossed) == ({"l2Book": 2}, 0)
    assert recording.instrument.symbol == "BTC"


def test_a_book_older_than_the_last_is_dropped(take):
    recording, report = take(
        (900, hyperliquid_book(500, BIDS, ASKS)), (901, hyperliquid_book(0, ASKS, ASKS))
    )
    assert rows_of(recording) == BOOK
    assert report.stale_depth == 1


def test_a_side_of_the_book_may_be_empty(take):
    recording, _ = take((400, hyperliquid_book(0, [], ASKS)))
    assert rows_of(recording) == [BOOK[0], BOOK[2]]


@pytest.mark.parametrize("backlog_first", [True, False])
def test_the_backlog_sent_upon_subscription_is_no_live_flow(take, backlog_first):
    # Its newest trade is fresh, but the frame as a whole is not what happens now.
    backlog = (
        1_400,
        hyperliquid_trades((-50_000, 1, "105056.0", "0.1", "B"), (500, 2, "105055.0", "0.1", "A")),
    )
    book = (1_400, hyperliquid_book(1_000, BIDS, ASKS))
    live = (2_400, hyperliquid_trades((2_000, 3, "105055.0", "0.00015", "A")))
    first, second = (backlog, book) if backlog_first else (book, backlog)
    recording, report = take(first, second, live)
    assert rows_of(recording) == [*BOOK, ("SELL_TRADE", 105_055, 15)]
    assert report.backlog_trades == 2


def test_backlog_is_measured_by_age_beside_the_fastest_message_not_by_the_clocks(take):
    recording, report = take(
        (-60_000, hyperliquid_book(0, BIDS, ASKS)),
        (-59_000, hyperliquid_trades((1_000, 3, "105056.0", "0.1", "B"))),
        (-58_000, hyperliquid_trades((-50_000, 4, "105056.0", "0.1", "B"))),
    )
    assert rows_of(recording) == [*BOOK, ("BUY_TRADE", 105_056, 10_000)]
    assert (report.backlog_trades, report.clock_shift_ns) == (1, 60_001_000_000)


def test_a_trade_id_counts_once(take):
    trade = (1_000, 3, "105056.0", "0.1", "B")
    recording, report = take(
        (400, hyperliquid_book(0, BIDS, ASKS)),
        (1_400, hyperliquid_trades(trade, trade)),
        (1_500, hyperliquid_trades(trade)),
    )
    assert rows_of(recording) == [*BOOK, ("BUY_TRADE", 105_056, 10_000)]
    assert report.duplicate_trades == 2


def test_other_channels_and_coins_are_counted_and_left_out(take):
    recording, report = take(
        (400, hyperliquid_book(0, BIDS, ASKS)),
        (401, hyperliquid_book(0, BIDS, ASKS, coin="ETH")),
        (402, {"channel": "subscriptionResponse", "data": {"method": "subscribe"}}),
        (403, {"channel": "pong"}),
    )
    assert rows_of(recording) == BOOK
    assert report.left_out == {"l2Book of ETH": 1, "subscriptionResponse": 1, "pong": 1}


def test_a_capture_of_trades_alone_has_no_book(tmp_path):
    lines = [stamped(400, hyperliquid_trades((0, 1, "1", "1", "B")))]
    path = write_capture(tmp_path / "trades.gz", lines)
    with pytest.raises(InvalidDataError, match="no snapshot of the book of BTC"):
        import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions(symbol="BTC"))


def archived(line):
    stamp, _, payload = line.partition(" ")
    second = datetime.fromtimestamp(int(stamp) // 10**9, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f'{{"time":"{second}.{int(stamp) % 10**9:09}","ver_num":1,"raw":{payload}}}'


def test_the_venues_own_archive_is_the_same_capture(tmp_path):
    plain = [stamped(400, hyperliquid_book(0, BIDS, ASKS))]
    plain.append(stamped(900, hyperliquid_book(500, BIDS, ASKS)))
    recordings = []
    for name, lines in (("plain", plain), ("archive", [archived(line) for line in plain])):
        path = write_capture(tmp_path / name, lines)
        recordings.append(import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions())[0])
    assert rows_of(recordings[0]) == rows_of(recordings[1])
    assert recordings[0].ts_recv.tolist() == recordings[1].ts_recv.tolist()


def test_best_prices_count_while_they_are_newer_than_the_book(take):
    def best(ms, bid="105055.0"):
        sides = [{"px": bid, "sz": "1", "n": 1}, {"px": "105057.0", "sz": "2", "n": 1}]
        return {"channel": "bbo", "data": {"coin": "BTC", "time": START_MS + ms, "bbo": sides}}

    recording, report = take(
        (300, best(0)),
        (400, hyperliquid_book(100, BIDS, ASKS)),
        (401, best(100)),
        (402, best(200)),
    )
    assert rows_of(recording)[3:] == [
        ("BEST_BID", 105_055, 100_000),
        ("BEST_ASK", 105_057, 200_000),
    ]
    assert report.late_tickers == 2


@pytest.mark.parametrize("coin", ["BTC", "ETH", "kPEPE", "@107", "PURR/USDC"])
def test_an_order_of_any_coin_is_worth_at_least_ten_dollars(tmp_path, coin):
    path = write_capture(tmp_path / "x", [stamped(400, hyperliquid_book(0, BIDS, ASKS, coin=coin))])
    instrument = import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions())[0].instrument
    assert (instrument.symbol, instrument.min_notional) == (coin, 10)


def test_prices_have_five_figures_and_an_order_is_worth_ten(tmp_path):
    book = hyperliquid_book(0, [("1004.8", "5.13")], [("1005.0", "1.5")], coin="XYZ")
    below = hyperliquid_book(500, [("998.81", "5.13")], [("998.92", "1.5")], coin="XYZ")
    path = write_capture(tmp_path / "x", [stamped(400, book), stamped(900, below)])
    instrument = import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions())[0].instrument
    assert instrument.min_notional == 10
    assert instrument.price_step(Decimal("1000.1")) == Decimal("0.1")
    assert instrument.price_step(Decimal("999.9")) == Decimal("0.01")
