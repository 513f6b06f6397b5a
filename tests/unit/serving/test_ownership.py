"""A session that is cut pauses nothing; ownership that stays unproved does, and says so."""

import asyncio

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.lifecycle import PoolState
from market_maker.serving.ownership import Ownership
from tests.support.office import SYMBOL, new_office

pytestmark = pytest.mark.anyio


class Claim:
    """Lost once; held again after so many attempts. other: another service has it by then."""

    def __init__(self, attempts, *, other=False):
        self.problem = "connection was closed"
        self.attempts, self.other, self.lost = attempts, other, False

    async def holds(self):
        held, self.lost = self.lost, True
        return held

    async def regain(self):
        await asyncio.sleep(0)
        self.attempts -= 1
        if self.attempts <= 0 and self.other:
            raise InvalidDataError("db", "is in use by another market_maker serve")
        return self.attempts <= 0


class Lines:
    def __init__(self):
        self.events = []

    def __getattr__(self, level):
        return lambda event, **_: self.events.append((level, event))


def ownership(office, claim, log, grace_s):
    return Ownership(claim, office.engine_host, office.intent_log, log, grace_s=grace_s)


async def test_ownership_that_is_proved_again_in_time_pauses_nothing():
    async with new_office() as office:
        await office.quoting()
        log = Lines()
        await ownership(office, Claim(1), log, 10.0).check()
        assert office.engine_host.get(SYMBOL).state is PoolState.ACTIVE
        assert office.intent_log.hold == ""
        assert log.events == [
            ("warning", "ownership of the database lost"),
            ("info", "ownership of the database proved"),
        ]


@pytest.mark.thorough
async def test_ownership_that_stays_unproved_pauses_with_that_reason():
    async with new_office() as office:
        await office.quoting()
        await ownership(office, Claim(3), Lines(), 0.0).check()
        runner = office.engine_host.get(SYMBOL)
        assert runner.state is PoolState.PAUSED
        assert runner.reason.startswith("ownership of the database lost: connection was closed for")


async def test_another_owner_ends_the_service():
    async with new_office() as office:
        await office.quoting()
        with pytest.raises(InvalidDataError, match="another market_maker serve"):
            await ownership(office, Claim(1, other=True), Lines(), 10.0).check()
        assert office.intent_log.hold
