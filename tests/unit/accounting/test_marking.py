"""Mids after fills and at full hours: as they were seen, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.accounting.marking import KEPT, NEAR, STEP, Marking, MidTrail
from market_maker.clocks import SimClock
from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.records import ActivityCriteria, Criteria
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from tests.builders import fill, order
from tests.support.counting_house import House
from tests.support.office import SYMBOL, database
from tests.support.pools_at_work import PoolAtWork, Pools

pytestmark = pytest.mark.anyio

HOUR = Nanos(480_000 * NANOS_PER_HOUR)
SECOND = NANOS_PER_SECOND


class Scene:
    """A pool whose mid rises by a tick each second, from 100,000 at the hour."""

    def __init__(self, store) -> None:
        self.store, self.clock = store, SimClock(HOUR)
        self.pool = PoolAtWork(names=("acme",))
        self.marking = Marking(store, self.clock, Pools(self.pool))
        self.books, self.fills = Bookkeeper(), 0

    async def wait(self, seconds: float) -> None:
        until = self.clock.now() + int(seconds * SECOND)
        while self.clock.now() < until:
            self.clock.advance_to(Nanos(self.clock.now() + STEP))
            self.pool.mid_x2 = 2 * (1_000_000 + (self.clock.now() - HOUR) // SECOND)
            await self.marking.step()

    async def fill(self, side: Side = Side.BUY, **fields):
        """Now, at a tick better than the mid."""
        self.fills += 1
        mid = 1_000_000 + (self.clock.now() - HOUR) // SECOND
        made = fill(
            self.fills,
            side=side,
            price=mid - side.sign,
            size=100,
            mid_x2=2 * mid,
            ts_event=self.clock.now(),
            tick_size=Decimal("0.1"),
            lot_size=Decimal("0.001"),
            client_order_id=f"mm-{self.fills}",
            **fields,
        )
        intent = order(self.fills, client_order_id=made.client_order_id, config_version=7)
        async with self.store.transaction() as unit:
            await unit.orders.add([intent])
            new = await unit.fills.add([made])
            versions = {made.client_order_id: 7}
            await self.books.post(unit, new, versions, self.clock.now())
        return made

    async def marks(self):
        async with self.store.reading() as unit:
            fills = (await unit.fills.page(Criteria(), 100)).items
            return await unit.fill_marks.of(fills)

    async def sums(self):
        async with self.store.reading() as unit:
            rows = await unit.activity.hours(ActivityCriteria(), ("side",))
        return {row.side: row for row in rows}


@pytest.fixture
async def scene():
    async with database() as store:
        house = House(store)
        await house.enrol("acme")
        yield Scene(store)


async def test_a_fill_is_marked_by_the_mids_1_5_30_and_60_seconds_later(scene):
    await scene.wait(10)
    await scene.fill()
    await scene.wait(50)
    assert await scene.marks() == ()
    await scene.wait(20)
    (marks,) = await scene.marks()
    seen = (marks.after_1s, marks.after_5s, marks.after_30s, marks.after_60s)
    assert seen == tuple(Decimal(100_000) + Decimal(10 + s) / 10 for s in (1, 5, 30, 60))


async def test_mids_of_another_grid_mark_no_fill_and_fills_keep_their_price_in_money(scene):
    """They were counted in the ticks of the fill's grid."""
    await scene.fill()
    await scene.wait(10)
    old = scene.pool.instrument
    scene.pool.instrument = Instrument(SYMBOL, old.tick_size * 2, old.lot_size)
    await scene.wait(60)
    (marks,) = await scene.marks()
    assert (marks.after_1s, marks.after_5s) == (None, None)
    # The scene's mid, a million ticks and one for each second, is twice the money now.
    assert marks.after_60s == Decimal(200_000) + Decimal(60) / 5


async def test_the_sums_learn_what_the_market_took_back(scene):
    await scene.fill(Side.BUY)
    await scene.fill(Side.SELL)
    await scene.wait(70)
    sums = await scene.sums()
    # The mid rose by 60 ticks of 0.1 on 0.1 of base.
    assert (sums[Side.BUY].marked, sums[Side.BUY].adverse) == (1, Decimal("-0.6"))
    assert (sums[Side.SELL].marked, sums[Side.SELL].adverse) == (1, Decimal("0.6"))
    assert sums[Side.BUY].edge == Decimal("0.01")
    await scene.wait(30)
    assert (await scene.sums())[Side.BUY].marked == 1
    assert scene.marking.marked == 2


async def test_where_the_book_was_blind_there_is_no_mid(scene):
    await scene.fill()
    await scene.wait(27)
    scene.pool.sighted = False
    await scene.wait(20)
    scene.pool.sighted = True
    await scene.wait(30)
    (marks,) = await scene.marks()
    assert marks.after_30s is None
    assert marks.after_60s == Decimal("100006.0")


async def test_after_a_restart_older_fills_are_marked_with_nothing_and_wait_no_more(scene):
    await scene.fill()
    scene.clock.advance_to(Nanos(HOUR + 20 * 60 * SECOND))
    scene.marking = Marking(scene.store, scene.clock, Pools(scene.pool))
    await scene.wait(1)
    (marks,) = await scene.marks()
    assert (marks.after_1s, marks.after_60s) == (None, None)
    assert (await scene.sums())[Side.BUY].marked == 0


async def test_a_database_that_is_away_for_minutes_loses_no_mid(scene):
    class Away:
        async def commit(self, _work):
            raise StoreUnavailableError("gone")

    await scene.fill()
    scene.marking._store = Away()
    for _ in range(20):
        with pytest.raises(StoreUnavailableError):
            await scene.wait(30)
    scene.marking._store = scene.store
    await scene.wait(6)
    (marks,) = await scene.marks()
    assert marks.after_60s == Decimal("100006.0")


async def test_every_full_hour_has_a_mark_and_so_has_the_months_end(scene):
    scene.clock.advance_to(Nanos(HOUR + 3_590 * SECOND))
    scene.marking = Marking(scene.store, scene.clock, Pools(scene.pool))
    await scene.wait(20)
    async with scene.store.reading() as unit:
        (mark,) = (await unit.marks.page(ActivityCriteria(), 10)).items
    assert (mark.symbol, mark.ts) == (SYMBOL, HOUR + NANOS_PER_HOUR)
    assert mark.price == Decimal("100360.0")


async def test_an_hour_that_began_blind_has_no_mark(scene):
    scene.clock.advance_to(Nanos(HOUR + 3_590 * SECOND))
    scene.marking = Marking(scene.store, scene.clock, Pools(scene.pool))
    scene.pool.sighted = False
    await scene.wait(20)
    async with scene.store.reading() as unit:
        assert (await unit.marks.page(ActivityCriteria(), 10)).items == ()


def test_what_was_seen_a_ring_ago_is_not_seen_again():
    trail = MidTrail()
    trail.see(HOUR, 5)
    trail.see(Nanos(HOUR + KEPT + 10 * SECOND), 7)
    assert trail.at(Nanos(HOUR + KEPT)) == 0
    assert trail.at(Nanos(HOUR + KEPT + 10 * SECOND)) == 7


@given(
    st.lists(st.tuples(st.integers(1, 3 * KEPT), st.integers(0, 10)), min_size=1, max_size=40),
    st.integers(0, 2 * KEPT),
)
def test_the_ring_returns_what_was_seen_near_a_moment_or_nothing(steps, back):
    trail, now, seen = MidTrail(), HOUR, {}
    for span, mid_x2 in steps:
        now += span
        trail.see(Nanos(now), mid_x2)
        seen[now // STEP] = mid_x2
    asked = now - back
    slots = range(
        max(asked // STEP - NEAR // STEP, now // STEP - KEPT // STEP + 1), now // STEP + 1
    )
    near = [slot for slot in slots if abs(slot - asked // STEP) <= NEAR // STEP and seen.get(slot)]
    found = trail.at(Nanos(asked))
    assert bool(found) == bool(near)
    assert not found or found in {seen[slot] for slot in near}
