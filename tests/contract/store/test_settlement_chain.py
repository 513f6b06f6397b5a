"""A record is made on top of the one before it, and two are never made on top of the same one."""

import asyncio
from contextlib import suppress

import pytest
from msgspec.structs import replace

from market_maker.model.errors import MakerError
from market_maker.model.money import SettlementStatus
from market_maker.model.units import Nanos
from market_maker.storage.store import DatabaseStore
from tests.support.counting_house import (
    ANN,
    DAY,
    DECEMBER,
    HOUR,
    MAY,
    NOVEMBER,
    OCTOBER,
    PAT,
    House,
)

pytestmark = pytest.mark.anyio
NAMES = [f"p{number:02}" for number in range(12)]
ENTRIES = 3


async def rejected_octobers(store: DatabaseStore) -> House:
    """All earned in October and November, and the first record of October is rejected."""
    house = House(store)
    for name in NAMES:
        await house.enrol(name)
        await house.earn(name, Nanos(OCTOBER.start + DAY), "10")
        await house.earn(name, Nanos(NOVEMBER.start + DAY), "7")
    house.clock.advance_to(Nanos(NOVEMBER.start + HOUR))
    await house.settling.close(MAY, "2025-10")
    for name in NAMES:
        await house.settling.reject(ANN, f"stl-2025-10-1-{name}", "odd fills")
        await house.earn(name, Nanos(OCTOBER.start + 2 * DAY), "1")
    house.clock.advance_to(Nanos(DECEMBER.start + HOUR))
    return house


@pytest.mark.thorough
async def test_recreating_october_while_november_is_closed_settles_nothing_twice(
    store: DatabaseStore,
) -> None:
    house = await rejected_octobers(store)

    async def recreate(name: str) -> None:
        with suppress(MakerError):  # November has taken what was left: as good an end
            await house.settling.recreate(PAT, f"stl-2025-10-1-{name}")

    await asyncio.gather(house.settling.close(MAY, "2025-11"), *map(recreate, NAMES))
    await house.settling.close(MAY, "2025-11")
    for name in NAMES:
        records = await house.records(participant_id=name)
        standing = [each for each in records if each.status is not SettlementStatus.REJECTED]
        assert sum(each.entries for each in standing) == ENTRIES, standing


@pytest.mark.thorough
async def test_the_database_refuses_a_second_record_on_top_of_the_same_one(
    store: DatabaseStore,
) -> None:
    house = await rejected_octobers(store)
    (first,) = await house.records(participant_id=NAMES[0])
    await house.settling.recreate(PAT, first.settlement_id)
    rival = replace(
        first, settlement_id="rival", month="2025-11", revision=1, status=SettlementStatus.PENDING
    )
    async with store.transaction() as unit:
        assert not await unit.settlements.add(rival)
