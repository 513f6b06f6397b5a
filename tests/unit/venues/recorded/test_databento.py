"""Databento's files, made by its own library, become recordings."""

import io
from datetime import date
from types import SimpleNamespace

import databento_dbn as dbn
import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import RowKind
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.storage.recording import read_recording, write_recording
from market_maker.venues.recorded.formats import CaptureFormat

START = 1_700_000_000_000_000_000
MS = 1_000_000
LAST = dbn.F_LAST
BID, ASK, NONE = dbn.Side.BID, dbn.Side.ASK, dbn.Side.NONE
ADD, CANCEL, MODIFY = dbn.Action.ADD, dbn.Action.CANCEL, dbn.Action.MODIFY
CLEAR, FILL, TRADE = dbn.Action.CLEAR, dbn.Action.FILL, dbn.Action.TRADE


def metadata(schema=dbn.Schema.MBO, instruments=(("MSFT", "7"),), ts_out=False):
    mappings = [
        SimpleNamespace(
            raw_symbol=symbol,
            intervals=[
                SimpleNamespace(
                    start_date=date(2023, 11, 14), end_date=date(2023, 11, 15), symbol=number
                )
            ],
        )
        for symbol, number in instruments
    ]
    return bytes(
        dbn.Metadata(
            dataset="XNAS.ITCH",
            start=START,
            stype_in=dbn.SType.RAW_SYMBOL,
            stype_out=dbn.SType.INSTRUMENT_ID,
            schema=schema,
            symbols=[symbol for symbol, _ in instruments],
            mappings=mappings,
            ts_out=ts_out,
        )
    )


def order(ms, action, side=BID, price=0, size=0, number=0, flags=LAST, instrument=7, publisher=2):
    """A record of market by order; price in cents."""
    return bytes(
        dbn.MBOMsg(
            publisher_id=publisher,
            instrument_id=instrument,
            ts_event=START + ms * MS,
            order_id=number,
            price=price * 10_000_000,
            size=size,
            action=action,
            side=side,
            ts_recv=START + ms * MS + 100_000,
            flags=flags,
        )
    )


def pairs(*levels):
    """Levels as (bid, size, ask, size), prices in cents."""
    return [
        dbn.BidAskPair(
            bid_px=bid * 10_000_000, bid_sz=bid_size, ask_px=ask * 10_000_000, ask_sz=ask_size
        )
        for bid, bid_size, ask, ask_size in levels
    ]


def book(ms, levels, action=ADD, side=BID, price=0, size=0, flags=LAST):
    """A record of market by price, of ten levels or of one."""
    kind, depth = (dbn.MBP10Msg, 10) if len(levels) > 1 else (dbn.MBP1Msg, 1)
    whole = pairs(*levels) + [dbn.BidAskPair()] * (depth - len(levels))
    return bytes(
        kind(
            publisher_id=2,
            instrument_id=7,
            ts_event=START + ms * MS,
            price=price * 10_000_000,
            size=size,
            action=action,
            side=side,
            depth=0,
            ts_recv=START + ms * MS + 100_000,
            flags=flags,
            levels=whole if depth > 1 else whole[0],
        )
    )


ORDERS = (
    order(0, CLEAR, NONE, flags=dbn.F_SNAPSHOT),
    order(0, ADD, BID, 37_010, 100, number=1, flags=dbn.F_SNAPSHOT),
    order(0, ADD, BID, 37_010, 50, number=2, flags=dbn.F_SNAPSHOT),
    order(0, ADD, ASK, 37_012, 80, number=3, flags=dbn.F_SNAPSHOT | LAST),
    order(1, ADD, ASK, 37_011, 30, number=4),
    # A buyer takes 30 of order 4 and 20 of order 3: the cancels after the fills change the book.
    order(2, TRADE, BID, 37_011, 30, flags=0),
    order(2, FILL, ASK, 37_011, 30, number=4, flags=0),
    order(2, CANCEL, ASK, 37_011, 30, number=4, flags=0),
    order(2, TRADE, BID, 37_012, 20, flags=0),
    order(2, FILL, ASK, 37_012, 20, number=3, flags=0),
    order(2, CANCEL, ASK, 37_012, 20, number=3),
    order(3, MODIFY, BID, 37_009, 40, number=2),
    order(4, CANCEL, BID, 37_010, 100, number=1),
)


def capture(tmp_path, content, name="x.dbn", symbol=None):
    path = tmp_path / name
    path.write_bytes(content)
    return import_capture(CaptureFormat.AUTO, [path], ImportOptions(symbol=symbol))


def rows_of(recording):
    return [
        (RowKind(kind).name, ticks, lots)
        for kind, ticks, lots in zip(
            recording.kind.tolist(), recording.ticks.tolist(), recording.lots.tolist(), strict=True
        )
    ]


EXPECTED = [
    ("CLEAR", 0, 0),
    ("BID", 37_010, 15),
    ("ASK", 37_012, 8),
    ("ASK", 37_011, 3),
    ("BUY_TRADE", 37_011, 3),
    ("BUY_TRADE", 37_012, 2),
    ("ASK", 37_011, 0),
    ("ASK", 37_012, 6),
    ("BID", 37_009, 4),
    ("BID", 37_010, 10),
    ("BID", 37_010, 0),
]


def packed(content):
    target = io.BytesIO()
    transcoder = dbn.Transcoder(target, dbn.Encoding.DBN, dbn.Compression.ZSTD)
    transcoder.write(content)
    transcoder.finish()
    return target.getvalue()


@pytest.mark.parametrize("name", ["x.dbn", "x.dbn.zst"])
def test_orders_become_levels_and_trades_at_the_ends_of_their_events(tmp_path, name):
    content = metadata() + b"".join(ORDERS)
    made = packed(content) if name.endswith("zst") else content
    recording, report = capture(tmp_path, made, name)
    assert rows_of(recording) == EXPECTED
    assert (report.format, report.malformed) == ("databento", 0)
    assert recording.instrument.symbol == "MSFT"
    assert str(recording.instrument.lot_size) == "10"
    assert str(recording.instrument.tick_size) == "0.01"
    assert recording.instrument.quote_currency == "USD"
    write_recording(tmp_path / "made", recording)
    assert rows_of(read_recording(tmp_path / "made")) == EXPECTED


def test_a_book_of_ten_levels_becomes_what_changed_and_a_trade_follows_the_book_before_it(tmp_path):
    first, second = (100, 10, 102, 10), (99, 20, 103, 20)
    content = metadata(dbn.Schema.MBP_10) + b"".join(
        (
            book(0, [first, second]),
            book(1, [first, second], TRADE, ASK, 100, 10, flags=0),
            book(1, [second, (98, 10, 104, 10)], CANCEL, BID, 100, 10),
        )
    )
    recording, report = capture(tmp_path, content)
    found = rows_of(recording)
    assert [kind for kind, _, _ in found[:5]] == ["CLEAR", "BID", "ASK", "BID", "ASK"]
    assert found[5][:2] == ("SELL_TRADE", 100)
    assert {(kind, ticks) for kind, ticks, lots in found[6:] if not lots} == {
        ("BID", 100),
        ("ASK", 102),
    }
    assert {(kind, ticks) for kind, ticks, lots in found[6:] if lots} == {
        ("BID", 98),
        ("ASK", 104),
    }
    assert report.malformed == 0


def test_best_prices_alone_are_a_book_of_one_level(tmp_path):
    content = metadata(dbn.Schema.MBP_1) + book(0, [(100, 10, 102, 10)])
    content += book(1, [(101, 10, 102, 10)])
    recording, _ = capture(tmp_path, content)
    assert [(kind, ticks) for kind, ticks, _ in rows_of(recording)] == [
        ("CLEAR", 0),
        ("BID", 100),
        ("ASK", 102),
        ("BID", 100),
        ("BID", 101),
    ]


def test_other_instruments_and_publishers_are_left_out_and_counted(tmp_path):
    content = metadata(instruments=(("AAPL", "9"), ("MSFT", "7"))) + b"".join(ORDERS)
    content += order(5, ADD, BID, 1, 10, number=9, instrument=9)
    content += order(5, ADD, BID, 1, 10, number=9, publisher=3)
    recording, report = capture(tmp_path, content, symbol="MSFT")
    assert len(rows_of(recording)) == len(EXPECTED)
    assert report.left_out["record of another instrument"] == 1
    assert report.left_out["record of another publisher"] == 1


def test_a_symbol_that_a_file_does_not_hold_is_refused_by_name(tmp_path):
    with pytest.raises(InvalidDataError, match="holds no TSLA, but MSFT"):
        capture(tmp_path, metadata() + b"".join(ORDERS), symbol="TSLA")


def test_orders_of_before_the_file_and_records_of_another_length_end_nothing(tmp_path, capfd):
    odd = bytearray(order(1, ADD, BID, 37_010, 5, number=50))
    odd[0] -= 2
    content = metadata() + order(0, ADD, BID, 37_000, 5, number=60)
    content += b"".join(ORDERS) + order(5, CANCEL, BID, 37_001, 5, number=70) + bytes(odd[:-8])
    content += order(6, ADD, BID, -5, 5, number=80) + order(7, ADD, BID, 37_008, 10, number=81)
    content += ORDERS[4][:20]
    recording, report = capture(tmp_path, content)
    assert rows_of(recording)[-1][:2] == ("BID", 37_008)
    assert report.malformed == 3
    assert report.stale_depth == 1
    assert any("the last record is cut off" in sample for sample in report.malformed_samples)
    assert capfd.readouterr().err == ""


def test_what_a_feed_says_of_lost_messages_is_a_remark(tmp_path):
    content = metadata() + b"".join(ORDERS)
    content += order(5, ADD, BID, 37_008, 5, number=90, flags=LAST | dbn.F_MAYBE_BAD_BOOK)
    recording, _ = capture(tmp_path, content)
    assert any("lost messages" in remark for remark in recording.remarks)
