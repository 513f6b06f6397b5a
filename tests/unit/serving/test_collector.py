"""Only a collection that has become slow sets its survivors aside."""

import pytest

from market_maker.clocks import SimClock
from market_maker.serving.collector import SLOW, TRIM_EVERY, Collector, trim_heap

pytestmark = pytest.mark.anyio


def collector(takes):
    clock, done = SimClock(1), []

    def collect():
        done.append("collect")
        clock.sleep(takes[len(done) - 1 - done.count("freeze")])

    return Collector(clock, collect, lambda: done.append("freeze")), done


async def test_what_the_start_has_made_is_frozen_and_what_is_in_flight_later_is_not():
    quick, done = collector([1, SLOW - 1, 1])
    for _ in range(3):
        await quick.step()
    assert done == ["collect", "freeze", "collect", "collect"]


async def test_a_slow_collection_freezes_what_survived_it():
    slow, done = collector([1, SLOW])
    for _ in range(2):
        await slow.step()
    assert done == ["collect", "freeze", "collect", "freeze"]


async def test_the_heap_is_trimmed_once_in_so_many_collections():
    trimmed = []
    usual = Collector(SimClock(1), lambda: None, lambda: None, lambda: trimmed.append(True))
    for _ in range(2 * TRIM_EVERY + 1):
        await usual.step()
    assert trimmed == [True, True]


def test_trimming_the_heap_of_this_process_raises_nothing():
    trim_heap()
