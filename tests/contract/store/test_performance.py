from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.records import ActivityCriteria, DayKey
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.ports import Store
from tests.builders import ACME, NOW, SYMBOL, enroll, presence
from tests.contract.store.money_rows import DAY, HOUR, activity, daily, named, promised

pytestmark = pytest.mark.anyio

OTHER = named("other")
NANOS_PER_DAY = 24 * NANOS_PER_HOUR


async def test_presence_adds_up_and_the_newest_terms_stay(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit, ACME, OTHER)
        await unit.performance.add_presence([presence(), presence(participant_id=OTHER)])
        await unit.performance.add_presence(
            [
                presence(
                    eligible=2, valid=0, spread_sum_bps=Decimal("0.3"), spread_max_bps=Decimal(9)
                )
            ]
        )
        await unit.performance.add_presence([])
    async with store.reading() as unit:
        found = await unit.performance.presence(SYMBOL, ACME, HOUR, Nanos(HOUR + 1))
        everyone = await unit.performance.presence(None, None, Nanos(0), Nanos(2**62))
        assert await unit.performance.presence(None, None, Nanos(0), HOUR) == ()
    assert found == (
        presence(
            eligible=3,
            valid=1,
            spread_sum_bps=Decimal("7.8"),
            depth_sum_usdt=Decimal("2000.2"),
            spread_max_bps=Decimal(9),
        ),
    )
    assert [each.participant_id for each in everyone] == [ACME, OTHER]


async def test_more_valid_than_eligible_snapshots_are_refused(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    with pytest.raises(IntegrityError, match="ck_mm_presence_counts"):
        async with store.transaction() as unit:
            await unit.performance.add_presence([presence(valid=2)])


async def test_days_that_are_not_rolled_up_are_found_whether_quoted_or_traded(
    store: Store,
) -> None:
    days = [Nanos(DAY + n * NANOS_PER_DAY) for n in range(4)]
    late = Nanos(23 * NANOS_PER_HOUR)
    async with store.transaction() as unit:
        await enroll(unit, ACME, OTHER)
        await unit.performance.add_presence([presence(hour=day) for day in days])
        await unit.performance.add_presence([presence(hour=days[1], participant_id=OTHER)])
        await unit.activity.add([activity(hour=Nanos(day + late)) for day in days[2:]])
        await unit.activity.add([activity(hour=days[2], symbol="ETH")])
        await unit.performance.put_daily([daily(day=days[1])])
        asked = unit.performance.unrolled
        assert await asked(days[3], Nanos(0)) == (
            DayKey(days[0], SYMBOL, ACME),
            DayKey(days[1], SYMBOL, OTHER),
            DayKey(days[2], SYMBOL, ACME),
            DayKey(days[2], "ETH", ACME),
        )
        assert await asked(days[3], days[2]) == (
            DayKey(days[2], SYMBOL, ACME),
            DayKey(days[2], "ETH", ACME),
        )
        assert await asked(days[0], Nanos(0)) == ()


async def test_a_day_is_rolled_up_once(store: Store) -> None:
    first, second = daily(), daily(symbol="ETH", uptime=None, q_score=None)
    async with store.transaction() as unit:
        await enroll(unit)
        assert await unit.performance.put_daily([first, second]) == 2
        again = daily(q_score=Decimal(1))
        third = daily(day=Nanos(DAY + NANOS_PER_DAY))
        assert await unit.performance.put_daily([again, third]) == 1
        assert await unit.performance.put_daily([]) == 0
    async with store.reading() as unit:
        everything = await unit.performance.daily_all(DAY, Nanos(DAY + 2 * NANOS_PER_DAY))
        assert everything == (first, second, third)
        assert await unit.performance.daily_all(DAY, DAY) == ()
        page = await unit.performance.daily(ActivityCriteria(), 2)
        rest = await unit.performance.daily(ActivityCriteria(), 2, page.next_cursor)
        mine = await unit.performance.daily(
            ActivityCriteria(symbol=SYMBOL, participant_id=ACME, until=Nanos(DAY + 1)), 9
        )
    assert page.items + rest.items == (third, second, first)
    assert mine.items == (first,)


async def test_promises_are_replaced_by_version(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
        assert await unit.obligations.get(ACME) is None
        first = await unit.obligations.replace(promised(), 0, NOW)
        assert first == promised(version=1)
        later = Nanos(NOW + 1)
        second = await unit.obligations.replace(promised(uptime_min_pct=None), 1, later)
        assert second == promised(uptime_min_pct=None, version=2, updated_at=later)
        assert await unit.obligations.get(ACME) == second
        for stale in (0, 1, 3):
            with pytest.raises(ConflictError, match="it is 2 now"):
                await unit.obligations.replace(promised(), stale, NOW)


async def test_promises_of_an_unknown_participant_are_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match="participant"):
        async with store.transaction() as unit:
            await unit.obligations.replace(promised(), 0, NOW)
