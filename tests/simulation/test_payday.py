"""Whatever breaks while money is counted and paid, none is lost and none is paid twice."""

import asyncio

import pytest

from market_maker.performance.rollup import DELAY
from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.schema import upgrade_schema
from tests.examples import examples
from tests.simulation.payday import DAY, payday
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
    """With the statuses that records had at the end of a week."""
    statuses = set()
    async with payday(seed, folder, migrated) as house:
        rules = Rules(house)
        for _ in range(WEEKS):
            await house.live(STEPS)
            await house.settle_down()
            await rules.hold()
            statuses |= {record.status for record in rules.records}
        return house, rules, statuses


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
    house, rules, _ = asyncio.run(lived(1, tmp_path, migrated))
    assert min(house.crashes, house.away, house.refused) > 10
    assert len(house.done) == len(house.deeds())
    assert rules.runs  # how many months of the five are closed is decided by threads


@pytest.mark.slow
def test_nor_is_it_in_many_other_lives(tmp_path, migrated):
    moved, statuses = 0, set()
    for seed in MANY:
        folder = tmp_path / str(seed)
        folder.mkdir()
        house, _, met = asyncio.run(lived(seed, folder, migrated))
        moved += len(house.wallet.moved)
        statuses |= met
    assert moved > len(MANY)
    assert len(statuses) == 5
