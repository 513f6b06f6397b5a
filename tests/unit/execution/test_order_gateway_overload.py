"""When the database is slow or away: what an order costs, and when its pool is paused."""

import asyncio

import pytest

from market_maker.execution.order_gateway import INTENT_AGE_MAX, UNRECORDED_MAX
from market_maker.model.events import Canceled
from market_maker.model.units import NANOS_PER_SECOND
from tests.support.office import SYMBOL
from tests.support.sending import MS, at_work

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene():
    async with at_work() as made:
        yield made


async def test_without_the_database_there_is_no_order_and_its_slot_is_free_at_once(scene):
    scene.store.shut = True
    scene.place()
    await scene.turned_away()
    scene.poll()
    assert scene.venue.placed == []
    assert scene.about(1) == [Canceled]
    assert (scene.gateway.withheld, scene.gateway.unrecorded, scene.log.unrecorded) == (1, 1, 1)
    assert scene.log.away == "cut off"
    assert scene.stuck == []


async def test_a_database_that_stays_away_pauses_the_pool_that_wants_to_place(scene):
    scene.store.shut = True
    scene.place(1)
    await scene.turned_away()
    scene.poll(after_ms=UNRECORDED_MAX // MS - 1)
    scene.place(2)
    await scene.turned_away()
    assert scene.stuck == []
    scene.poll(after_ms=1)
    scene.place(3)
    await scene.turned_away()
    await asyncio.sleep(0)
    assert scene.stuck == [(SYMBOL, "no order can be put on record: cut off")]
    assert scene.about(1) == scene.about(2) == [Canceled]


async def test_a_restart_of_the_database_of_nine_seconds_pauses_no_pool(scene):
    scene.store.shut = True
    for number in range(1, 10):
        scene.place(number)
        await scene.turned_away()
        scene.poll(after_ms=1_000)
    scene.store.shut = False
    scene.place(10)
    await scene.settle()
    assert scene.venue.placed == [10]
    assert scene.stuck == []


async def test_a_log_on_hold_puts_no_order_on_record(scene):
    scene.log.hold = "ownership of the database is not proved"
    scene.place(1)
    await scene.settle()
    assert (scene.venue.placed, await scene.rows()) == ([], ())
    scene.log.hold = ""
    scene.place(2)
    await scene.settle()
    assert scene.venue.placed == [2]


async def test_a_database_that_is_back_in_time_pauses_no_pool(scene):
    for number in (1, 3):
        scene.store.shut = True
        scene.place(number)
        await scene.turned_away()
        scene.poll(after_ms=UNRECORDED_MAX // MS - 1)
        scene.store.shut = False
        scene.place(number + 1)
        await scene.settle()
    assert scene.venue.placed == [2, 4]
    assert scene.stuck == []


async def hang_for(scene, seconds):
    """The database hangs; the engine asks for the same order again whenever its slot is free."""
    scene.store.slow.clear()
    wanted = 1
    scene.place(wanted)
    for _ in range(int(seconds * 10)):
        await asyncio.sleep(0)
        scene.poll(after_ms=100)
        if Canceled in scene.about(wanted):
            wanted += 1
            scene.place(wanted)
    await asyncio.sleep(0)
    return wanted


async def test_a_database_that_hangs_frees_the_slots(scene):
    wanted = await hang_for(scene, 1.5)
    assert wanted == 2
    assert scene.gateway.unrecorded == 1
    assert scene.log.away == "the database does not answer in time"
    scene.store.slow.set()


async def test_a_hiccup_of_two_seconds_costs_its_orders_and_pauses_no_pool(scene):
    wanted = await hang_for(scene, 2.0)
    scene.store.slow.set()
    await scene.settle()
    assert scene.venue.placed == [wanted], "what was decided too long ago is not sent"
    assert scene.stuck == []
    assert scene.log.away == ""


async def test_a_database_that_hangs_for_long_pauses_the_pool(scene):
    await hang_for(scene, 12.0)
    problem = "no order can be put on record: the database does not answer in time"
    assert scene.stuck == [(SYMBOL, problem)]
    scene.store.slow.set()


async def test_a_database_that_is_always_a_little_too_slow_pauses_the_pool_too(scene):
    for number in range(1, 13):
        scene.store.slow.clear()
        scene.place(number)
        await asyncio.sleep(0)
        scene.clock.sleep(INTENT_AGE_MAX + 1)
        scene.store.slow.set()
        await scene.settle()
    await asyncio.sleep(0)
    assert scene.venue.placed == []
    assert [symbol for symbol, _ in scene.stuck] == [SYMBOL]


async def test_two_slow_moments_far_apart_pause_no_pool(scene):
    for number in (1, 2):
        await asyncio.sleep(0)
        scene.store.slow.clear()
        scene.place(number)
        await asyncio.sleep(0)
        scene.clock.sleep(INTENT_AGE_MAX + 1)
        scene.store.slow.set()
        await scene.settle()
        scene.clock.sleep(60 * NANOS_PER_SECOND)
    await asyncio.sleep(0)
    assert scene.gateway.unrecorded == 2
    assert scene.stuck == []
