from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.pool import Member
from market_maker.model.units import VALUE_SCALE
from tests.unit.engine.desk import FAIR, THREE, Desk, cancels, member, places


def sizes(desk, side=Side.BUY):
    return {order.member: order.size for order in desk.orders if order.side is side}


def test_a_pool_order_is_split_by_weight_at_one_price():
    desk = Desk(members=THREE).started()
    assert sizes(desk) == {"ann": 25, "bob": 15, "cid": 10}
    assert {order.price for order in desk.orders if order.side is Side.BUY} == {FAIR - 50}
    assert {m.participant_id: m.open_orders for m in desk.snapshot.members} == {
        "ann": 2,
        "bob": 2,
        "cid": 2,
    }


def test_weights_below_a_hundred_place_only_their_part():
    desk = Desk(members=(member("ann", 50), member("bob", 20))).started()
    assert sizes(desk) == {"ann": 25, "bob": 10}


def test_a_member_beyond_its_own_limit_only_reduces():
    desk = Desk(members=(member("ann", 50, limit=10_000), member("bob", 50))).started()
    desk.step(desk.found(Side.BUY, 1_100, name="ann"))
    desk.step(ms=1_000)
    shown = {(order.member, order.side) for order in desk.orders}
    assert shown == {("ann", Side.SELL), ("bob", Side.BUY), ("bob", Side.SELL)}


def test_a_fill_belongs_to_the_member_whose_order_it_was():
    desk = Desk(members=THREE).started()
    desk.step(desk.fill(desk.order(Side.BUY, name="bob"), size=5))
    assert {m.participant_id: m.position for m in desk.snapshot.members} == {
        "ann": 0,
        "bob": 5,
        "cid": 0,
    }
    assert desk.snapshot.position == 5


def test_an_order_of_one_lot_goes_to_every_member_in_turn():
    """Ten USDT at 10,000 is one lot; every move of the price is a new order."""
    desk = Desk(members=THREE, order_size_usdt=10, max_order_value_usdt=50).started()
    got = dict.fromkeys(("ann", "bob", "cid"), 0)
    for number in range(100):
        where = FAIR - 5_000 - 10 * number
        placed = places(desk.step(desk.book(where - 1, where + 1)))
        for _ in range(4):
            placed += places(desk.step())
        bids = [p for p in placed if p.side is Side.BUY]
        assert sum(p.size for p in bids) == 1
        for place in bids:
            got[place.member] += place.size
    assert got == {"ann": 50, "bob": 30, "cid": 20}


def test_a_member_that_lost_too_much_stops_alone():
    members = (member("ann", 50, loss=5), *THREE[1:])
    desk = Desk(members=members).started()
    desk.step(desk.fill(desk.order(Side.BUY, name="ann"), size=25, worth=FAIR))
    # 25 lots x 2,000 ticks = 5 USDT: at the limit.
    desk.step(desk.book(FAIR - 2_001, FAIR - 1_999))
    assert desk.snapshot.members[0].stopped == ""
    desk.step(desk.book(FAIR - 2_003, FAIR - 2_001))
    for _ in range(4):
        desk.step()
    snapshot = desk.snapshot
    assert snapshot.members[0].stopped == "member loss limit exceeded"
    assert snapshot.state is PoolState.ACTIVE
    assert set(sizes(desk)) == {"bob", "cid"}
    desk.step(desk.book(FAIR + 500, FAIR + 502))
    desk.step()
    desk.step()
    assert set(sizes(desk)) == {"bob", "cid"}, "its profit does not bring it back, a person does"
    desk.step(desk.operate(Command.PAUSE))
    desk.step()
    desk.step(desk.operate(Command.ENABLE))
    desk.step()
    assert set(sizes(desk)) == {"ann", "bob", "cid"}


def test_a_member_at_its_limit_leaves_the_others_alone():
    members = (member("ann", 50, limit=250), *THREE[1:])
    desk = Desk(members=members).started()
    desk.step(desk.fill(desk.order(Side.BUY, name="ann")))
    for number in range(4):
        desk.step(desk.book(FAIR - 3 - number, FAIR - 1 - number))
    desk.step()
    desk.step()
    assert sizes(desk) == {"bob": 15, "cid": 10}
    asks = sizes(desk, Side.SELL)
    assert (set(asks), sum(asks.values())) == ({"ann", "bob", "cid"}, 49)


def test_a_member_that_leaves_is_cancelled_and_keeps_its_position():
    desk = Desk(members=THREE).started()
    desk.step(desk.fill(desk.order(Side.BUY, name="cid"), size=3))
    gone = [o.order_id for o in desk.orders if o.member == "cid"]
    rest = (member("ann", 50), member("bob", 30))
    assert set(gone) <= set(cancels(desk.step(desk.configure(members=rest))))
    for _ in range(3):
        desk.step()
    cid = desk.snapshot.members[2]
    assert (cid.participant_id, cid.position, cid.open_orders, cid.active) == ("cid", 3, 0, False)
    assert desk.snapshot.position == 3
    assert set(sizes(desk)) == {"ann", "bob"}
    desk.step(desk.configure(members=THREE))
    desk.step()
    assert desk.snapshot.members[2].active
    assert desk.snapshot.members[2].position == 3
    assert len(desk.snapshot.members) == 3


def test_a_member_that_is_suspended_is_cancelled_and_comes_back():
    idle = Member("cid", Decimal(20), Decimal(50_000), Decimal(2_000), active=False)
    desk = Desk(members=THREE).started()
    desk.step(desk.configure(members=(*THREE[:2], idle)))
    for _ in range(3):
        desk.step()
    assert set(sizes(desk)) == {"ann", "bob"}
    desk.step(desk.configure(members=THREE))
    desk.step()
    assert set(sizes(desk)) == {"ann", "bob", "cid"}


def test_a_late_fill_of_a_member_that_left_is_its_own():
    desk = Desk(members=THREE).started()
    order = desk.order(Side.BUY, name="cid")
    desk.step(desk.configure(members=THREE[:2]))
    desk.step()
    desk.step(desk.fill(order, size=4))
    assert desk.snapshot.members[2].position == 4


NAMES = st.sampled_from(["ann", "bob", "cid"])


@given(st.lists(st.tuples(NAMES, st.sampled_from(list(Side)), st.integers(1, 9)), max_size=30))
def test_members_add_up_to_the_pool_exactly(trades):
    desk = Desk(members=THREE, order_size_usdt=2000).started()
    for number, (name, side, size) in enumerate(trades):
        found = [o for o in desk.orders if (o.member, o.side) == (name, side)]
        desk.step(*[desk.fill(o, size=size, fee=number * 7 - 50) for o in found])
        desk.step(desk.book(FAIR - 1 - number, FAIR + 2 + number))
        snapshot = desk.snapshot
        members = snapshot.members
        assert snapshot.position == sum(m.position for m in members)
        assert snapshot.fees == sum(m.fees for m in members)
        assert snapshot.realised == sum(m.realised for m in members)
        assert snapshot.unrealised == sum(m.unrealised for m in members)
        assert snapshot.net == sum(m.net for m in members)
        assert desk.engine.brief().net == snapshot.net
        pool = desk.engine.accounts.pool
        assert snapshot.net == pool.net(snapshot.mid_x2)


def test_what_one_member_opened_against_another_is_not_realised():
    """By the average cost of both together it was; the ledger, analytics and settlements of the
    same pool said that nothing was."""
    desk = Desk(members=(member("ann", 50), member("bob", 50))).started()
    buy, sell = desk.order(Side.BUY, name="ann"), desk.order(Side.SELL, name="bob")
    desk.step(desk.fill(buy, size=4), desk.fill(sell, size=4))
    snapshot = desk.snapshot
    assert (snapshot.position, snapshot.realised) == (0, 0)
    assert snapshot.unrealised == snapshot.net == 4 * 100 * VALUE_SCALE
