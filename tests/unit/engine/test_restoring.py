"""An engine that starts again begins with what stored fills left, and late fills find it."""

from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.engine import Engine
from market_maker.engine.position import Position
from market_maker.model.actions import RecordFill
from market_maker.model.events import FillFound, Restored
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import OrderId
from tests.unit.engine.desk import FAIR, INSTRUMENT, START, THREE, Desk, fills, places, pool

NAMES = ("ann", "bob", "cid", "gone")
TRADES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from((1, -1)),
        st.integers(FAIR - 500, FAIR + 500),
        st.integers(1, 50),
        st.integers(-100, 100),
    ),
    max_size=30,
)


def booked(trades) -> dict[str, Position]:
    """What the ledger says: of the pool under "", and of every member."""
    positions = {name: Position() for name in ("", *NAMES)}
    for name, sign, price, size, fee in trades:
        for who in ("", name):
            positions[who].fill(sign, price, size, fee)
    return positions


def restored(positions: dict[str, Position]) -> Restored:
    members = tuple((name, positions[name].holding()) for name in NAMES)
    return Restored(START, "restarted; was ACTIVE", positions[""].holding(), members)


@given(TRADES)
def test_positions_and_pnl_go_on_where_the_ledger_ends(trades) -> None:
    positions = booked(trades)
    engine = Engine(INSTRUMENT, pool(members=THREE), OrderId(7))
    engine.turn(START, [restored(positions)])
    snapshot = engine.snapshot()
    held = {m.participant_id: m for m in snapshot.members}
    assert snapshot.position == positions[""].lots == sum(m.position for m in snapshot.members)
    realised = sum(positions[name].realised for name in NAMES)
    assert (snapshot.realised, snapshot.fees) == (realised, positions[""].fees)
    for name in NAMES:
        assert held[name].position == positions[name].lots
        assert held[name].realised == positions[name].realised
        assert held[name].average_price == positions[name].average_price()


@given(TRADES)
def test_before_the_first_price_a_position_is_worth_what_it_cost(trades) -> None:
    positions = booked(trades)
    engine = Engine(INSTRUMENT, pool(members=THREE), OrderId(7))
    engine.turn(START, [restored(positions)])
    snapshot = engine.snapshot()
    assert snapshot.mid_x2 == snapshot.unrealised == 0
    held = [positions[name] for name in NAMES]
    kept = sum(each.realised - each.fees + each.funding for each in held)
    assert snapshot.net == engine.brief().net == kept
    assert [member.unrealised for member in snapshot.members] == [0] * len(snapshot.members)


def test_it_stays_paused_and_says_why() -> None:
    desk = Desk(members=THREE)
    desk.turn(restored(booked([])))
    desk.warm()
    assert (desk.snapshot.state, desk.snapshot.state_reason) == (
        PoolState.PAUSED,
        "restarted; was ACTIVE",
    )
    assert desk.orders == ()


def test_order_numbers_go_on_from_the_one_given() -> None:
    desk = Desk(members=THREE)
    desk.engine = Engine(INSTRUMENT, pool(members=THREE), OrderId(41))
    desk.started()
    assert min(order.order_id for order in desk.orders) == 41


def test_a_member_who_left_keeps_a_position_and_gets_no_orders() -> None:
    desk = Desk(members=THREE)
    desk.turn(restored(booked([("gone", 1, FAIR, 3, 0)])))
    desk.started()
    gone = next(m for m in desk.snapshot.members if m.participant_id == "gone")
    assert (gone.position, gone.active, gone.open_orders) == (3, False, 0)


def found(order_id: int, trade_id: int, member: str, size: int = 2) -> FillFound:
    return FillFound(START, START, order_id, trade_id, member, Side.BUY, 0, FAIR, size, 5)


def test_a_fill_of_an_order_from_before_is_booked_under_its_member_and_recorded() -> None:
    desk = Desk(members=THREE).warm()
    recorded = fills(desk.step(found(900, 1, "bob")))
    assert [(f.order_id, f.trade_id, f.member, f.size) for f in recorded] == [(900, 1, "bob", 2)]
    assert isinstance(recorded[0], RecordFill)
    bob = next(m for m in desk.snapshot.members if m.participant_id == "bob")
    assert (bob.position, bob.fees, desk.snapshot.position) == (2, 5, 2)


def test_a_found_fill_that_was_reported_before_counts_once() -> None:
    desk = Desk().started()
    order = desk.order(Side.BUY)
    report = desk.fill(order, size=1)
    desk.step(report)
    desk.step(found(order.order_id, report.trade_id, "me", size=1))
    assert desk.snapshot.position == 1


def test_a_found_fill_of_a_working_order_uses_it_up() -> None:
    desk = Desk().started()
    order = desk.order(Side.BUY)
    actions = desk.step(found(order.order_id, 77, "me", size=order.leaves))
    assert [f.size for f in fills(actions)] == [order.leaves]
    assert order.order_id not in [o.order_id for o in desk.orders]
    assert all(p.order_id != order.order_id for p in places(actions))
