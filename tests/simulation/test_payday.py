"""Whatever breaks while money is counted and paid, none is lost and none is paid twice."""

import asyncio
from collections import Counter
from itertools import chain, islice

import pytest

from market_maker.model.money import SettlementStatus
from market_maker.performance.rollup import DELAY
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.schema import upgrade_schema
from tests.examples import examples
from tests.simulation.payday import DAY, FIRST, payday, planned
from tests.simulation.payday_month import orderly_month
from tests.simulation.payday_rules import Rules

WEEKS, STEPS = 10, 25
MANY = range(2, 2 + examples(10))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A file with tables and no rows, to be copied."""
    url = embedded_url(tmp_path_factory.mktemp("payday"))

    async def run():
        database = open_database(url)
        await upgrade_schema(database)
        await database.close()

    asyncio.run(run())
    return url.database


async def lived(seed, folder, migrated):
    """With what an orderly month at its end came to."""
    async with payday(seed, folder, migrated) as house:
        rules = Rules(house)
        for _ in range(WEEKS):
            await house.live(STEPS)
            await house.settle_down()
            await rules.hold()
        moved = len(house.wallet.moved)
        met, closed = await orderly_month(house, rules)
        assert met == set(SettlementStatus)
        assert closed >= months_until(house.clock.now())
        assert len(house.wallet.moved) > moved
        return house


def months_until(now):
    """All that are over since the first; what is reported late may be of months before."""
    month, names = FIRST, set()
    while month.end < now:
        names.add(month.name)
        month = month.next
    return names


@pytest.mark.thorough
def test_the_rules_hold_however_close_to_midnight_the_house_settles_down(tmp_path, migrated):
    """A life comes to rest at a midnight once in 432 weeks."""

    async def run():
        async with payday(1, tmp_path, migrated) as house:
            rules, rolled = Rules(house), []
            midnight = (house.clock.now() // DAY + 1) * DAY
            for moment in (midnight - 1, midnight, midnight + DELAY - 1, midnight + DELAY):
                house.clock.advance_to(moment)
                with house.weather.calm():
                    await house.look()
                await house.settle_down()
                await rules.hold()
                rolled.append({day.day for day in rules.days})
            return rolled, midnight - DAY

    rolled, day = asyncio.run(run())
    assert rolled == [set(), set(), set(), {day}]


@pytest.mark.thorough
def test_money_is_neither_lost_nor_paid_twice(tmp_path, migrated):
    house = asyncio.run(lived(1, tmp_path, migrated))
    # Which deeds are done and what they meet first is the same wherever this seed is lived.
    assert house.done == Counter(chain.from_iterable(plan_of(1)))
    assert house.done.keys() == house.deeds().keys()
    assert house.crashes >= house.foreseen["crashes"] > 0
    assert house.away >= house.foreseen["away"] > 0
    # 80, with 9 as the standard deviation over seeds, of which threads decide little.
    assert house.refused > 10


def plan_of(seed):
    """The deeds of each step of a life."""
    return [names for _, names in islice(planned(seed), WEEKS * STEPS)]


@pytest.mark.slow
def test_nor_is_it_in_many_other_lives(tmp_path, migrated):
    for seed in MANY:
        folder = tmp_path / str(seed)
        folder.mkdir()
        asyncio.run(lived(seed, folder, migrated))
