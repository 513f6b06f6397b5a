import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.model.recording import RowKind
from market_maker.replay_venue import book_kernels
from market_maker.replay_venue.compiled import int64_rows, int64s, layout
from market_maker.replay_venue.recorded_rows import (
    RecordedColumns,
    TickWindow,
    at_venue,
    received,
    window,
)
from market_maker.replay_venue.replay_state import book_of
from tests.examples import examples
from tests.support.kernels import alone
from tests.unit.replay_venue.slow_exchange import Row, in_venue_order
from tests.unit.replay_venue.tapes import recording, tapes

K = RowKind
LOW, WIDTH = 95, 11

ROWS = st.lists(
    st.tuples(st.sampled_from([*K] + 4 * [K.BID, K.ASK]), st.integers(93, 107), st.integers(0, 5)),
    max_size=60,
)


class Ladder:
    """A book record over arrays of its own, for compiled code and for plain Python alike."""

    def __init__(self):
        self.sides = np.zeros((2, WIDTH), np.int64)
        fields = book_of(TickWindow(LOW, WIDTH, 0), self.sides[0], self.sides[1])
        self.record = np.array([fields]).view(np.recarray)[0]

    def state(self):
        fields = self.record.tolist()[2:]  # the first two are addresses
        return fields, self.sides.tolist()


QUESTIONS = (book_kernels.bid_price, book_kernels.ask_price, book_kernels.mid_x2_of)
DISPLAYED = (book_kernels.displayed_bid, book_kernels.displayed_ask)


@pytest.fixture(scope="module")
def fast_of():
    """Parts of kernels, each as machine code of its own."""
    return {part: alone(part) for part in (book_kernels.apply_row, *QUESTIONS, *DISPLAYED)}


@pytest.mark.thorough
@settings(max_examples=examples(60), deadline=None)
@given(ROWS)
def test_every_book_kernel_does_what_its_python_does(fast_of, rows):
    fast, plain = Ladder(), Ladder()
    for kind, ticks, lots in rows:
        fast_of[book_kernels.apply_row](fast.record, int(kind), ticks, lots)
        book_kernels.apply_row(plain.record, int(kind), ticks, lots)
        assert fast.state() == plain.state()
        for ask in QUESTIONS:
            assert fast_of[ask](fast.record) == ask(plain.record)
        for shown in DISPLAYED:
            assert fast_of[shown](fast.record, ticks) == shown(plain.record, ticks)


def test_numbers_are_reached_through_their_address():
    numbers = np.arange(5, dtype=np.int64)
    seen = int64s(numbers.ctypes.data, 5)
    numbers[2] = 9
    assert seen.tolist() == [0, 1, 9, 3, 4]
    assert int64_rows(numbers.ctypes.data, 2, 2).tolist() == [[0, 1], [9, 3]]


def test_a_record_has_the_fields_of_its_class_in_their_order():
    class Point:
        x: int
        y: float

    assert layout(Point) == np.dtype([("x", "i8"), ("y", "f8")])


def columns_of(tape) -> RecordedColumns:
    return received(tape)


@settings(deadline=None)
@given(tapes())
def test_the_venues_order_is_that_of_event_times_with_levels_in_sequence(tape):
    ordered = at_venue(columns_of(tape))
    rows = zip(
        *(c.tolist() for c in (tape.kind, tape.ticks, tape.lots, tape.ts_event, tape.ts_recv)),
        strict=True,
    )
    expected = in_venue_order([Row(*row) for row in rows])
    assert ordered.ts.tolist() == [row.ts_event for row in expected]
    assert ordered.ticks.tolist() == [row.price for row in expected]
    assert ordered.lots.tolist() == [row.lots for row in expected]


def test_rows_in_one_order_share_their_arrays():
    columns = columns_of(recording([(K.BID, 100, 1, 10 + n, 20 + n) for n in range(4)]))
    assert at_venue(columns).ticks is columns.ticks
    assert at_venue(columns).ts is columns.ts_event


def test_a_window_without_trades_lies_around_the_median_level():
    levels = [(K.BID, ticks, 1, 10, 10) for ticks in (1, 49_000, 50_000, 51_000, 90_000)]
    assert window(columns_of(recording(levels))) == TickWindow(49_000, 2_001, 2)


def test_a_recording_of_trades_alone_needs_no_ladder():
    trades = recording([(K.BUY_TRADE, 100, 1, 10, 10)])
    assert window(columns_of(trades)) == TickWindow(0, 1, 0)
