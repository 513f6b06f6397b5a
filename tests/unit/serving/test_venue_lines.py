"""Each pool's lines go to the venue that its configuration names."""

import asyncio
from types import SimpleNamespace

import pytest

from market_maker.model.units import Nanos
from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving.venue_lines import NO_TOPICS, TopicsRead, VenueLines

pytestmark = pytest.mark.anyio


class Connector:
    def __init__(self, venue, said="", *, deaf=False):
        self.venue, self.said, self.is_deaf = venue, said, deaf
        self.ran, self.leapt, self.asked = asyncio.Event(), [], []
        self.topics = NO_TOPICS

    async def run(self):
        self.ran.set()

    async def connect(self, opening):
        self.asked.append(("trading", opening))
        return self

    async def connect_shadow(self, opening):
        self.asked.append(("shadow", opening))
        return self

    async def problem(self):
        return self.said

    def watched(self):
        return (WatchedAccount("BTC", f"of {self.venue}"),)

    def leap(self, span):
        self.leapt.append(span)


def opening(venue):
    return SimpleNamespace(start=SimpleNamespace(config=SimpleNamespace(venue=venue)))


def lines(**hyperliquid):
    first, beyond = Connector("order_service"), Connector("hyperliquid", **hyperliquid)
    return first, beyond, VenueLines({"sandbox": first, "hyperliquid": beyond})


async def test_topics_are_those_of_the_venue_that_has_some():
    first, _, made = lines()
    assert made.topics == NO_TOPICS
    first.topics = TopicsRead(parked=3, lag=Nanos(5))
    assert made.topics is first.topics


async def test_a_pool_is_connected_where_it_says():
    first, beyond, made = lines()
    assert await made.connect(opening("sandbox")) is first
    assert await made.connect(opening("hyperliquid")) is beyond
    assert await made.connect_shadow(opening("hyperliquid")) is beyond
    assert [kind for kind, _ in beyond.asked] == ["trading", "shadow"]


async def test_all_run_and_leap_together():
    first, beyond, made = lines()
    await made.run()
    assert first.ran.is_set()
    assert beyond.ran.is_set()
    made.leap(7)
    assert first.leapt == beyond.leapt == [7]


async def test_a_watchdog_gets_every_account_with_its_venue():
    _, _, made = lines()
    assert made.watched() == (
        WatchedAccount("BTC", "of order_service"),
        WatchedAccount("BTC", "of hyperliquid", "hyperliquid"),
    )
    assert made.venue == "order_service, hyperliquid"


async def test_one_that_is_away_is_reported():
    _, _, made = lines(said="no stream", deaf=True)
    assert made.deaf_at == ("hyperliquid",)
    assert await made.problem() == "no stream"
    _, _, fine = lines()
    assert fine.deaf_at == ()
    assert await fine.problem() == ""
