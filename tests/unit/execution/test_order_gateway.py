"""On record before it goes out, and gone nowhere when it is not wanted any more."""

import asyncio

import pytest

from market_maker.execution.order_gateway import INTENT_AGE_MAX, UNRECORDED_MAX
from market_maker.execution.symbol_lease import LEASE, MARGIN, SymbolLease
from market_maker.model.events import Canceled, Filled, Rejected, RejectReason, Unanswered
from market_maker.model.orders import OrderState
from market_maker.model.records import OrderStatus
from market_maker.venues.tracking import ENDED_KEPT, ENDED_KEPT_FOR
from tests.support.office import SYMBOL
from tests.support.sending import at_work

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene():
    async with at_work() as made:
        yield made


async def test_an_order_is_on_record_before_it_is_on_the_wire(scene):
    scene.place()
    assert scene.venue.placed == []
    shown = [(o.order_id, o.state) for o in scene.gateway.open_orders(scene.clock.now())]
    assert shown == [(1, OrderState.PENDING_NEW)]
    await scene.settle()
    assert scene.venue.placed == [1]
    row = await scene.row()
    assert row.client_order_id == scene.venue.places[1].client_order_id
    assert (row.account_id, row.config_version) == ("account-acme", 4)
    assert scene.venue.places[1].account_id == "account-acme"


async def test_an_order_that_does_not_go_out_is_rung_for(scene):
    scene.place()
    assert scene.rung == 0
    scene.gateway.cancel(scene.clock.now(), 1)
    assert scene.rung == 1
    scene.poll()
    assert scene.about(1) == [Canceled]


async def test_the_record_follows_the_order_until_its_end(scene):
    scene.place()
    await scene.settle()
    assert (await scene.row()).status is OrderStatus.LIVE
    scene.venue.fill(1, 4)
    await scene.settle()
    assert ((await scene.row()).status, (await scene.row()).filled) == (OrderStatus.LIVE, 4)
    scene.venue.fill(1)
    await scene.settle()
    assert ((await scene.row()).status, (await scene.row()).filled) == (OrderStatus.FILLED, 10)


async def test_a_fill_reported_twice_counts_once(scene):
    scene.place()
    await scene.settle()
    fill = scene.venue.fill(1, 4)
    scene.venue.say(fill)
    await scene.settle()
    assert (await scene.row()).filled == 4


async def test_a_timeout_makes_an_order_unknown_and_never_failed(scene):
    scene.place()
    await scene.settle()
    scene.venue.say(Unanswered(scene.clock.now(), 1))
    await scene.settle()
    assert (await scene.row()).status is OrderStatus.UNKNOWN


async def test_a_late_fill_counts_after_the_order_is_over(scene):
    scene.place()
    await scene.settle()
    now = scene.clock.now()
    scene.venue.say(Canceled(now, now, 1), Filled(now, now, 1, 7, 999_990, 3, 0))
    await scene.settle()
    assert ((await scene.row()).status, (await scene.row()).filled) == (OrderStatus.CANCELED, 3)


async def test_a_refusal_is_recorded_with_its_reason(scene):
    scene.place()
    await scene.settle()
    now = scene.clock.now()
    scene.venue.say(Rejected(now, now, 1, RejectReason.POST_ONLY))
    await scene.settle()
    row = await scene.row()
    assert (row.status, row.reason) == (OrderStatus.REJECTED, RejectReason.POST_ONLY)


@pytest.mark.parametrize("change", [{"is_open": False}, {"epoch": 2}])
async def test_an_order_is_not_sent_when_the_pool_moved_between_commit_and_wire(scene, change):
    scene.place()
    for name, value in change.items():
        setattr(scene.order_gate, name, value)
    await scene.settle()
    assert scene.venue.placed == []
    assert scene.about(1) == [Canceled]
    row = await scene.row()
    assert row.status is OrderStatus.CANCELED
    assert row.reason.startswith("never sent: ")


async def test_an_order_cancelled_before_it_went_out_never_goes(scene):
    scene.place()
    scene.gateway.cancel(scene.clock.now(), 1)
    await scene.settle()
    assert (scene.venue.placed, scene.venue.cancelled) == ([], [])
    assert scene.about(1) == [Canceled]
    assert await scene.rows() == (), "nothing of it was ever put on record"


async def test_an_order_cancelled_while_it_is_put_on_record_never_goes(scene):
    scene.store.slow.clear()
    scene.place()
    await asyncio.sleep(0)
    scene.gateway.cancel(scene.clock.now(), 1)
    scene.store.slow.set()
    await scene.settle()
    assert (scene.venue.placed, scene.venue.cancelled) == ([], [])
    assert (await scene.row()).status is OrderStatus.CANCELED


async def test_a_price_that_waited_too_long_is_not_sent(scene):
    scene.store.slow.clear()
    scene.place()
    await asyncio.sleep(0)
    scene.clock.sleep(INTENT_AGE_MAX + 1)
    scene.store.slow.set()
    await scene.settle()
    assert scene.venue.placed == []


async def test_cancels_go_without_the_database(scene):
    scene.place()
    await scene.settle()
    scene.store.shut = True
    scene.gateway.cancel(scene.clock.now(), 1)
    assert scene.venue.cancelled == [1]


async def test_a_commit_of_unknown_outcome_is_no_order_and_closed_on_record(scene):
    scene.store.lost = True
    scene.place()
    await scene.turned_away()
    scene.store.lost = False
    await scene.settle()
    assert scene.venue.placed == []
    assert (await scene.row()).status is OrderStatus.CANCELED


async def test_one_bad_intent_does_not_take_the_others_with_it(scene):
    scene.place(1)
    scene.place(2, member="nobody")
    scene.place(3)
    await scene.settle()
    assert scene.venue.placed == [1, 3]
    assert scene.about(2) == [Canceled]
    assert scene.log.refused == 1
    ((symbol, problem),) = scene.stuck
    assert symbol == SYMBOL
    assert "nobody" in problem


async def test_intents_that_come_together_are_committed_together(scene):
    for number in range(1, 31):
        scene.place(number)
    await scene.settle()
    assert scene.venue.placed == list(range(1, 31))
    names = [scene.venue.places[number].client_order_id for number in range(1, 31)]
    assert len(set(names)) == 30


async def test_what_is_known_by_name_is_what_may_be_open(scene):
    scene.place()
    (waiting,) = scene.gateway._waiting.values()
    assert scene.gateway.knows(waiting.name)
    await scene.settle()
    assert scene.gateway.knows(waiting.name)
    scene.gateway.cancel(scene.clock.now(), 1)
    await scene.settle()
    assert not scene.gateway.knows(waiting.name)
    assert not scene.gateway.knows("a stranger's")


async def test_an_open_order_is_never_forgotten_and_ended_ones_are(scene):
    scene.place(1)
    await scene.settle()
    for number in range(2, ENDED_KEPT + 10):
        scene.place(number)
        if number % 100 == 0:
            await scene.settle()
    await scene.settle()
    for number in range(2, ENDED_KEPT + 10):
        scene.gateway.cancel(scene.clock.now(), number)
    await scene.settle()
    sent = scene.venue.sent
    assert not sent.find(1).over
    assert sent.find(2) is None
    assert sent.named(scene.venue.places[2].client_order_id) is None
    assert sent.find(ENDED_KEPT + 9).over


async def test_an_ended_order_is_forgotten_after_a_minute(scene):
    for number in (1, 2):
        scene.place(number)
        await scene.settle()
        scene.gateway.cancel(scene.clock.now(), number)
        await scene.settle()
        assert scene.venue.sent.find(number).over
        scene.clock.sleep(ENDED_KEPT_FOR)
    assert scene.venue.sent.find(1) is None


async def test_a_fill_of_an_order_that_is_forgotten_is_left_to_reconciliation(scene):
    now = scene.clock.now()
    scene.venue.say(Filled(now, now, 4_711, 7, 999_990, 3, 0))
    scene.poll()
    assert scene.about(4_711) == []


async def leased(scene):
    """The scene's gateway, under a lease."""
    mine = scene.log.lease = SymbolLease(scene.store, scene.clock, "one", retry_s=0)
    await mine.begin(alone=True)
    await mine.take(SYMBOL)
    return mine


async def taken_over(scene):
    """Another worker takes the symbol."""
    other = SymbolLease(scene.store, scene.clock, "two", retry_s=0)
    await other.begin(alone=True)
    await other.take(SYMBOL)


async def test_under_a_lease_that_lasts_orders_go_out(scene):
    await leased(scene)
    scene.place()
    await scene.settle()
    assert scene.venue.placed == [1]
    assert scene.stuck == []


async def test_an_order_of_an_old_epoch_is_not_put_on_record_and_its_pool_stops(scene):
    await leased(scene)
    await taken_over(scene)
    scene.place()
    await scene.settle()
    assert scene.venue.placed == []
    assert scene.about(1) == [Canceled]
    assert await scene.rows() == ()
    ((symbol, reason),) = scene.stuck
    assert symbol == SYMBOL
    assert "no longer one, epoch 1; it is 'two, epoch 2' now" in reason


async def test_an_order_on_record_is_not_sent_once_the_lease_may_have_ended(scene):
    """The worker was frozen between the commit and the wire."""
    await leased(scene)
    scene.clock.sleep(LEASE - MARGIN - INTENT_AGE_MAX // 2)
    scene.store.slow.clear()
    scene.place()
    scene.clock.sleep(INTENT_AGE_MAX // 2)
    scene.store.slow.set()
    await scene.settle()
    assert scene.venue.placed == []
    row = await scene.row()
    assert row.status is OrderStatus.CANCELED
    assert row.reason.startswith("never sent: the lease of worker one is not renewed")
    assert scene.stuck == []


async def test_a_lease_that_is_not_renewed_for_long_stops_the_pool(scene):
    await leased(scene)
    scene.clock.sleep(LEASE)
    stuck = []
    for order_id in range(1, 40):
        scene.place(order_id)
        await scene.settle()
        scene.clock.sleep(UNRECORDED_MAX // 20)
        stuck += scene.stuck
        if stuck:
            break
    assert scene.venue.placed == []
    assert "is not renewed" in stuck[0][1]


async def test_after_its_lease_a_worker_cancels_what_it_sent_and_leaves_what_it_does_not_know(
    scene,
):
    """A frozen worker that thaws does not know yet that it has a successor."""
    await leased(scene)
    scene.place()
    await scene.settle()
    scene.gateway.cancel(scene.clock.now(), -7)
    assert scene.venue.cancelled == [-7]
    scene.clock.sleep(LEASE)
    scene.gateway.cancel(scene.clock.now(), -8)
    scene.gateway.cancel(scene.clock.now(), 1)
    assert scene.venue.cancelled == [-7, 1]
