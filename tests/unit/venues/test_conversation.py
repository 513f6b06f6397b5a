"""Readiness follows the last word on each channel."""

from market_maker.clocks import SimClock
from market_maker.venues.conversation import REQUESTS, SILENCE_MAX, Conversation


def test_a_channel_that_failed_is_well_with_the_next_word():
    clock = SimClock(1)
    talk = Conversation("venue", clock)
    assert talk.problem == ""
    talk.failed(REQUESTS, "refused")
    assert talk.problem == "venue: requests: no good answer yet: refused"
    talk.heard(REQUESTS)
    assert talk.problem == ""


def test_one_channel_that_answers_does_not_hide_another_that_does_not():
    clock = SimClock(1)
    talk = Conversation("venue", clock)
    talk.heard("stream of X")
    clock.sleep(2_500_000_000)
    talk.failed("stream of X", "it ended")
    talk.heard(REQUESTS)
    assert talk.problem == "venue: stream of X: no good answer for 2.5 s: it ended"
    talk.closed("stream of X")
    assert talk.problem == ""


def test_requests_are_in_doubt_after_a_failure_and_a_silence():
    clock = SimClock(1)
    talk = Conversation("venue", clock)
    talk.heard(REQUESTS)
    talk.failed(REQUESTS, "no answer in time")
    assert not talk.is_broken
    clock.sleep(SILENCE_MAX)
    assert talk.is_broken
    talk.heard(REQUESTS)
    assert not talk.is_broken
