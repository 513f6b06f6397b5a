from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.risk.budget import MessageBudget

START = 1_700_000_000 * NANOS_PER_SECOND


def budget(rate, reserve):
    made = MessageBudget(rate, reserve)
    made.advance(START)
    return made


def spend(take):
    count = 0
    while take():
        count += 1
    return count


@pytest.mark.parametrize(("rate", "reserve", "places"), [(100, 25, 75), (10, 90, 1), (4, 0, 4)])
def test_a_full_bucket_places_all_but_the_reserve(rate, reserve, places):
    made = budget(rate, reserve)
    assert made.places_left == places
    assert spend(made.take_place) == places
    assert made.places_left == 0
    assert spend(made.take_cancel) == rate - places


def test_credit_comes_back_with_time_and_never_beyond_a_second():
    made = budget(10, 0)
    assert spend(made.take_place) == 10
    made.advance(START + NANOS_PER_SECOND // 2)
    assert spend(made.take_place) == 5
    made.advance(START + 3600 * NANOS_PER_SECOND)
    assert spend(made.take_place) == 10


def test_time_that_goes_back_earns_nothing():
    made = budget(10, 0)
    spend(made.take_cancel)
    made.advance(START - 10 * NANOS_PER_SECOND)
    made.advance(START)
    assert not made.take_cancel()


def test_a_forced_cancel_is_paid_for_as_far_as_there_is_credit():
    made = budget(10, 0)
    for _ in range(7):
        made.spend_cancel()
    assert spend(made.take_cancel) == 3
    made.spend_cancel()
    made.advance(START + NANOS_PER_SECOND // 10)
    assert spend(made.take_cancel) == 1


STEPS = st.lists(
    st.tuples(st.integers(0, 400_000_000), st.sampled_from(("place", "cancel"))), max_size=120
)


@given(st.integers(1, 50), st.integers(0, 90), STEPS)
def test_messages_in_any_window_are_bounded_and_cancels_keep_their_share(rate, reserve, steps):
    made, now = budget(rate, reserve), START
    sent, placed = [], []
    for wait, kind in steps:
        now += wait
        made.advance(now)
        if kind == "place" and made.take_place():
            sent.append(now)
            placed.append(now)
        elif kind == "cancel" and made.take_cancel():
            sent.append(now)
    for times, burst in ((sent, 1.0), (placed, 1.0 - reserve / 100)):
        for first in range(0, len(times), 7):
            for last in range(first, len(times)):
                span = (times[last] - times[first]) / NANOS_PER_SECOND
                assert last - first + 1 <= rate * (span + burst) * (1 + 1e-6) + 1e-6


@given(st.integers(2, 100), st.integers(0, 90), st.lists(st.integers(0, 10**8), max_size=60))
def test_placing_as_fast_as_possible_never_starves_cancels(rate, reserve, waits):
    made, now = budget(rate, reserve), START
    for wait in waits:
        now += wait
        made.advance(now)
        spend(made.take_place)
        kept = rate * reserve // 100
        probe = budget(rate, reserve)
        probe.credit = made.credit
        assert spend(probe.take_cancel) >= kept


def test_a_new_rate_brings_no_fresh_credit():
    made = budget(100, 25)
    spend(made.take_cancel)
    later = made.changed(10, 0)
    later.advance(START)
    assert not later.take_cancel()
    later.advance(START + NANOS_PER_SECOND // 10)
    assert spend(later.take_cancel) == 1


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=20))
def test_credit_never_falls_while_nothing_is_sent(times):
    made = budget(20, 10)
    spend(made.take_cancel)
    moments = [START + t for t in sorted(times)]
    credit = []
    for moment in moments:
        made.advance(moment)
        credit.append(made.credit)
    assert all(a <= b for a, b in pairwise(credit))
