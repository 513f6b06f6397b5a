"""Whatever breaks while money is counted and paid, none is lost and none is paid twice."""

import asyncio

import pytest

from market_maker.storage.database import embedded_url, open_database
from market_maker.storage.schema import upgrade_schema
from tests.simulation.payday import payday
from tests.simulation.payday_rules import Rules

WEEKS, STEPS = 14, 25


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
    async with payday(seed, folder, migrated) as house:
        rules = Rules(house)
        for _ in range(WEEKS):
            await house.live(STEPS)
            await house.settle_down()
            await rules.hold()
        return house, rules


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 20))])
def test_money_is_neither_lost_nor_paid_twice(seed, tmp_path, migrated):
    house, rules = asyncio.run(lived(seed, tmp_path, migrated))
    statuses = {record.status for record in rules.records}
    print(seed, len(house.fills), house.crashes, house.refused, house.away, len(rules.records), statuses, len(house.wallet.moved), len(rules.runs))
    assert house.crashes > 5
    assert house.away > 10
    assert len(house.wallet.moved) > 0
