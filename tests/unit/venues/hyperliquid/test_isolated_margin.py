"""Margin is added after the first fill, once."""

import asyncio
from decimal import Decimal

import pytest

from market_maker.model.errors import VenueRefusedError, VenueUnavailableError
from market_maker.venues.hyperliquid.isolated_margin import add_after_fill
from tests.unit.venues.hyperliquid.stub import others, until

pytestmark = pytest.mark.anyio


class Purse:
    """Of the account's port, only margin. says: errors in turn, then success."""

    def __init__(self, *says):
        self.says, self.added = list(says), []

    async def add_margin(self, symbol, amount):
        self.added.append((symbol, amount))
        if self.says:
            raise self.says.pop(0)


async def adding(purse, *, fills=1):
    filled, told = asyncio.Event(), []
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(
            add_after_fill(purse, "hyna:BTC", Decimal(1000), filled, told.append)
        )
        await others()
        assert purse.added == []
        for number in range(fills):
            filled.set()
            await until(lambda n=number: len(purse.added) > n)
    return work.result(), told


async def test_it_is_added_once_after_the_first_fill():
    purse = Purse()
    assert await adding(purse) == (True, ["isolated margin of hyna:BTC: 1000 added"])
    assert purse.added == [("hyna:BTC", 1000)]


async def test_a_position_that_was_closed_again_waits_for_the_next_fill():
    purse = Purse(VenueRefusedError("Cannot update margin for empty position."))
    added, _ = await adding(purse, fills=2)
    assert added
    assert len(purse.added) == 2


async def test_another_refusal_is_reported_and_final():
    purse = Purse(VenueRefusedError("Account does not have sufficient margin"))
    added, (line,) = await adding(purse)
    assert not added
    assert line.endswith("not added: Account does not have sufficient margin")


async def test_what_may_have_been_added_is_not_added_again():
    purse = Purse(VenueUnavailableError("no answer"))
    added, (line,) = await adding(purse)
    assert not added
    assert "not known whether" in line
    assert len(purse.added) == 1
