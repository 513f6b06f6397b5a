"""Only a collection that has become slow sets its survivors aside."""

import pytest

from market_maker.clocks import SimClock
from market_maker.serving.collector import SLOW, Collector

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
