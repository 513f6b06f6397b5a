"""What a stranger's captures are refused for, and what an import says of the others."""

import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument import ContractKind
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import binance_trade, futures_depth, hyperliquid_book, snapshot, stamped

BIDS, ASKS = [["100.0", "5"]], [["100.2", "4"]]
LINES = [
    snapshot(10, BIDS, ASKS, 5),
    *(futures_depth(20 + i, 11 + i, 11 + i, 10 + i, [["99.9", f"{1 + i}"]]) for i in range(9)),
    *(binance_trade(40 + i, i, "100.0", "0.5") for i in range(3)),
]
HEADER = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount"


def text_of(messages):
    return "".join(stamped(10 * i, message) + "\n" for i, message in enumerate(messages))


@pytest.fixture
def taken(tmp_path):
    def take(content, name="capture.txt", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_capture(CaptureFormat.AUTO, [path], ImportOptions(**options))

    return take


@pytest.mark.parametrize(
    "odd",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: "\n\n" + text + "\n\n",
        lambda text: text.replace('"100.0"', '"1.000e2"').replace('"0.5"', '"5e-1"'),
    ],
    ids=["CRLF", "byte order mark", "empty lines", "exponents"],
)
def test_a_text_written_in_another_way_says_the_same(taken, odd):
    plain, _ = taken(text_of(LINES))
    other, report = taken(odd(text_of(LINES)))
    assert (other.ticks == plain.ticks).all()
    assert (other.lots == plain.lots).all()
    assert report.malformed == 0


@pytest.mark.parametrize("size", ["-0.5", "NaN", "Infinity", "1e400", "x"])
def test_a_size_that_cannot_be_is_counted_and_named(taken, size):
    recording, report = taken(text_of(LINES).replace('"0.5"', f'"{size}"'))
    assert report.malformed == 3
    assert "capture.txt: line 11" in report.malformed_samples[0]
    assert "3 lines malformed and left out" in recording.remarks


def test_a_book_that_was_never_read_says_which_line_was_odd(taken):
    broken = [snapshot(10, [["-1", "5"]], ASKS, 5), *LINES[1:]]
    with pytest.raises(InvalidDataError, match=r"1 lines are malformed \(capture\.txt: line 1: "):
        taken(text_of(broken))


def test_a_table_without_a_record_is_refused_as_such(taken):
    with pytest.raises(InvalidDataError, match="it holds no record below its header"):
        taken(HEADER + "\n")


def test_a_book_that_crosses_and_one_without_two_sides_are_remarked(taken):
    crossed = [hyperliquid_book(i, [("100.2", "1")], [("100.1", "2")]) for i in range(9)]
    recording, report = taken(text_of(crossed))
    assert report.crossed == 9
    assert "9 messages leave the book crossed: nothing is quoted then" in recording.remarks
    never = "the book never has two sides that do not cross: nothing is ever quoted"
    assert never in recording.remarks
    empty, _ = taken(text_of([hyperliquid_book(i, [], []) for i in range(9)]))
    assert never in empty.remarks
    whole, _ = taken(text_of(LINES))
    assert not [each for each in whole.remarks if "book" in each]


def test_a_recorder_whose_clock_was_ahead_is_remarked(taken):
    """Every quote of a replay was decided by five seconds too late, and nothing said so."""
    lines = "".join(stamped(10 * i + 5_000, each) + "\n" for i, each in enumerate(LINES))
    recording, _ = taken(lines)
    (late,) = [each for each in recording.remarks if "no message arrived sooner" in each]
    assert "than 4.9" in late
    whole, _ = taken(text_of(LINES))
    assert not [each for each in whole.remarks if "arrived" in each]


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000], ids=["ms", "us", "ns"])
def test_times_are_read_in_whatever_unit_they_are(taken, unit):
    line = json.dumps
    stamp = 1_723_161_255_000
    messages = [
        {
            "arg": {"channel": "books5", "instId": "BTC-USDT"},
            "data": [
                {
                    "asks": [["100.1", "2", "0", "1"]],
                    "bids": [["100.0", f"{1 + i}", "0", "1"]],
                    "ts": str((stamp + i) * unit),
                }
            ],
        }
        for i in range(5)
    ]
    recording, _ = taken("".join(line(each) + "\n" for each in messages))
    assert int(recording.ts_event[0]) == stamp * 1_000_000


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (text_of(LINES).replace("\n", "\r"), "text whose lines end with CR alone"),
        ((HEADER + "\nx\n").replace(",", "\t"), "separated by tabs"),
        (b"PK\x05\x06" + bytes(18), "an empty zip"),
    ],
)
def test_text_that_is_nearly_a_capture_is_refused_by_what_it_is(taken, content, what):
    with pytest.raises(InvalidDataError, match=f"resembles .*{what}"):
        taken(content)


def test_a_day_is_refused_beside_times_that_name_theirs(taken):
    with pytest.raises(InvalidDataError, match="nothing beside binance-futures"):
        taken(text_of(LINES), day=date(2024, 1, 1))


def test_a_folder_and_a_pipe_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(InvalidDataError, match="a folder, a pipe or a device"):
            import_capture(CaptureFormat.AUTO, [path], ImportOptions())


def test_what_no_instrument_can_have_is_refused_before_anything_is_read(taken):
    damaged = text_of(LINES).encode() + b"x" * (17 << 20)
    for given in ({"tick_size": Decimal(0)}, {"instrument_file": Path("/nope")}):
        with pytest.raises(InvalidDataError, match=r"tick_size: 0 is not|nope: no such"):
            taken(damaged, symbol="BTCUSDT", **given)
    with pytest.raises(InvalidDataError, match="64 characters that can be printed"):
        taken(damaged, symbol="B\x1b[31m")


def test_sizes_of_bybits_inverse_contracts_are_dollars(taken):
    """A thousand of them were a thousand coins."""
    book = {"s": "BTCUSD", "b": [["50000", "1000"]], "a": [["50001", "1"]], "u": 1, "seq": 1}
    message = {"topic": "orderbook.50.BTCUSD", "type": "snapshot", "ts": 1_700_000_000_000}
    recording, _ = taken(text_of([message | {"data": book}]))
    instrument = recording.instrument
    assert (instrument.contract, instrument.contract_value) == (ContractKind.INVERSE, 1)
    assert instrument.quote_currency == "USD"
