from market_maker.model.recording import RowKind as K
from market_maker.replay_venue.prepared_rows import KEPT, prepared
from market_maker.replay_venue.received_kernels import APART
from tests.unit.replay_venue.tapes import recording

ROWS = [(K.CLEAR, 0, 0, 990, 1_006), (K.BID, 99, 5, 1_000, 1_007), (K.BID, 98, 5, 1_001, 1_020)]


def test_a_recording_is_made_ready_once():
    made = recording(ROWS)
    assert prepared(made) is prepared(made)
    assert prepared(recording(ROWS)) is not prepared(made), "another one with the same rows"


def test_no_more_recordings_are_kept_than_runs_take_in_turn():
    made = recording(ROWS)
    first = prepared(made)
    for _ in range(KEPT):
        prepared(recording(ROWS))
    assert prepared(made) is not first


def test_the_lead_is_the_shortest_way_of_a_row_that_changes_a_book():
    trade = (K.BUY_TRADE, 100, 1, 1_019, 1_020)
    assert prepared(recording([*ROWS, trade])).lead_ns == 7


def test_rows_that_change_places_have_no_lead():
    best = [(K.BEST_BID, 99, 1, 1_002, 1_020), (K.BEST_ASK, 101, 1, 1_002, 1_020)]
    late = (K.BID, 97, 1, 1_001, 1_021)
    assert prepared(recording([*ROWS, *best, late])).lead_ns == APART
