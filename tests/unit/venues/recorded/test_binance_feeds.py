"""Feeds beside depth and trades, and captures as people bring them."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import (
    aggregate,
    binance_trade,
    futures_depth,
    futures_ticker,
    rows_of,
    snapshot,
    spot_depth,
    stamped,
    write_capture,
)

BIDS, ASKS = [["99.0", "1.000"]], [["101.0", "2.000"]]


def trades_of(recording):
    return [row for row in rows_of(recording) if "TRADE" in row[0]]


def test_aggregated_trades_count_where_they_are_the_only_ones(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        aggregate(2, 5, 7, "99.0", "0.010"),
        aggregate(3, 10, 10, "99.0", "0.020", buyer_is_maker=True),
        aggregate(4, 10, 10, "99.0", "0.020", buyer_is_maker=True),
    )
    assert trades_of(recording) == [("BUY_TRADE", 990, 10), ("SELL_TRADE", 990, 20)]
    assert (report.duplicate_trades, report.missing_trades) == (1, 2)


def test_aggregated_trades_are_dropped_where_their_trades_came_one_by_one(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        aggregate(2, 5, 6, "99.0", "0.030"),
        binance_trade(2, 5, "99.0", "0.010"),
        binance_trade(2, 6, "99.0", "0.020"),
        aggregate(3, 7, 9, "99.0", "0.050"),
    )
    assert trades_of(recording) == [
        ("BUY_TRADE", 990, 10),
        ("BUY_TRADE", 990, 20),
        ("BUY_TRADE", 990, 50),
    ]
    assert report.left_out == {"aggTrade beside its trades": 1}


def test_best_prices_are_compared_at_their_row_although_rows_before_it_were_dropped(futures):
    _, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        aggregate(2, 5, 5, "99.0", "0.010"),
        binance_trade(2, 5, "99.0", "0.010"),
        futures_ticker(3, 12, "98.0", "101.0", size="2.000"),
        futures_depth(3, 11, 12, 10, bids=[["99.0", "0.000"], ["98.0", "2.000"]]),
    )
    assert (report.tops_compared, report.tops_agreed) == (1, 1)


def test_trades_that_were_left_out_are_not_missing(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        binance_trade(2, 11, "99.0", "0.010"),
        binance_trade(3, 12, "0", "0", kind="NA"),
        binance_trade(4, 13, "0", "0", kind="INSURANCE_FUND"),
        binance_trade(5, 14, "99.0", "0.010"),
    )
    assert (len(trades_of(recording)), report.missing_trades) == (2, 0)


def test_a_trade_of_nothing_is_left_out_and_counted(futures):
    recording, report = futures(
        snapshot(10, BIDS, ASKS, ms=1),
        binance_trade(2, 11, "99.0", "0.000"),
        binance_trade(3, 12, "99.0", "0.010"),
    )
    assert trades_of(recording) == [("BUY_TRADE", 990, 10)]
    assert report.left_out == {"trade of size or price 0": 1}


@pytest.mark.parametrize("unit", [1_000, 1_000_000])
def test_stamps_in_microseconds_or_nanoseconds_are_the_same_moments(spot, unit):
    def stamped_finer(message):
        for field in ("E", "T"):
            if field in message["data"]:
                message["data"][field] *= unit
        return message

    plain = [spot_depth(1, 11, 12, bids=BIDS), binance_trade(2, 5, "99.00", "1.00000")]
    expected, _ = spot(snapshot(10, BIDS, ASKS), *plain)
    recording, report = spot(snapshot(10, BIDS, ASKS), *map(stamped_finer, plain))
    assert report.malformed == 0
    assert recording.ts_event.tolist() == expected.ts_event.tolist()


def test_a_stamp_of_no_unit_is_one_malformed_line(spot):
    odd = binance_trade(2, 5, "99.00", "1.00000")
    odd["data"]["T"] = 77
    _, report = spot(snapshot(10, BIDS, ASKS), odd)
    assert "in s, ms, us or ns" in report.malformed_samples[0]


def test_raw_streams_are_read_as_combined_ones_are(futures):
    messages = [
        futures_depth(2, 11, 12, 10, bids=[["98.0", "1.000"]]),
        binance_trade(3, 5, "99.0", "0.010"),
        futures_ticker(3, 14, "99.1", "100.9"),
    ]
    whole = snapshot(10, BIDS, ASKS, ms=1)
    expected, _ = futures(whole, *messages)
    recording, report = futures(whole, *(message["data"] for message in messages))
    assert rows_of(recording) == rows_of(expected)
    assert report.left_out == {}


@pytest.mark.parametrize("as_futures", [True, False])
def test_the_best_levels_alone_are_a_book_every_time(futures, spot, as_futures):
    def part(seq, bids):
        data = {"lastUpdateId": seq, "bids": bids, "asks": ASKS}
        if as_futures:
            data = futures_depth(seq, seq, seq, seq - 1, bids=bids, asks=ASKS)["data"]
        return {"stream": "btcusdt@depth5@100ms", "data": data}

    take = futures if as_futures else spot
    recording, report = take(part(10, BIDS), part(12, [["98.0", "1"]]), part(11, BIDS))
    kinds = [kind for kind, _, _ in rows_of(recording)]
    assert kinds == ["CLEAR", "BID", "ASK"] * 2
    assert (report.stale_depth, report.gaps) == (1, 0)


def test_the_best_levels_are_left_out_where_there_is_depth(spot):
    whole = {"lastUpdateId": 14, "bids": BIDS, "asks": ASKS}
    recording, report = spot(
        snapshot(10, BIDS, ASKS),
        spot_depth(1, 11, 12, bids=[["98.00", "1"]]),
        {"stream": "btcusdt@depth20", "data": whole},
    )
    assert recording.rows == 4
    assert report.left_out == {"best levels beside depth": 1}


def test_levels_of_an_older_grid_are_left_out_and_set_no_grid(tmp_path):
    bids = [[f"{0.3521 - n / 10_000:.4f}", f"{1 + n}"] for n in range(120)]
    asks = [[f"{0.3522 + n / 10_000:.4f}", f"{1 + n}"] for n in range(120)]
    old = [["0.25974", "1.5"], ["0.10001", "0.7"]]
    data = {"lastUpdateId": 10, "bids": bids + old, "asks": asks}
    lines = [stamped(5, data)]
    for options in (
        ImportOptions(symbol="NKNUSDT"),
        ImportOptions(symbol="NKNUSDT", tick_size=Decimal("0.0001"), lot_size=Decimal(1)),
    ):
        path = write_capture(tmp_path / "x.gz", lines)
        recording, report = import_capture(CaptureFormat.BINANCE_SPOT, [path], options)
        instrument = recording.instrument
        assert (str(instrument.tick_size), str(instrument.lot_size)) == ("0.0001", "1")
        assert (report.rounded_prices, report.rounded_sizes) == (2, 2)
        assert recording.rows == 241


def test_sizes_of_cheap_coins_need_no_option(tmp_path):
    bids, asks = [["0.00000061", "512000000000.0"]], [["0.00000062", "412000000500.0"]]
    path = write_capture(tmp_path / "x.gz", [stamped(5, snapshot(10, bids, asks))])
    options = ImportOptions(symbol="BTTCUSDT")
    recording, _ = import_capture(CaptureFormat.BINANCE_SPOT, [path], options)
    assert str(recording.instrument.lot_size) == "100"
    assert recording.lots.tolist() == [0, 5_120_000_000, 4_120_000_005]


def test_a_capture_without_trades_says_so(spot):
    recording, report = spot(snapshot(10, BIDS, ASKS))
    assert recording.remarks == report.remarks
    assert "no trades" in report.remarks[0]


def test_a_coin_margined_capture_is_an_inverse_contract_of_its_value(tmp_path):
    whole = snapshot(10, [["9.990", "5"]], [["9.991", "7"]], ms=1)
    path = write_capture(tmp_path / "x", [stamped(5, whole)])
    options = ImportOptions(symbol="LINKUSD_PERP")
    instrument = import_capture(CaptureFormat.BINANCE_FUTURES, [path], options)[0].instrument
    assert (instrument.contract.value, instrument.contract_value) == ("inverse", 10)
    assert instrument.quote_currency == "USD"


def test_a_symbol_that_comes_late_among_others_is_found(tmp_path):
    others = [
        stamped(n, futures_depth(n, n, n, n - 1, bids=BIDS, symbol="XUSDT")) for n in range(1, 300)
    ]
    trade = stamped(400, binance_trade(400, 5, "99.0", "0.010"))
    whole = stamped(401, snapshot(10, BIDS, ASKS, ms=1) | {"symbol": "BTCUSDT"})
    path = write_capture(tmp_path / "x", [*others, whole, trade])
    options = ImportOptions(symbol="BTCUSDT")
    recording, _ = import_capture(CaptureFormat.BINANCE_FUTURES, [path], options)
    assert trades_of(recording) == [("BUY_TRADE", 990, 10)]
    with pytest.raises(InvalidDataError, match="nothing of the symbol, but of BTCUSDT, XUSDT"):
        import_capture(CaptureFormat.BINANCE_FUTURES, [path], ImportOptions(symbol="ABC"))
