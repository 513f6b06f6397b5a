"""A fill of an order that did not go out from here is booked once its order is on record."""

import pytest

from market_maker.model.events import FillFound
from market_maker.model.orders import Side
from market_maker.model.records import OrderStatus
from tests.support.sending import at_work

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene():
    async with at_work() as made:
        yield made


def fill(scene, trade_id=7, size=3, name="venue-77"):
    now = scene.clock.now()
    terms = (-77, trade_id, "acme", Side.BUY, 0, 999_990, size, 0)
    return FillFound(now, now, *terms, name, "account-acme")


def fills_in(scene):
    return [event.trade_id for event in scene.heard if isinstance(event, FillFound)]


async def test_the_engine_gets_it_after_its_order_is_on_record(scene):
    scene.venue.say(fill(scene))
    scene.poll()
    assert fills_in(scene) == []
    await scene.settle()
    assert fills_in(scene) == [7]
    row = await scene.row()
    assert (row.client_order_id, row.status, row.filled) == ("venue-77", OrderStatus.FILLED, 3)


async def test_it_is_rung_for_once_its_order_is_on_record(scene):
    scene.venue.say(fill(scene))
    scene.poll()
    assert scene.rung == 0
    await scene.settle()
    assert scene.rung == 1
    assert scene.gateway.found(fill(scene, name="venue-78"))
    assert scene.rung == 2


async def test_another_fill_of_the_same_order_adds_to_its_record(scene):
    scene.venue.say(fill(scene))
    scene.poll()
    scene.venue.say(fill(scene, trade_id=8, size=2))
    await scene.settle()
    await scene.settle()
    assert sorted(fills_in(scene)) == [7, 8]
    assert (await scene.row()).filled == 5


async def test_another_fill_of_an_order_that_is_not_on_record_yet_waits_with_the_first(scene):
    """An order by hand that takes several levels is several fills of one moment."""
    scene.store.shut = True
    for trade_id in (7, 8):
        scene.venue.say(fill(scene, trade_id))
        scene.poll()
    await scene.turned_away()
    scene.poll()
    assert fills_in(scene) == []
    scene.store.shut = False
    await scene.settle()
    assert fills_in(scene) == [7, 8]
    assert (await scene.row()).filled == 6


async def test_an_execution_that_reconciliation_finds_twice_is_booked_once(scene):
    """Of an order of a former life, and not stored yet when it is found again."""
    assert scene.gateway.found(fill(scene))
    assert not scene.gateway.found(fill(scene))
    assert scene.gateway.found(fill(scene, name="venue-78"))
    await scene.settle()
    assert fills_in(scene) == [7, 7]


async def test_it_waits_for_the_database(scene):
    scene.store.shut = True
    scene.venue.say(fill(scene))
    scene.poll()
    await scene.turned_away()
    scene.poll()
    assert fills_in(scene) == []
    scene.store.shut = False
    await scene.settle()
    assert fills_in(scene) == [7]
