"""Days are rolled up when they are over, once, also those of a night without a service."""

from decimal import Decimal

import pytest

from market_maker.clocks import SimClock
from market_maker.model.calendar import NANOS_PER_DAY
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.performance.presence import PresenceBook
from market_maker.performance.rollup import CHECK_INTERVAL, DELAY, RollUp, day_so_far
from tests.builders import presence
from tests.contract.store.money_rows import activity
from tests.support.counting_house import ACME, BETA, House
from tests.support.office import SYMBOL, database

pytestmark = pytest.mark.anyio

MIDNIGHT = Nanos(20_400 * NANOS_PER_DAY)
HOUR = 3_600 * NANOS_PER_SECOND


@pytest.fixture
async def application():
    async with database() as store:
        house = House(store)
        for name in (ACME, BETA):
            await house.enrol(name)
        yield house


async def quoted(application, day, name=ACME, valid=90):
    rows = [
        presence(
            participant_id=name,
            hour=Nanos(day + hour * HOUR),
            eligible=100,
            valid=valid,
            spread_sum_bps=Decimal(10 * valid),
            depth_sum_usdt=Decimal(1_000 * valid),
        )
        for hour in (0, 23)
    ]
    async with application.store.transaction() as unit:
        await unit.performance.add_presence(rows)


async def traded(application, day, name=ACME):
    async with application.store.transaction() as unit:
        await unit.activity.add(
            [
                activity(participant_id=name, hour=Nanos(day), volume_quote=Decimal(2_500)),
                activity(participant_id=name, hour=Nanos(day + HOUR), realised=Decimal(3)),
            ]
        )


async def daily(application):
    async with application.store.reading() as unit:
        return await unit.performance.daily_all(Nanos(0), Nanos(2**62))


def rollup(application, now):
    return RollUp(application.store, SimClock(Nanos(now)))


async def test_a_day_is_rolled_up_a_minute_after_midnight_and_not_before(application):
    await quoted(application, MIDNIGHT - NANOS_PER_DAY)
    clock = SimClock(Nanos(MIDNIGHT - HOUR))
    job = RollUp(application.store, clock)
    assert await job.step() == 0
    while clock.now() < MIDNIGHT + DELAY:
        assert await daily(application) == ()
        clock.advance_to(Nanos(clock.now() + 15 * NANOS_PER_SECOND))
        await job.step()
    (row,) = await daily(application)
    assert (row.day, row.eligible, row.valid) == (MIDNIGHT - NANOS_PER_DAY, 200, 180)
    assert row.rolled_up_at == MIDNIGHT + DELAY
    assert job.rolled[SYMBOL] == 1


async def test_presence_and_fills_of_the_day_make_its_score(application):
    await quoted(application, MIDNIGHT)
    await traded(application, MIDNIGHT)
    await rollup(application, MIDNIGHT + NANOS_PER_DAY + DELAY).step()
    (row,) = await daily(application)
    assert (row.uptime, row.avg_spread_bps, row.avg_depth_usdt) == (
        Decimal("0.9"),
        Decimal(10),
        Decimal(1_000),
    )
    assert (row.volume_usdt, row.trades, row.realised_usdt) == (Decimal(2_560), 2, Decimal(3))
    # By hand: 72.9 times the sum of 0.5 (40/45) squared, 0.3, and 0.2 times the root of 0.256.
    assert row.q_score == Decimal("58.05")


async def test_rolling_up_again_changes_nothing_even_with_late_snapshots(application):
    await quoted(application, MIDNIGHT)
    now = MIDNIGHT + NANOS_PER_DAY + DELAY
    assert await rollup(application, now).step() == 1
    before = await daily(application)
    await quoted(application, MIDNIGHT)
    assert await rollup(application, now + HOUR).step() == 0
    assert await daily(application) == before


async def test_nights_without_a_service_are_made_up_for(application):
    for days in (1, 2, 5, 40):
        await quoted(application, MIDNIGHT - days * NANOS_PER_DAY)
        await traded(application, MIDNIGHT - days * NANOS_PER_DAY, BETA)
    job = rollup(application, MIDNIGHT + HOUR)
    assert await job.step() == 8
    rows = await daily(application)
    assert len(rows) == 8
    # Nothing was eligible where a member only traded: no score, rather than a score of 0.
    assert {row.participant_id: row.q_score for row in rows}[BETA] is None


async def test_two_who_roll_up_at_once_make_each_day_once(application):
    await quoted(application, MIDNIGHT)
    first, second = (rollup(application, MIDNIGHT + NANOS_PER_DAY + DELAY) for _ in range(2))
    await first.step()
    await second.step()
    assert first.rolled.total() + second.rolled.total() == len(await daily(application)) == 1


async def test_it_checks_again_for_days_that_appear_late(application):
    clock = SimClock(Nanos(MIDNIGHT + HOUR))
    job = RollUp(application.store, clock)
    await job.step()
    await quoted(application, MIDNIGHT - NANOS_PER_DAY)
    assert await job.step() == 0
    clock.advance_to(Nanos(clock.now() + CHECK_INTERVAL))
    assert await job.step() == 1


async def test_the_day_that_is_not_over_is_scored_as_far_as_it_has_come(application):
    await quoted(application, MIDNIGHT)
    await quoted(application, MIDNIGHT, BETA, valid=50)
    async with application.store.reading() as unit:
        acme, beta = await day_so_far(unit, Nanos(MIDNIGHT + 5 * HOUR))
        assert acme.uptime == Decimal("0.9")
        assert beta.uptime == Decimal("0.5")
        assert await day_so_far(unit, Nanos(MIDNIGHT), participant_id=BETA) != [acme]
        assert await day_so_far(unit, Nanos(MIDNIGHT + NANOS_PER_DAY)) == []


async def test_after_a_database_that_was_away_for_a_week_every_day_of_it_is_rolled_up(application):
    clock = SimClock(MIDNIGHT)
    job = RollUp(application.store, clock)
    await job.step()
    for day in range(7):
        await quoted(application, MIDNIGHT + day * NANOS_PER_DAY)
    clock.advance_to(Nanos(MIDNIGHT + 7 * NANOS_PER_DAY + DELAY))
    assert await job.step() == 7


async def test_a_day_waits_for_its_snapshots_that_are_not_stored_yet(application):
    clock, book = SimClock(Nanos(MIDNIGHT + DELAY)), PresenceBook(application.store)
    job = RollUp(application.store, clock, book)
    book.add(presence(hour=Nanos(MIDNIGHT - HOUR)))
    await traded(application, MIDNIGHT - NANOS_PER_DAY)
    assert await job.step() == 0
    await book.write()
    book.add(presence(hour=MIDNIGHT))
    assert await job.step() == 1
    (row,) = await daily(application)
    assert (row.eligible, row.trades) == (1, 2)
