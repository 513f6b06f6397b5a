"""Who was on the book: sampled unforeseeably, counted once, lost never silently."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random

import pytest

from market_maker.clocks import SimClock
from market_maker.model.errors import InvalidFieldError, StoreUnavailableError
from market_maker.model.orders import OrderState
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from market_maker.performance.presence import WAITING_MAX, PresenceBook
from market_maker.performance.sampling import INTERVAL, Sampler
from tests.support.counting_house import House
from tests.support.office import ANN, SYMBOL, at_work, database
from tests.support.pools_at_work import PoolAtWork, Pools

pytestmark = pytest.mark.anyio

HOUR = Nanos(472_222 * NANOS_PER_HOUR)
LATE = Nanos(HOUR + 10 * NANOS_PER_HOUR)


class Flaky:
    """A store whose commits break: before the work, after it, or after the end."""

    def __init__(self, store) -> None:
        self._store, self.breaks = store, ""

    async def commit(self, work):
        if self.breaks == "before":
            raise StoreUnavailableError("gone")
        if self.breaks == "inside":

            async def broken(unit):
                await work(unit)
                raise StoreUnavailableError("gone")

            return await self._store.commit(broken)
        given = await self._store.commit(work)
        if self.breaks == "after":
            raise StoreUnavailableError("gone")
        return given

    def reading(self):
        if self.breaks:
            raise StoreUnavailableError("gone")
        return self._store.reading()


@asynccontextmanager
async def scene(*pools, seed=1, interval=INTERVAL, waiting_max=WAITING_MAX):
    async with database() as store:
        house = House(store)
        for name in ("acme", "beta"):
            await house.enrol(name)
        clock, flaky = SimClock(HOUR), Flaky(store)
        book = PresenceBook(flaky, waiting_max)
        sampler = Sampler(clock, Pools(*pools), book, Random(seed), interval)
        sampler.store, sampler.clock, sampler.flaky = store, clock, flaky
        yield sampler


async def rounds(sampler, count):
    for _ in range(count):
        sampler.clock.advance_to(max(sampler.clock.now(), sampler.due))
        assert await sampler.step()


async def stored(sampler):
    async with sampler.store.reading() as unit:
        rows = await unit.performance.presence(None, None, HOUR, LATE)
    return {row.participant_id: row for row in rows}


async def test_each_snapshot_counts_presence_spread_and_depth_of_each_member():
    pool = PoolAtWork()
    pool.quotes("acme", half_ticks=500, lots=100)
    async with scene(pool) as sampler:
        await rounds(sampler, 6)
        rows = await stored(sampler)
        assert (rows["acme"].eligible, rows["acme"].valid) == (6, 6)
        assert rows["acme"].spread_sum_bps == 6 * Decimal(10)
        assert rows["acme"].depth_sum_usdt == 6 * Decimal("9995.000")
        assert (rows["beta"].eligible, rows["beta"].valid) == (6, 0)
        assert rows["acme"].depth_target_usdt == Decimal(5_000)
        assert sampler.snapshots[SYMBOL] == 12


async def test_nothing_is_eligible_while_the_pool_cannot_quote():
    pool = PoolAtWork()
    pool.quotable = False
    async with scene(pool) as sampler:
        await rounds(sampler, 3)
        assert await stored(sampler) == {}
        assert sampler.snapshots[SYMBOL] == 6


@pytest.mark.parametrize("state", [OrderState.PENDING_NEW, OrderState.UNKNOWN])
async def test_an_order_that_is_not_known_to_rest_is_nobodys_presence(state):
    pool = PoolAtWork()
    pool.quotes("acme", state=state)
    async with scene(pool) as sampler:
        await rounds(sampler, 1)
        assert (await stored(sampler))["acme"].valid == 0


async def test_every_interval_has_one_moment_and_they_fill_it_evenly():
    async with scene(PoolAtWork(names=())) as sampler:
        moments = []
        for _ in range(2_000):
            moments.append(sampler.due)
            await rounds(sampler, 1)
    slots = [moment // INTERVAL for moment in moments]
    assert slots == list(range(slots[0], slots[0] + 2_000))
    within = [moment % INTERVAL / INTERVAL for moment in moments]
    counts = [sum(tenth <= 10 * each < tenth + 1 for each in within) for tenth in range(10)]
    assert min(counts) > 150
    assert max(counts) < 250


async def test_the_same_seed_samples_the_same_moments_and_another_others():
    async def dues(seed):
        async with scene(PoolAtWork(names=()), seed=seed) as sampler:
            found = []
            for _ in range(5):
                found.append(sampler.due)
                await rounds(sampler, 1)
            return found

    assert await dues(1) == await dues(1)
    assert await dues(1) != await dues(2)


async def test_intervals_without_a_sample_are_counted():
    async with scene(PoolAtWork()) as sampler:
        await rounds(sampler, 1)
        sampler.clock.advance_to(Nanos(sampler.due + 7 * INTERVAL))
        await rounds(sampler, 2)
        assert sampler.missed == 6
        assert (await stored(sampler))["acme"].eligible == 3


async def test_who_comes_a_little_late_misses_no_interval():
    async with scene(PoolAtWork()) as sampler:
        begin = sampler.due // INTERVAL
        for _ in range(300):
            sampler.clock.advance_to(Nanos(sampler.clock.now() + INTERVAL // 3))
            await sampler.step()
        looked = (await stored(sampler))["acme"].eligible
        assert sampler.missed == 0
        assert looked in {sampler.due // INTERVAL - begin, sampler.due // INTERVAL - begin + 1}


@pytest.mark.parametrize("breaks", ["before", "inside", "after"])
async def test_while_the_database_is_away_nothing_is_lost_and_nothing_counts_twice(breaks):
    pool = PoolAtWork()
    pool.quotes("acme")
    async with scene(pool) as sampler:
        await rounds(sampler, 2)
        sampler.flaky.breaks = breaks
        await rounds(sampler, 3)
        assert sampler.book.away == "gone"
        assert sampler.book.waiting >= 2
        sampler.flaky.breaks = ""
        await rounds(sampler, 1)
        rows = await stored(sampler)
        assert {name: row.eligible for name, row in rows.items()} == {"acme": 6, "beta": 6}
        assert rows["acme"].valid == 6
        assert (sampler.book.waiting, sampler.book.away, sampler.book.lost) == (0, "", 0)


async def test_an_outage_over_the_hour_keeps_both_hours_apart():
    pool = PoolAtWork()
    async with scene(pool, interval=Nanos(600 * NANOS_PER_SECOND)) as sampler:
        await rounds(sampler, 1)
        for breaks in ("after", "before", "inside", "after", "before"):
            sampler.flaky.breaks = breaks
            await rounds(sampler, 2)
        sampler.flaky.breaks = ""
        await rounds(sampler, 1)
        async with sampler.store.reading() as unit:
            rows = await unit.performance.presence(None, "acme", HOUR, LATE)
        assert sum(row.eligible for row in rows) == 12
        assert len(rows) in {2, 3}
        assert max(row.eligible for row in rows) <= 6


async def test_what_does_not_fit_any_more_is_counted_as_lost():
    async with scene(PoolAtWork(), waiting_max=1) as sampler:
        sampler.flaky.breaks = "before"
        await rounds(sampler, 4)
        assert (sampler.book.waiting, sampler.book.lost) == (4, 4)


@pytest.mark.parametrize("seconds", [0, 0.05, 3601])
async def test_an_interval_that_makes_no_sense_is_refused(seconds):
    with pytest.raises(InvalidFieldError, match="PERFORMANCE_SNAPSHOT_INTERVAL"):
        async with scene(interval=Nanos(int(seconds * NANOS_PER_SECOND))):
            pass


async def test_the_engines_have_their_turn_between_pools():
    """A clock that goes on by a millisecond with every reading."""

    class Ticking:
        def __init__(self):
            self.at = HOUR

        def now(self):
            self.at += NANOS_PER_SECOND // 1_000
            return Nanos(self.at)

    pools = [PoolAtWork(symbol=f"S{number}") for number in range(20)]
    async with database() as store:
        sampler = Sampler(Ticking(), Pools(*pools), PresenceBook(store), Random(1))
        sampler._clock.at += 2 * INTERVAL
        turns = []

        async def engine():
            while True:
                turns.append(1)
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(engine())
            await sampler._sample_all(Nanos(HOUR))
            looked = len(turns)
            running.cancel()
        assert looked >= 19


async def test_the_engines_own_orders_are_what_is_seen():
    async with database() as store, at_work(store) as office:
        first, second = await office.quoting()
        runner = office.engine_host.get(SYMBOL)
        sampler = Sampler(office.clock, office.engine_host, PresenceBook(store), Random(1))

        async def look():
            """What one sample adds, of both members: eligible and valid."""
            before = await counts()
            await sampler._sample_all(office.clock.now())
            await sampler.book.write()
            after = await counts()
            return tuple(now - then for now, then in zip(after, before, strict=True))

        async def counts():
            now = office.clock.now()
            async with store.reading() as unit:
                rows = await unit.performance.presence(None, None, 0, now)
            return sum(row.eligible for row in rows), sum(row.valid for row in rows)

        assert {first, second} == {member.participant_id for member in runner.config.members}
        assert await look() == (2, 2)
        venue = office.venues[SYMBOL]
        venue.silent = True
        await office.until(lambda: not runner.sighted)
        assert await look() == (0, 0)
        venue.silent = False
        await office.until(lambda: runner.quotable)
        assert (await look())[0] == 2
        await office.application.controls.pause(ANN, SYMBOL, "enough")
        assert await look() == (0, 0)


async def test_a_shadow_is_not_on_any_book():
    async with database() as store, at_work(store, shadow=True) as office:
        await office.pool()
        await office.application.controls.enable(ANN, SYMBOL)
        await office.passes(500)
        runner = office.engine_host.get(SYMBOL)
        assert runner.sighted
        assert not runner.quotable
