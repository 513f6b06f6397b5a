import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.venues.recorded.clocks import BASE_LATENCY_NS, UnstampedError, bring_together
from market_maker.venues.recorded.rows import UNSTAMPED
from tests.examples import examples

START, MS, SECOND = 1_700_000_000 * 10**9, 10**6, 10**9


def stamps(count, every=100 * MS, latency=3 * MS):
    """Events and their receipts."""
    events = START + np.arange(count, dtype=np.int64) * every
    jitter = (np.arange(count, dtype=np.int64) % 7) * MS
    return events, events + latency + jitter


@settings(max_examples=examples(60))
@given(
    at=st.integers(25, 570),
    step=st.one_of(st.integers(-40 * SECOND, -SECOND), st.integers(SECOND, 40 * SECOND)),
)
def test_a_step_of_the_recorders_clock_is_taken_back(at, step):
    events, receipts = stamps(600)
    stepped = receipts.copy()
    stepped[at:] += step
    clock = bring_together(events, stepped)
    assert len(clock.pieces) == 2
    # Where the clock after the step is ahead of the venue's, either piece may be the base.
    latency = clock.ts_recv - clock.ts_event
    assert np.abs(latency - (receipts - events)).max() <= 10 * MS
    assert clock.reversals <= 7


def test_a_capture_with_a_step_is_the_capture_without_it():
    events, receipts = stamps(600)
    stepped = receipts.copy()
    stepped[300:] -= 30 * SECOND
    assert bring_together(events, stepped).ts_recv.tolist() == receipts.tolist()
    assert bring_together(events, receipts).ts_recv.tolist() == receipts.tolist()


def test_a_backlog_a_stall_and_a_slow_drift_are_no_steps():
    events, receipts = stamps(600)
    backlog = events.copy()
    backlog[:3] -= 50 * SECOND
    stall = receipts.copy()
    stall[300:330] = stall[330]
    drift = receipts + np.arange(600, dtype=np.int64) * 10 * MS
    for pair in ((backlog, receipts), (events, stall), (events, drift)):
        assert len(bring_together(*pair).pieces) == 1


def test_missing_receipts_follow_the_events():
    events, _ = stamps(5)
    clock = bring_together(events, np.full(5, UNSTAMPED, dtype=np.int64))
    assert clock.ts_recv.tolist() == (events + BASE_LATENCY_NS).tolist()


def test_a_receipt_that_goes_back_by_less_than_a_step_is_held_and_counted():
    events, receipts = stamps(100, every=MS, latency=9 * MS)
    receipts[50] -= 5 * MS
    clock = bring_together(events, receipts)
    assert clock.reversals > 0
    assert (np.diff(clock.ts_recv) >= 0).all()


def test_without_any_stamp_there_is_no_time():
    none = np.full(3, UNSTAMPED, dtype=np.int64)
    with pytest.raises(UnstampedError):
        bring_together(none, none)


@pytest.mark.parametrize("at", [0, 1, 50, 98, 99])
@pytest.mark.parametrize("which", ["event", "receipt", "both"])
def test_one_odd_stamp_moves_no_other(at, which):
    events, receipts = stamps(100)
    odd_events, odd_receipts = events.copy(), receipts.copy()
    if which != "receipt":
        odd_events[at] = 9 * 10**18
    if which != "event":
        odd_receipts[at] = 9 * 10**18
    clock = bring_together(odd_events, odd_receipts)
    others = np.arange(100) != at
    assert np.abs(clock.ts_event - events)[others].max() == 0
    assert np.abs(clock.ts_recv - receipts)[others].max() <= 7 * MS
    assert np.abs(clock.ts_recv - receipts).max() <= 150 * MS
    assert len(clock.pieces) == 1
    assert clock.odd == (2 if which == "both" else 1)
