import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import CaptureFormat, ImportOptions, import_capture
from tests.captures import hyperliquid_book, hyperliquid_trades, rows_of, stamped, write_capture

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


def test_backlog_is_told_by_age_beside_the_fastest_message_not_by_the_clocks(take):
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
    assert report.unknown == {"l2Book of ETH": 1, "subscriptionResponse": 1, "pong": 1}


def test_a_capture_of_trades_alone_has_no_book(tmp_path):
    lines = [stamped(400, hyperliquid_trades((0, 1, "1", "1", "B")))]
    path = write_capture(tmp_path / "trades.gz", lines)
    with pytest.raises(InvalidDataError, match="no snapshot of the book of BTC"):
        import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions(symbol="BTC"))
