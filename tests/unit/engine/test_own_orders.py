import pytest

from market_maker.engine.engine import UNKNOWN_FILL, Engine
from market_maker.engine.orders import OVERFILLED, WORSE_PRICE
from market_maker.model.events import Accepted, Filled, FundingPaid
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import OrderState, Side
from market_maker.model.quotes import Reason
from tests.unit.engine.desk import FAIR, INSTRUMENT, Desk, cancels, fills, places, pool, states


def sent(desk):
    """Both orders of a desk that was just enabled."""
    desk.warm()
    return places(desk.step(desk.operate(Command.ENABLE)))


def test_an_order_is_on_its_way_until_the_venue_answers():
    desk = Desk(answering=False)
    bid, _ = sent(desk)
    assert {order.state for order in desk.orders} == {OrderState.PENDING_NEW}
    assert not desk.snapshot.bid.quoting
    assert desk.step() == []
    assert desk.reasons == (Reason.AWAITING_ACK, Reason.AWAITING_ACK)
    desk.step(desk.accept(bid.order_id))
    assert desk.order(Side.BUY).state is OrderState.LIVE
    assert desk.snapshot.bid.quoting
    assert desk.reasons == (Reason.QUOTING, Reason.AWAITING_ACK)


def test_an_unknown_order_blocks_its_slot_and_counts_until_the_venue_reports_it():
    desk = Desk(answering=False)
    bid, ask = sent(desk)
    asked = cancels(desk.step(desk.unanswered(bid.order_id), desk.accept(ask.order_id)))
    assert asked == [bid.order_id]
    for _ in range(50):
        assert places(desk.step()) == []
    assert desk.order(Side.BUY).state is OrderState.UNKNOWN
    assert desk.reasons == (Reason.UNKNOWN_ORDER, Reason.QUOTING)
    assert desk.engine.orders.working[0] == bid.size
    assert len(places(desk.step(desk.cancel(bid.order_id)))) == 1


def test_the_venue_not_finding_an_order_that_never_rested_proves_nothing():
    desk = Desk(answering=False)
    bid, _ = sent(desk)
    desk.step(desk.unanswered(bid.order_id))
    desk.step(desk.cancel_reject(bid.order_id, gone=True))
    assert desk.order(Side.BUY).state is OrderState.UNKNOWN
    desk.step(desk.accept(bid.order_id))
    assert desk.order(Side.BUY).state is OrderState.LIVE


def test_the_venue_not_finding_an_order_that_rested_proves_its_end():
    desk = Desk().started()
    desk.answering = False
    bid = desk.order(Side.BUY)
    desk.step(desk.operate(Command.PAUSE))
    desk.step(desk.cancel_reject(bid.order_id, gone=True))
    assert [order.side for order in desk.orders] == [Side.SELL]


def test_a_refused_cancel_proves_that_the_order_rests():
    desk = Desk(answering=False)
    bid, _ = sent(desk)
    desk.step(desk.unanswered(bid.order_id))
    desk.step(desk.cancel_reject(bid.order_id, gone=False))
    assert desk.order(Side.BUY).state is OrderState.LIVE
    desk.step(desk.operate(Command.PAUSE), ms=2000)
    desk.step(desk.cancel_reject(bid.order_id, gone=True))
    assert [order.side for order in desk.orders] == [Side.SELL]


def test_an_order_that_ends_by_itself_is_replaced():
    desk = Desk().started()
    placed = places(desk.step(desk.cancel(desk.order(Side.BUY).order_id)))
    assert [p.side for p in placed] == [Side.BUY]


def test_a_fill_is_recorded_for_its_member_with_the_mid_we_knew():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    (record,) = fills(desk.step(desk.fill(bid, size=20, trade_id=77, fee=5)))
    assert (record.order_id, record.trade_id, record.member) == (bid.order_id, 77, "me")
    assert (record.side, record.level, record.price) == (Side.BUY, 0, bid.price)
    assert (record.size, record.fee, record.mid_x2) == (20, 5, 2 * FAIR)
    assert desk.order(Side.BUY).leaves == bid.size - 20
    assert desk.snapshot.position == 20
    assert desk.snapshot.fees == 5


def test_the_same_trade_twice_counts_once():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    once = desk.fill(bid, size=10, trade_id=77)
    desk.step(once, once)
    desk.step(once)
    assert desk.snapshot.position == 10
    assert desk.snapshot.counters.unattributed_fills == 2


def test_a_late_fill_of_a_cancelled_order_counts_for_its_member():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    desk.step(desk.cancel(bid.order_id))
    (record,) = fills(desk.step(desk.fill(bid, size=bid.size)))
    assert record.member == "me"
    assert desk.snapshot.position == bid.size
    assert desk.snapshot.members[0].position == bid.size


def test_more_filled_than_ordered_counts_in_full_and_pauses_the_pool():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    actions = desk.step(desk.fill(bid, size=bid.size + 7))
    assert [record.size for record in fills(actions)] == [bid.size + 7]
    assert states(actions) == [(PoolState.PAUSED, "guard", OVERFILLED)]
    assert desk.snapshot.position == bid.size + 7
    assert desk.snapshot.counters.impossible_fills == 1
    assert desk.engine.orders.working[0] == 0


def test_more_filled_than_ordered_in_parts_pauses_the_pool_also_after_the_order_is_over():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    assert states(desk.step(desk.fill(bid, size=bid.size - 3))) == []
    desk.step(desk.cancel(bid.order_id))
    assert states(desk.step(desk.fill(bid, size=3))) == []
    assert states(desk.step(desk.fill(bid, size=1)))[0][2] == OVERFILLED
    assert desk.snapshot.position == bid.size + 1


@pytest.mark.parametrize(("side", "worse"), [(Side.BUY, 1), (Side.SELL, -1)])
def test_a_fill_at_a_worse_price_than_the_limit_is_booked_there_and_pauses_the_pool(side, worse):
    desk = Desk().started()
    order = desk.order(side)
    better = desk.step(desk.fill(order, size=2, price=order.price - worse))
    assert states(better) == []
    actions = desk.step(desk.fill(order, size=2, price=order.price + worse))
    assert [record.price for record in fills(actions)] == [order.price + worse]
    assert states(actions) == [(PoolState.PAUSED, "guard", WORSE_PRICE)]
    assert desk.step(desk.operate(Command.RESUME))
    assert desk.engine.state is PoolState.ACTIVE


def test_an_impossible_fill_in_a_pool_that_rests_is_booked_and_counted():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    desk.step(desk.operate(Command.HALT))
    assert states(desk.step(desk.fill(bid, size=bid.size + 1))) == []
    assert desk.engine.state is PoolState.HALTED
    assert desk.snapshot.counters.impossible_fills == 1


def test_a_fill_of_an_order_we_never_sent_is_booked_to_no_member_and_pauses_the_pool():
    desk = Desk().started()
    stray = Filled(desk.now, desk.now, 999_999, 1, FAIR, 10, 0)
    assert fills(desk.step(stray)) == []
    assert desk.engine.state is PoolState.PAUSED
    assert desk.engine.state_reason == UNKNOWN_FILL
    assert desk.snapshot.position == 0
    assert desk.snapshot.counters.unattributed_fills == 1


def test_a_fill_of_nothing_is_no_fill():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    for size in (0, -5):
        assert fills(desk.step(desk.fill(bid, size=size))) == []
    assert desk.order(Side.BUY).leaves == bid.size
    assert desk.snapshot.counters.unattributed_fills == 2


def test_a_fill_proves_an_order_whose_fate_was_unknown():
    desk = Desk(answering=False)
    bid, _ = sent(desk)
    desk.step(desk.unanswered(bid.order_id))
    desk.step(desk.fill(desk.order(Side.BUY), size=1))
    assert desk.order(Side.BUY).state is OrderState.LIVE


def test_answers_about_orders_we_do_not_know_change_nothing():
    desk = Desk().started()
    before = desk.orders
    for answer in (
        desk.accept(9_999),
        desk.reject(9_999),
        desk.cancel(9_999),
        desk.unanswered(9_999),
        desk.cancel_reject(9_999, gone=True),
        desk.cancel_reject(9_999, gone=False),
    ):
        assert desk.step(answer) == []
    assert desk.orders == before


def test_answers_that_come_twice_change_nothing():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    assert desk.step(desk.accept(bid.order_id), desk.accept(bid.order_id)) == []
    desk.step(desk.cancel(bid.order_id), desk.cancel(bid.order_id))
    desk.step(desk.cancel(bid.order_id), desk.reject(bid.order_id))
    assert len(desk.orders) == 2
    assert desk.snapshot.counters.rejects == 0


def test_numbers_of_orders_go_on_where_the_last_engine_stopped():
    engine = Engine(INSTRUMENT, pool(), next_order_id=500)
    desk = Desk()
    desk.engine = engine
    desk.started()
    assert [order.order_id for order in desk.orders] == [500, 501]


def test_funding_is_paid_by_longs_and_stands_in_its_own_column():
    desk = Desk().started()
    desk.step(desk.fill(desk.order(Side.BUY), size=10))
    before = desk.snapshot
    desk.step(FundingPaid(desk.now, desk.now, 10_000, FAIR))
    after = desk.snapshot
    assert after.funding == -10 * FAIR * 10_000
    assert after.realised == before.realised
    assert after.net == before.net + after.funding
    assert after.members[0].funding == after.funding


@pytest.mark.thorough
def test_many_closed_orders_are_forgotten_but_not_the_open_ones():
    desk = Desk(quote_interval_ms=1).started()
    kept = desk.order(Side.SELL)
    first = desk.order(Side.BUY)
    orders = desk.engine.orders
    for _ in range(4_200):
        desk.step(desk.cancel(desk.order(Side.BUY).order_id), ms=5)
        desk.step(ms=5)
    assert orders.find(first.order_id) is None
    assert orders.find(kept.order_id) is not None
    assert desk.engine.state is PoolState.ACTIVE


def test_accepting_is_distinguished_by_whose_order_it_is():
    desk = Desk().started()
    now = desk.now
    assert desk.engine.orders.accepted(Accepted(now, now, desk.orders[0].order_id))
    assert not desk.engine.orders.accepted(Accepted(now, now, 12_345))
