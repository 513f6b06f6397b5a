"""Scores for the metrics are those of the store, read at intervals."""

from decimal import Decimal

import pytest

from market_maker.accounting.settlement_watch import INTERVAL, SettlementWatch
from market_maker.clocks import SimClock
from market_maker.model.calendar import NANOS_PER_DAY
from market_maker.model.money import SettlementStatus
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.performance.rollup import day_so_far
from tests.builders import presence
from tests.support.counting_house import ACME, House
from tests.support.office import SYMBOL, database

pytestmark = pytest.mark.anyio

NOON = Nanos(20_400 * NANOS_PER_DAY + 12 * NANOS_PER_HOUR)


@pytest.fixture
async def house():
    async with database() as store:
        made = House(store)
        await made.enrol(ACME)
        yield made


async def quoted(house, hour):
    row = presence(
        participant_id=ACME,
        hour=hour,
        eligible=100,
        valid=90,
        spread_sum_bps=Decimal(900),
        depth_sum_usdt=Decimal(90_000),
    )
    async with house.store.transaction() as unit:
        await unit.performance.add_presence([row])


async def test_a_day_that_has_come_some_way_has_a_score_and_is_read_again_after_the_interval(house):
    clock = SimClock(NOON)
    watch = SettlementWatch(house.store, clock)
    await watch.step()
    assert watch.q_scores == {}
    assert watch.settlements == dict.fromkeys(SettlementStatus, 0)
    await quoted(house, NOON)
    await watch.step()
    assert watch.q_scores == {}
    clock.advance_to(Nanos(NOON + INTERVAL))
    await watch.step()
    async with house.store.reading() as unit:
        (day,) = await day_so_far(unit, clock.now())
    assert watch.q_scores == {(SYMBOL, ACME): float(day.q_score)}
