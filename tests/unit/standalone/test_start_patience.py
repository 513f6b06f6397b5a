"""A start waits for a venue that does not answer, says so, and ends at a stated time."""

import asyncio
from contextlib import nullcontext

import pytest

from market_maker.emulators.hyperliquid.venue import Hyperliquid, Reply
from market_maker.model.errors import VenueRefusedError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.standalone.start_patience import PAUSE_MAX_S, StartPatience
from market_maker.standalone.stopping import MakerStop
from tests.simulation.leaping_loop import LoopClock, leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import Lines

AWAY = VenueUnavailableError("userRole: too many requests (HTTP 429)")
SAID = "WARN Venue does not answer: the start is tried again problem=userRole: too many requests"


class Asked:
    """A question that the venue answers after so many refusals."""

    def __init__(self, refusals, error=AWAY):
        self.refusals, self.error, self.times = refusals, error, []
        self.clock, self.stop = LoopClock(), MakerStop()
        self.lines = Lines(self.clock)

    async def __call__(self):
        self.times.append(self.clock.now() / NANOS_PER_SECOND)
        if len(self.times) <= self.refusals:
            raise self.error
        return "answer"

    async def patiently(self, within_s):
        waiting = StartPatience(self.clock, self.lines.log, self.stop, within_s)
        return await waiting.until_answered(self)


def test_a_question_is_asked_again_at_growing_intervals_until_it_is_answered():
    async def run():
        asked = Asked(refusals=6)
        assert await asked.patiently(300) == "answer"
        return asked

    asked = leaping(run())
    pauses = [later - before for before, later in zip(asked.times, asked.times[1:], strict=False)]
    assert 1 <= pauses[0] <= 2.1
    assert all(PAUSE_MAX_S / 2 <= pause <= PAUSE_MAX_S + 0.1 for pause in pauses[4:])
    said = asked.lines.having(SAID)
    assert len(said) == 6
    assert "again_in_s=" in said[0]
    assert "given_up_in_s=300" in said[0]


def test_it_ends_at_the_stated_time_with_the_last_problem():
    async def run():
        asked = Asked(refusals=10**6)
        with pytest.raises(VenueUnavailableError, match=r"HTTP 429\); given up after 60 s"):
            await asked.patiently(60)
        return asked

    asked = leaping(run())
    assert 60 <= asked.times[-1] - asked.times[0] <= 61


def test_the_time_is_that_of_all_questions_of_a_start():
    async def run():
        asked = Asked(refusals=10**6)
        waiting = StartPatience(asked.clock, asked.lines.log, asked.stop, 60)
        await asyncio.sleep(50)
        with pytest.raises(VenueUnavailableError, match="given up"):
            await waiting.until_answered(asked)
        return asked

    asked = leaping(run())
    assert asked.times[-1] - asked.times[0] <= 11


@pytest.mark.parametrize(
    ("within_s", "error"), [(0, AWAY), (300, VenueRefusedError("is no account and no agent"))]
)
def test_without_patience_and_for_what_will_not_change_it_is_asked_once(within_s, error):
    async def run():
        asked = Asked(refusals=10**6, error=error)
        with pytest.raises(type(error)) as raised:
            await asked.patiently(within_s)
        assert raised.value is error
        return asked

    asked = leaping(run())
    assert len(asked.times) == 1
    assert not asked.lines.lines


def test_an_end_that_is_asked_for_is_not_waited_out():
    async def run():
        asked = Asked(refusals=10**6)
        asyncio.get_running_loop().call_later(5, asked.stop.ask, "SIGTERM")
        with pytest.raises(VenueUnavailableError, match=r"stopped \(SIGTERM\) while waiting"):
            await asked.patiently(300)
        return asked

    asked = leaping(run())
    assert asked.times[-1] - asked.times[0] <= 5


@pytest.mark.parametrize(
    ("way", "finished", "after_s"), [("until_answered", 0, 5), ("until_done", 1, 60)]
)
def test_an_end_does_not_wait_for_an_answer_but_for_what_changes_something(way, finished, after_s):
    async def run():
        asked, done = Asked(refusals=0), []

        async def slow():
            await asyncio.sleep(60)
            done.append("done")

        asyncio.get_running_loop().call_later(5, asked.stop.ask, "SIGTERM")
        waiting = StartPatience(asked.clock, asked.lines.log, asked.stop, 300)
        began = asked.clock.now()
        with nullcontext() if finished else ended():
            await getattr(waiting, way)(slow)
        return len(done), round((asked.clock.now() - began) / NANOS_PER_SECOND)

    assert leaping(run()) == (finished, after_s)


def ended():
    words = r"stopped \(SIGTERM\) before the venue answered"
    return pytest.raises(VenueUnavailableError, match=words)


class Troubled(Hyperliquid):
    """Answers questions, and the cancels and the leverage of a start, in a bad way at first."""

    reply, asked, acted = Reply(429, b"null"), 9, 3

    def ask(self, peer, body, now):
        if self.asked and peer != "judge":
            type(self).asked -= 1
            return self.reply
        return super().ask(peer, body, now)

    def act(self, peer, body, now):
        if self.acted and b"updateLeverage" in body:
            type(self).acted -= 1
            return self.reply
        return super().act(peer, body, now)


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply",
    [Reply(429, b"null"), Reply(502, b"Bad Gateway", json=False), Reply(200, b"", cut=True)],
    ids=["429", "502", "no answer"],
)
def test_a_maker_whose_venue_is_in_trouble_at_its_start_quotes_when_that_is_over(tmp_path, reply):
    kind = type("Now", (Troubled,), {"reply": reply})

    async def run():
        async with at_table(tmp_path, venue={"kind": kind}, start_within_secs=300) as table:
            await table.until(lambda: len(table.open()) == 10)
            return table.running

    running = leaping(run())
    again, limited = "Venue does not answer: the start is tried again", "the venue answers 429"
    assert len(running.lines.having(again)) >= (1 if reply.status == 429 else 3)
    assert bool(running.lines.having(limited)) == (reply.status == 429)
    assert (kind.asked, kind.acted) == (0, 0)
    assert running.end.code == 0
