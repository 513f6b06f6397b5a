import asyncio
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.money import ActivityRecord
from market_maker.model.orders import Side
from market_maker.model.records import ActivityCriteria, ActivitySum
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from market_maker.ports import Store
from tests.builders import ACME, NOW, SYMBOL, enroll, fill, fill_marks, order, payment
from tests.contract.store.money_rows import HOUR, activity, mark, named
from tests.examples import examples

pytestmark = pytest.mark.anyio

ALL = ActivityCriteria()
OTHER = named("other")


async def test_a_funding_payment_is_stored_once(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
        assert await unit.funding.add([payment(1), payment(2), payment(1)]) == (
            payment(1),
            payment(2),
        )
        changed = payment(2, amount=Decimal(9))
        assert await unit.funding.add([changed, payment(3)]) == (payment(3),)
        assert await unit.funding.add([]) == ()
    async with store.reading() as unit:
        page = await unit.funding.page(ALL, 2)
        rest = await unit.funding.page(ALL, 2, page.next_cursor)
        inside = ActivityCriteria(
            symbol=SYMBOL, participant_id=ACME, since=Nanos(NOW + 2), until=Nanos(NOW + 3)
        )
        assert (await unit.funding.page(inside, 9)).items == (payment(2),)
    assert page.items + rest.items == (payment(3), payment(2), payment(1))


async def test_the_first_mark_of_a_moment_stays_and_the_last_one_before_is_found(
    store: Store,
) -> None:
    async with store.transaction() as unit:
        await unit.marks.put([mark(10), mark(20), mark(15, symbol="ETH")])
        await unit.marks.put([mark(20, price=Decimal(1)), mark(30)])
        await unit.marks.put([])
    async with store.reading() as unit:
        marks = unit.marks
        assert await marks.at(SYMBOL, Nanos(NOW + 25), Nanos(10)) == mark(20)
        assert await marks.at(SYMBOL, Nanos(NOW + 20), Nanos(0)) == mark(20)
        assert await marks.at(SYMBOL, Nanos(NOW + 25), Nanos(4)) is None
        assert await marks.at(SYMBOL, Nanos(NOW + 9), Nanos(99)) is None
        page = await marks.page(ActivityCriteria(symbol=SYMBOL), 2)
        rest = await marks.page(ActivityCriteria(symbol=SYMBOL), 2, page.next_cursor)
        assert page.items + rest.items == (mark(30), mark(20), mark(10))
        with pytest.raises(InvalidFieldError, match="participant_id"):
            await marks.page(ActivityCriteria(participant_id=ACME), 2)


async def test_mids_after_a_fill_are_stored_once_and_the_others_wait(store: Store) -> None:
    fills = [fill(n) for n in range(1, 6)]
    async with store.transaction() as unit:
        await enroll(unit)
        await unit.orders.add([order()])
        await unit.fills.add(fills)
        seen = [fill_marks(fills[1]), fill_marks(fills[3])]
        assert await unit.fill_marks.put([*seen, seen[0]]) == tuple(seen)
        assert await unit.fill_marks.put([replace(seen[0], after_1s=None)]) == ()
        assert await unit.fill_marks.put([]) == ()
    async with store.reading() as unit:
        waiting = await unit.fill_marks.waiting(Nanos(NOW + 1), Nanos(NOW + 5), 9)
        assert waiting == (fills[0], fills[2])
        assert len(await unit.fill_marks.waiting(Nanos(0), Nanos(2**62), 2)) == 2
        assert await unit.fill_marks.of(list(reversed(fills))) == (seen[1], seen[0])
        assert await unit.fill_marks.of([]) == ()
        numbers = [each.number for each in await unit.fills.stored(0, 9)]
        found = await unit.fill_marks.numbered(numbers[1], numbers[3])
        assert found == (seen[1],)


async def test_mids_of_a_fill_that_is_not_stored_are_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match="fill"):
        async with store.transaction() as unit:
            await unit.fill_marks.put([fill_marks(fill(1))])


async def test_many_mids_are_asked_for_at_once(store: Store) -> None:
    fills = [fill(n) for n in range(1, 700)]
    async with store.transaction() as unit:
        await enroll(unit)
        await unit.orders.add([order()])
        await unit.fills.add(fills)
        await unit.fill_marks.put([fill_marks(each) for each in fills])
    async with store.reading() as unit:
        assert len(await unit.fill_marks.of(fills)) == 699


async def test_fills_are_numbered_in_the_order_in_which_they_were_stored(store: Store) -> None:
    async with store.transaction() as unit:
        assert await unit.fills.newest() is None
        await enroll(unit)
        await unit.orders.add([order(1), order(2, config_version=7)])
        assert await unit.fills.count() == 0
        await unit.fills.add([fill(9), fill(3, order(2)), fill(5)])
    async with store.reading() as unit:
        stored = await unit.fills.stored(0, 9)
        assert [each.fill for each in stored] == [fill(9), fill(3, order(2)), fill(5)]
        assert [each.config_version for each in stored] == [1, 7, 1]
        first, second, third = (each.number for each in stored)
        assert first < second < third
        assert await unit.fills.stored(first, 1) == stored[1:2]
        assert await unit.fills.newest() == stored[2]
        assert await unit.fills.count() == 3
        assert await unit.fills.bounds(Nanos(NOW + 3), Nanos(NOW + 9)) == (second, third)
        assert await unit.fills.bounds(Nanos(NOW + 10), Nanos(NOW + 11)) is None


async def test_sums_by_hour_add_up(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
        await unit.activity.add([activity(), activity(fees=Decimal("0.01"))])
        await unit.activity.add([activity(fills=0, marked=2, adverse=Decimal("0.1"))])
        await unit.activity.add([])
    whole = ActivitySum(
        symbol=SYMBOL,
        participant_id=ACME,
        hour=HOUR,
        side=Side.BUY,
        level=0,
        config_version=1,
        fills=2,
        priced=3,
        marked=2,
        volume_base=Decimal("0.003"),
        volume_quote=Decimal(180),
        fees=Decimal("-0.008"),
        realised=Decimal(0),
        edge=Decimal("0.00015"),
        adverse=Decimal("0.1"),
    )
    groups = ("symbol", "participant_id", "hour", "side", "level", "config_version")
    async with store.reading() as unit:
        assert await unit.activity.hours(ALL, groups) == (whole,)
        alone = replace(whole, **dict.fromkeys(groups))
        assert await unit.activity.hours(ALL, ()) == (alone,)
        assert await unit.activity.hours(ActivityCriteria(symbol="NONE"), ()) == ()
        assert await unit.activity.hours(ActivityCriteria(symbol="NONE"), ("side",)) == ()
        with pytest.raises(InvalidFieldError, match="by"):
            await unit.activity.hours(ALL, ("fills",))


async def test_sums_by_hour_are_filtered_and_grouped(store: Store) -> None:
    records = [
        activity(hour=Nanos(HOUR + h * NANOS_PER_HOUR), side=side, participant_id=who)
        for h in range(3)
        for side in Side
        for who in (ACME, OTHER)
    ]
    async with store.transaction() as unit:
        await enroll(unit, ACME, OTHER)
        await unit.activity.add(records)
    asked = ActivityCriteria(
        symbol=SYMBOL,
        participant_id=ACME,
        since=HOUR,
        until=Nanos(HOUR + 2 * NANOS_PER_HOUR),
    )
    async with store.reading() as unit:
        by_side = await unit.activity.hours(asked, ("side",))
        by_hour = await unit.activity.hours(ALL, ("hour",))
    assert [(s.side, s.hour, s.fills) for s in by_side] == [("BUY", None, 2), ("SELL", None, 2)]
    assert [(s.hour - HOUR, s.fills) for s in by_hour if s.hour is not None] == [
        (0, 4),
        (NANOS_PER_HOUR, 4),
        (2 * NANOS_PER_HOUR, 4),
    ]


@given(st.lists(st.decimals(-(10**12), 10**12, places=18), min_size=1, max_size=6))
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[*HealthCheck])
async def test_sums_by_hour_are_exact_in_any_order(store: Store, amounts: list[Decimal]) -> None:
    async def added(order_of: tuple[Decimal, ...], level: int) -> Decimal:
        records: list[ActivityRecord] = [activity(level=level, edge=a) for a in order_of]
        async with store.transaction() as unit:
            if await unit.participants.get(ACME) is None:
                await enroll(unit)
            for each in records:
                await unit.activity.add([each])
            sums = await unit.activity.hours(ALL, ("level",))
        return next(s.edge for s in sums if s.level == level)

    async with store.reading() as unit:
        used = len(await unit.activity.hours(ALL, ("level",)))
    orders = list(permutations(amounts))[:2]
    found = {await added(each, used + n) for n, each in enumerate(orders)}
    assert {Fraction(each) for each in found} == {sum(map(Fraction, amounts))}


async def test_who_adds_at_once_does_not_wait_in_a_circle(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    records = [activity(level=level) for level in range(40)]

    async def add(number: int) -> None:
        async with store.transaction() as unit:
            mine = records if number % 2 else list(reversed(records))
            await unit.activity.add(mine)

    await asyncio.gather(*(add(number) for number in range(12)))
    async with store.reading() as unit:
        sums = await unit.activity.hours(ALL, ("level",))
    assert [each.fills for each in sums] == [12] * 40
