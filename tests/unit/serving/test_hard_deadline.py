"""The process ends in time, whatever its event loop does."""

from threading import Event

from market_maker.serving.hard_deadline import HardDeadline

PATIENCE_S = 60.0


def test_it_ends_the_process_once_the_time_is_over():
    ended = Event()
    deadline = HardDeadline(0.001, ended.set)
    deadline.start()
    deadline.start()
    assert ended.wait(PATIENCE_S)


def test_an_orderly_end_and_one_that_was_never_asked_for_end_nothing():
    ended = Event()
    deadline = HardDeadline(3_600.0, ended.set)
    deadline.cancel()
    deadline.start()
    assert not ended.is_set()
