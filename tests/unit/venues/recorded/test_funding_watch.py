"""Payments of funding from what venues say before them, of every venue that says it."""

from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.research.imported_funding import AT_THE_MID, MISSED
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from market_maker.venues.recorded.funding_watch import HOURLY, FundingWatch, mark_of, rate_of
from tests.captures import (
    MS,
    START_MS,
    futures_depth,
    hyperliquid_book,
    snapshot,
    stamped,
    write_capture,
)

BIDS, ASKS = [["99.0", "1.000"]], [["101.0", "2.000"]]
MIDNIGHT = (START_MS + 345_000) * MS
HOURS = 3_600_000
DUE = 345_000
"""Midnight, ms after START_MS."""

LATE, EARLY = Decimal("0.00007"), Decimal("0.0001")


def imported(tmp_path, capture_format, *lines):
    path = write_capture(tmp_path / "capture", [stamped(*line) for line in lines])
    return import_capture(capture_format, [path], ImportOptions())


def only(recording):
    (paid,) = recording.funding
    return paid.ts_event, paid.rate, paid.mark


def test_a_payment_takes_the_last_rate_and_price_of_before_it():
    watch = FundingWatch()
    for at, due, rate, mark in ((1, 10, "0.1", "5"), (9, 10, "0.2", "6"), (11, 20, "0.3", "7")):
        watch.next_is(at, due, Decimal(rate))
        watch.marked(at, Decimal(mark))
    (paid,) = watch.payments
    assert (paid.message, paid.due, paid.rate, paid.mark) == (11, 10, Decimal("0.2"), 6)


def test_a_price_of_after_the_payment_counts_for_the_next_one():
    watch = FundingWatch()
    watch.next_is(0, 10, EARLY)
    for at, mark in ((10, 6), (12, 7)):  # the venue names the next payment late
        watch.marked(at, Decimal(mark))
    watch.next_is(1, 20, EARLY)
    watch.next_is(2, 30, EARLY)
    assert [paid.mark for paid in watch.payments] == [6, 7]


def test_payments_of_a_silence_are_counted_as_missed():
    watch = FundingWatch()
    for due in (8, 16, 40):
        watch.next_is(0, due, EARLY)
    assert (len(watch.payments), watch.missed, watch.period) == (2, 2, 8)


def test_an_earlier_time_and_a_time_without_a_rate_are_no_payment():
    watch = FundingWatch()
    watch.next_is(0, 10, None)
    watch.next_is(1, 20, EARLY)
    watch.next_is(2, 10, EARLY)
    watch.next_is(3, 0, LATE)
    assert watch.payments == []


@pytest.mark.parametrize("text", ["x", "NaN", "Infinity", "1e-999999", "0." + "1" * 40, "1.5"])
def test_what_is_no_rate_is_refused_by_name(text):
    with pytest.raises(InvalidFieldError, match="rate"):
        rate_of(text)


def test_no_rate_and_no_price_are_none():
    assert (rate_of(""), rate_of("0"), mark_of(""), mark_of("0.0")) == (None, 0, None, None)
    with pytest.raises(InvalidFieldError, match="mark price"):
        mark_of("-1")


def marked(ms, due_ms, rate, mark, symbol="BTCUSDT"):
    data = {"e": "markPriceUpdate", "E": START_MS + ms, "s": symbol, "p": mark, "i": mark}
    return data | {"r": rate, "T": START_MS + due_ms if due_ms else 0}


@pytest.mark.parametrize("shape", ["combined", "raw", "array"])
def test_binance_names_the_rate_and_the_time_with_the_mark_price(tmp_path, shape):
    def line(ms, *rest):
        data = marked(ms, *rest)
        if shape == "combined":
            return ms + 5, {"stream": "btcusdt@markPrice@1s", "data": data}
        if shape == "raw":
            return ms + 5, data
        others = [marked(ms, DUE, "0.5", "3", "ETHUSDT"), data]
        return ms + 5, {"stream": "!markPrice@arr@1s", "data": others}

    recording, report = imported(
        tmp_path,
        CaptureFormat.BINANCE_FUTURES,
        (1, snapshot(10, BIDS, ASKS, ms=1)),
        line(100, DUE, str(EARLY), "99.5"),
        line(DUE - 10, DUE, str(LATE), "100.12345678"),
        line(DUE + 990, DUE + 8 * HOURS, "0.0002", "100.5"),
        (DUE + 2_000, futures_depth(DUE + 1_900, 11, 11, 10, bids=BIDS)),
    )
    assert only(recording) == (MIDNIGHT, LATE, Decimal("100.12345678"))
    assert recording.funding[0].ts_recv == (START_MS + DUE + 995) * MS
    assert (report.payments, report.messages["markPrice"]) == (1, 3)


def test_a_dated_contract_of_binance_has_no_funding(tmp_path):
    recording, _ = imported(
        tmp_path,
        CaptureFormat.BINANCE_FUTURES,
        (1, snapshot(10, BIDS, ASKS, ms=1)),
        (100, marked(99, 0, "", "99.5")),
        (DUE + 2_000, futures_depth(DUE + 1_900, 11, 11, 10, bids=BIDS)),
    )
    assert recording.funding == ()


def test_bybit_repeats_only_what_changed(tmp_path):
    def ticker(ms, **data):
        about = {"topic": "tickers.BTCUSDT", "type": "delta", "ts": START_MS + ms}
        return ms + 5, about | {"data": {"symbol": "BTCUSDT", **data}}

    def book(ms, seq, kind):
        data = {"s": "BTCUSDT", "b": BIDS, "a": ASKS, "u": seq}
        about = {"topic": "orderbook.50.BTCUSDT", "type": kind, "ts": START_MS + ms}
        return ms + 5, about | {"data": data}

    due, later = str(START_MS + DUE), str(START_MS + DUE + 8 * HOURS)
    recording, _ = imported(
        tmp_path,
        CaptureFormat.AUTO,
        book(1, 1, "snapshot"),
        ticker(10, markPrice="99.5", fundingRate=str(EARLY), nextFundingTime=due),
        ticker(20, fundingRate=str(LATE)),
        ticker(DUE - 5, markPrice="100.25"),
        ticker(DUE + 400, markPrice="101.00"),
        ticker(DUE + 900, fundingRate="0.0005", nextFundingTime=later),
        book(DUE + 2_000, 2, "delta"),
    )
    assert only(recording) == (MIDNIGHT, LATE, Decimal("100.25"))


def okx(channel, ms, **data):
    arg = {"channel": channel, "instId": "BTC-USDT-SWAP"}
    return ms + 5, {"arg": arg, "data": [{"ts": str(START_MS + ms), **data}]}


def okx_capture(*middle):
    levels = {"bids": [["99.0", "1", "0", "1"]], "asks": [["101.0", "2", "0", "1"]]}
    first, last = (okx("books", ms, **levels) for ms in (1, DUE + 60_000))
    first[1]["action"], last[1]["action"] = "snapshot", "update"
    return first, *middle, last


def test_okx_says_the_rate_and_the_price_in_channels_of_their_own(tmp_path):
    exact = "0.0001875391284828"
    recording, _ = imported(
        tmp_path,
        CaptureFormat.AUTO,
        *okx_capture(
            okx("funding-rate", 10, fundingRate=exact, fundingTime=str(START_MS + DUE)),
            okx("mark-price", DUE - 50, markPx="99.87"),
            okx("mark-price", DUE + 50, markPx="99.99"),
            okx("funding-rate", DUE + 30_000, fundingTime=str(START_MS + DUE + 8 * HOURS)),
        ),
    )
    assert only(recording) == (MIDNIGHT, Decimal(exact), Decimal("99.87"))
    assert AT_THE_MID not in recording.remarks


def test_without_a_mark_price_the_mid_of_that_moment_is_taken_and_said(tmp_path):
    recording, _ = imported(
        tmp_path,
        CaptureFormat.AUTO,
        *okx_capture(
            okx("funding-rate", 10, fundingRate="0.0001", fundingTime=str(START_MS + DUE)),
            okx("funding-rate", DUE + 9, fundingTime=str(START_MS + DUE + 8 * HOURS)),
        ),
    )
    assert only(recording) == (MIDNIGHT, EARLY, Decimal(100))
    assert AT_THE_MID in recording.remarks


def test_hyperliquid_pays_on_every_hour_at_the_oracle_price(tmp_path):
    def context(ms, rate, oracle):
        data = {"coin": "BTC", "ctx": {"funding": rate, "oraclePx": oracle, "markPx": "1"}}
        return ms, {"channel": "activeAssetCtx", "data": data}

    recording, _ = imported(
        tmp_path,
        CaptureFormat.HYPERLIQUID,
        (400, hyperliquid_book(0, [("99", "1")], [("101", "1")])),
        context(500, "0.0000125", "100.1"),
        context(DUE - 100, "0.00007", "100.5"),
        context(DUE + 700, "0.0001", "100.9"),
        context(DUE + 3 * HOURS + 5, "0.0002", "101"),
        (
            DUE + 3 * HOURS + 9,
            hyperliquid_book(DUE + 3 * HOURS, [("99", "1")], [("101", "1")]),
        ),
    )
    paid = [(each.ts_event, each.rate, each.mark) for each in recording.funding]
    assert paid == [
        (MIDNIGHT, LATE, Decimal("100.5")),
        (MIDNIGHT + HOURLY, EARLY, Decimal("100.9")),
    ]
    assert f"2 {MISSED}" in recording.remarks


def test_tardis_has_a_table_of_it(tmp_path):
    us = 1_000 * START_MS
    after = us + 1_000 * DUE + 9_000_000
    book = tmp_path / "book.csv"
    book.write_text(
        "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
        f"x,BTCUSDT,{us},{us + 5_000},true,bid,99.0,1\n"
        f"x,BTCUSDT,{us},{us + 5_000},true,ask,101.0,1\n"
        f"x,BTCUSDT,{after},{after + 5_000},false,ask,101.0,2\n"
    )
    ticker = tmp_path / "ticker.csv"
    due, later = us + 1_000 * DUE, us + 1_000 * (DUE + 8 * HOURS)
    records = [
        (us + 10, due, "0.0001", "99.5"),
        (due - 10, "", "0.00007", "100.25"),
        (due + 50, later, "", ""),
    ]
    lines = "".join(
        f"x,BTCUSDT,{at},{at + 5_000},{when},{rate},,,,,{mark}\n"
        for at, when, rate, mark in records
    )
    names = "funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price"
    common = "exchange,symbol,timestamp,local_timestamp"
    ticker.write_text(f"{common},{names},index_price,mark_price\n{lines}")
    recording, report = import_capture(CaptureFormat.AUTO, [book, ticker], ImportOptions())
    assert only(recording) == (MIDNIGHT, LATE, Decimal("100.25"))
    assert report.messages["derivative_ticker"] == 3
