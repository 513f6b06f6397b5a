import numpy as np
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.recording import RowKind
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings, mids_at
from market_maker.replay_venue.segments import beginning, equal_segments, segment
from tests.captures import make_recording
from tests.toy_market import toy_recording

WHOLE = toy_recording(seconds=20)
SECOND = 1_000_000_000
S = 1_700_000_000_000_000_000


def tops(recording, moments):
    exchange = RecordedExchange([recording], ReplaySettings())
    seen = []
    for now in moments:
        exchange.advance(Nanos(now))
        seen.append([event for event in exchange.events(0) if hasattr(event, "bid")][-1:])
    return [[(e.bid, e.bid_size, e.ask, e.ask_size) for e in each] for each in seen]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_in_every_segment_the_book_is_that_of_the_whole(count):
    segments = list(equal_segments(WHOLE, count))
    assert len(segments) == count
    assert segments[0].start == WHOLE.start
    assert segments[-1].end == WHOLE.end
    for each in segments:
        moments = np.arange(each.start + SECOND // 10, each.end, SECOND // 10)
        assert np.array_equal(mids_at(each, moments), mids_at(WHOLE, moments))
        later = moments[::5].tolist()
        assert tops(each, later)[1:] == tops(WHOLE, later)[1:]


def test_every_row_is_in_one_segment_and_only_the_opening_is_new():
    segments = list(equal_segments(WHOLE, 4))
    ends = [len(each.kind) for each in segments]
    openings = sum(int((each.ts_recv == each.start).sum()) for each in segments[1:])
    assert sum(ends) - openings <= WHOLE.rows <= sum(ends)


def test_a_segment_begins_within_an_outage_where_the_whole_does():
    rows = [
        (RowKind.CLEAR, 0, 0, S, S),
        (RowKind.BID, 100, 5, S, S),
        (RowKind.ASK, 102, 5, S, S),
        (RowKind.GAP, 0, 0, S + 1, S + 1),
        (RowKind.ALIVE, 0, 0, S + 5, S + 5),
        (RowKind.CLEAR, 0, 0, S + 8, S + 8),
        (RowKind.BID, 90, 5, S + 8, S + 8),
        (RowKind.ASK, 94, 5, S + 8, S + 8),
    ]
    cut = segment(make_recording(rows), Nanos(S + 4), Nanos(S + 9))
    assert cut.kind[0] == RowKind.GAP
    assert cut.outage_ns == 4
    moments = np.array([S + 5, S + 8])
    assert mids_at(cut, moments).tolist() == [0, 184]


def test_best_prices_that_hold_at_the_cut_hold_after_it():
    rows = [
        (RowKind.CLEAR, 0, 0, S, S),
        (RowKind.BID, 100, 5, S, S),
        (RowKind.ASK, 104, 5, S, S),
        (RowKind.BEST_BID, 101, 2, S + 1, S + 1),
        (RowKind.BEST_ASK, 103, 2, S + 1, S + 1),
        (RowKind.ALIVE, 0, 0, S + 5, S + 5),
        (RowKind.BEST_EXPIRED, 0, 0, S + 7, S + 7),
    ]
    cut = segment(make_recording(rows), Nanos(S + 4), Nanos(S + 9))
    assert mids_at(cut, np.array([S + 5, S + 7])).tolist() == [204, 204]
    assert tops(cut, [S + 6, S + 8]) == [[(101, 2, 103, 2)], [(100, 5, 104, 5)]]


def test_the_beginning_shares_the_columns_of_the_whole():
    half = beginning(WHOLE, 0.5)
    assert np.shares_memory(half.ticks, WHOLE.ticks)
    assert half.start == WHOLE.start
    assert half.end - half.start == pytest.approx((WHOLE.end - WHOLE.start) / 2, rel=0.02)
    assert beginning(WHOLE, 1.0).rows == WHOLE.rows


def test_a_stretch_without_rows_is_refused():
    with pytest.raises(InvalidFieldError, match="hold rows"):
        segment(WHOLE, Nanos(WHOLE.end + 1), Nanos(WHOLE.end + 2))
    with pytest.raises(InvalidFieldError, match="hold rows"):
        list(equal_segments(toy_recording(seconds=1), 500))
