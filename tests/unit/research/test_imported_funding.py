"""Payments of a capture become those of its recording: within it, priced, known in order."""

from decimal import Decimal

import numpy as np

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.research.imported_funding import AT_THE_MID, MISSED, with_funding
from market_maker.venues.recorded.funding_watch import FundingWatch
from tests.toy_market import START, toy_recording

SECOND = NANOS_PER_SECOND
RATE = Decimal("0.0001")


def watch_of(*payments):
    """(message, seconds after the start, price) each."""
    watch = FundingWatch()
    for message, second, mark in payments:
        due = START + second * SECOND
        watch.next_is(0, due, RATE)
        watch.marked(due, mark)
        watch.next_is(message, due + 1, RATE)
    return watch


def test_only_what_was_paid_within_the_recording_is_kept():
    watch = watch_of((0, -5, Decimal(90)), (1, 1, Decimal(91)), (2, 50, Decimal(92)))
    receipts = np.array([START, START + 2 * SECOND, START + 51 * SECOND])
    recording = with_funding(toy_recording(seconds=3), watch, receipts)
    assert Decimal(91) in [paid.mark for paid in recording.funding]
    assert all(START < paid.ts_event <= recording.end for paid in recording.funding)
    assert f"{watch.missed} {MISSED}" in recording.remarks


def test_a_payment_is_known_no_earlier_than_it_was_made_and_never_before_another():
    watch = FundingWatch()
    for message, second in ((1, 1), (0, 2)):
        due = Nanos(START + second * SECOND)
        watch.next_is(message, due, RATE)
        watch.marked(due, Decimal(100))
    watch.next_is(0, START + 3 * SECOND, RATE)
    receipts = np.array([START + SECOND // 2, START + 2 * SECOND])
    paid = with_funding(toy_recording(seconds=5), watch, receipts).funding
    assert [each.ts_event for each in paid] == [START + SECOND, START + 2 * SECOND]
    assert [each.ts_recv for each in paid] == [START + SECOND, START + 2 * SECOND]


def test_without_a_price_the_mid_of_that_moment_is_taken_and_said():
    watch = FundingWatch()
    watch.next_is(0, START + SECOND, RATE)
    watch.next_is(0, START + 9 * SECOND, RATE)
    recording = with_funding(toy_recording(seconds=3), watch, np.array([START + SECOND]))
    (paid,) = recording.funding
    assert 90 < paid.mark < 110
    assert AT_THE_MID in recording.remarks
