"""Filled orders of ours that the database does not know are put on record by their names: it came
from a backup."""

import pytest

from market_maker.execution.adopted_orders import NOT_ON_RECORD, REASON
from market_maker.execution.recovery import pool_start
from market_maker.model.client_order_id import OrderNames
from market_maker.model.errors import IllegalTransitionError
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.records import AuditCriteria, OrderStatus
from tests.support.office import ANN, SYMBOL
from tests.unit.execution.test_reconciliation import bid_of, scene

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]
__all__ = ["scene"]


def ours(scene, side=Side.SELL, symbol=SYMBOL):
    """A name from a later life, and the account of its member."""
    member = scene.runner.config.members[0].participant_id
    account = scene.venue.places[bid_of(scene)].account_id
    return OrderNames(symbol).next(scene.office.clock.now(), member, side, 2), account


async def test_fills_of_such_an_order_are_booked_once_and_the_pool_says_so(scene):
    name, account = ours(scene)
    for size in (10, 5):
        scene.lists.fill_of(name, account, Side.SELL, size)
    await scene.check()
    assert scene.position == -15
    assert scene.runner.state is PoolState.HALTED
    assert scene.runner.reason == f"1 {NOT_ON_RECORD}"
    row = await scene.row(name)
    assert (row.status, row.size, row.filled) == (OrderStatus.FILLED, 15, 15)
    assert (row.level, row.order_id, row.reason) == (2, -1, REASON)
    member = scene.runner.config.members[0].participant_id
    assert {fill.participant_id for fill in await scene.stored()} == {member}
    assert await scene.check()
    assert (scene.position, len(await scene.stored())) == (-15, 2)
    assert scene.counters.unowned_fills == 0


async def test_a_pool_that_rests_after_a_start_is_halted_too_and_risk_decides(scene):
    """It was PAUSED, for it had been restarted, and nothing said so to those who may enable it."""
    name, account = ours(scene)
    await scene.office.application.controls.pause(ANN, SYMBOL, "restarted")
    scene.lists.fill_of(name, account, Side.SELL, 10)
    await scene.check()
    assert scene.runner.state is PoolState.HALTED
    with pytest.raises(IllegalTransitionError, match="not on record"):
        await scene.office.application.controls.enable(ANN, SYMBOL)
    async with scene.office.store.reading() as unit:
        (entry,) = (await unit.audit.page(AuditCriteria(action="pool.halt"), 10)).items
    assert (entry.subject, entry.target) == ("reconciliation", SYMBOL)
    assert NOT_ON_RECORD in entry.reason


async def test_the_next_life_goes_on_behind_its_name_and_counts_orders_from_one(scene):
    name, account = ours(scene)
    scene.lists.fill_of(name, account, Side.SELL, 10)
    await scene.check()
    office = scene.office
    start = await pool_start(office.store, scene.runner.instrument, office.clock.now())
    assert start.next_order_id >= 1
    async with office.store.reading() as unit:
        assert await unit.orders.last_order_id(SYMBOL) == start.next_order_id - 1


@pytest.mark.parametrize(
    ("side", "symbol", "whose"),
    [
        (Side.BUY, SYMBOL, "account"),
        (Side.SELL, "ETHUSDT-PERP", "account"),
        (Side.SELL, SYMBOL, "name"),
    ],
)
async def test_a_name_that_does_not_fit_the_fill_is_not_ours(scene, side, symbol, whose):
    name, account = ours(scene, side, symbol)
    if whose == "name":
        name = name.replace(name[3:11], "ffffffff")
    scene.lists.fill_of(name, account, Side.SELL, 10)
    await scene.check()
    assert (scene.position, scene.counters.unowned_fills) == (0, 1)
    assert scene.runner.state is PoolState.PAUSED
