"""Events as rows: what a book was stays what it was."""

import pytest
from msgspec.structs import replace

from market_maker.model.events import BookDelta, BookLost, BookSnapshot, BookTop, MarkPrice, Trade
from market_maker.model.orders import Side
from market_maker.model.recording import RowKind
from market_maker.replay_venue.recorded_rows import received
from market_maker.research.event_rows import EventRows
from tests.captures import INSTRUMENT

SNAPSHOT = BookSnapshot(1, 2, 5, ((99, 10),), ((101, 20),))
DELTA = BookDelta(3, 4, 6, 6, -1, ((99, 0),), ())
TOP = BookTop(3, 4, 98, 1, 100, 2)
LOST = BookLost(9, "gone")
TRADE = Trade(5, 6, 100, 7, Side.SELL)


def rows(*events):
    made = EventRows()
    for event in events:
        made.add(event)
    recording = made.recording(INSTRUMENT, "a test")
    received(recording)  # as a replay checks it
    names = [RowKind(kind).name for kind in recording.kind.tolist()]
    columns = recording.ticks.tolist(), recording.lots.tolist(), recording.ts_recv.tolist()
    return list(zip(names, *columns, strict=True))


def test_a_snapshot_a_delta_and_a_trade():
    assert rows(SNAPSHOT, DELTA, TRADE) == [
        ("CLEAR", 0, 0, 2),
        ("BID", 99, 10, 2),
        ("ASK", 101, 20, 2),
        ("BID", 99, 0, 4),
        ("SELL_TRADE", 100, 7, 6),
    ]


@pytest.mark.parametrize("event", [DELTA, TRADE, LOST])
def test_before_a_book_there_is_nothing(event):
    made = EventRows()
    made.add(event)
    assert not len(made)


def test_best_prices_hold_until_the_levels_come():
    names = [name for name, *_ in rows(SNAPSHOT, TOP, DELTA, DELTA)]
    assert names[3:] == ["BEST_BID", "BEST_ASK", "BEST_EXPIRED", "BID", "BID"]


def test_a_book_that_was_lost_begins_anew_with_best_prices_too():
    names = [name for name, *_ in rows(TOP, LOST, replace(TOP, ts_recv=10))]
    assert names == ["BEST_BID", "BEST_ASK", "GAP", "CLEAR", "BEST_BID", "BEST_ASK"]


def test_what_is_no_market_data_has_no_row():
    assert len(rows(TOP, MarkPrice(1, 2, 3))) == 2


def test_the_end_may_be_later_than_the_last_message():
    made = EventRows()
    made.add(SNAPSHOT)
    made.alive(50)
    assert made.recording(INSTRUMENT, "a test").end == 50
