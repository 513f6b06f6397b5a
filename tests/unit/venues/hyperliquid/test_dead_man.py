"""The venue's switch is put off again and again, and its refusal is reported once."""

import asyncio

import pytest

from market_maker.model.account import DeadManState
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid import dead_man
from market_maker.venues.hyperliquid.dead_man import keep_wound
from tests.unit.venues.hyperliquid.stub import until

pytestmark = pytest.mark.anyio
NOON = 1_790_000_000 * NANOS_PER_SECOND


class StepClock:
    def __init__(self):
        self.at = NOON

    def now(self):
        self.at += NANOS_PER_SECOND
        return Nanos(self.at)


class Switch:
    """Of the account's port, only the dead man. says: answers in turn, the last one for ever."""

    def __init__(self, *says):
        self.says, self.asked = list(says), []

    async def schedule_cancel(self, at):
        self.asked.append(at)
        answer = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(answer, Exception):
            raise answer
        return DeadManState(None, answer) if answer else DeadManState(at)


async def wound(switch, times):
    told = []
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            keep_wound(switch, StepClock(), told.append, renew_every_s=0.001)
        )
        await until(lambda: len(switch.asked) >= times)
        running.cancel()
    return told


async def test_the_moment_is_put_off_and_reported_once():
    switch = Switch("")
    told = await wound(switch, 5)
    assert [state.problem for state in told] == [""]
    assert switch.asked[:5] == [NOON + (61 + n) * NANOS_PER_SECOND for n in range(5)]


async def test_a_refusal_is_reported_once_and_asked_about_an_hour_later(monkeypatch):
    monkeypatch.setattr(dead_man, "ASK_AGAIN_S", 0.001)
    told = await wound(Switch("Required: $1000000."), 5)
    assert [state.problem for state in told] == ["Required: $1000000."]


async def test_a_question_that_was_not_answered_keeps_the_moment_that_was_set():
    switch = Switch("", VenueUnavailableError("no answer"), "")
    told = await wound(switch, 4)
    assert [state.problem for state in told] == ["", "no answer", ""]
    assert told[1].at == switch.asked[0]
