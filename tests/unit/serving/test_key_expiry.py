"""A watchdog says again and again that its key expires, or may not act any more."""

import asyncio

import pytest

from market_maker.model.errors import VenueRefusedError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.serving.key_expiry import remind
from market_maker.venues.hyperliquid.identity import KeyHolder
from tests.simulation.leaping_loop import LoopClock, leaping
from tests.unit.standalone.venue import Lines

DAY = 86_400 * NANOS_PER_SECOND


def reminded(answer):
    """The log of ten questions. answer: days that the key is valid for, or what is raised."""

    async def run():
        clock = LoopClock()
        lines, began = Lines(clock), clock.now()

        async def holder():
            if isinstance(answer, Exception):
                raise answer
            at = None if answer is None else began + answer * DAY
            return KeyHolder("0xa", "agent", "0xb", "0xb", at)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10.5):
                await remind(holder, clock, lines.log, every_s=1.0)
        return lines

    return leaping(run())


def test_a_key_that_is_about_to_expire_is_said_each_time():
    assert len(reminded(3).having("WARN watchdog key expires days=3.0")) == 10


def test_a_key_that_may_not_act_is_an_error_each_time():
    refused = VenueRefusedError("0xa is no account and no agent on testnet")
    assert len(reminded(refused).having("ERROR watchdog key refused")) == 10


@pytest.mark.parametrize("answer", [30, None, VenueUnavailableError("no answer")])
def test_nothing_is_said_of_a_key_that_lasts_nor_while_the_venue_is_away(answer):
    assert reminded(answer).lines == []
