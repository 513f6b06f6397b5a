"""No more open orders of one account than the venue takes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from tests.unit.engine.desk import FAIR, INSTRUMENT, Desk, member, places


def at_most(orders):
    return replace(INSTRUMENT, limits=InstrumentLimits(max_open_orders=orders))


def levels(orders):
    return sorted((order.side.name, order.level) for order in orders)


def test_the_levels_nearest_to_the_mid_are_those_that_are_quoted():
    desk = Desk(instrument=at_most(3), num_levels=3).started()
    assert levels(desk.orders) == [("BUY", 0), ("BUY", 1), ("SELL", 0)]
    assert desk.reasons == (Reason.OPEN_ORDERS, Reason.OPEN_ORDERS)


def test_a_filled_best_level_is_placed_again_before_a_worse_one():
    desk = Desk(instrument=at_most(2), num_levels=2).started()
    desk.step(desk.fill(desk.order(Side.BUY)))
    for _ in range(3):
        desk.step()
    assert levels(desk.orders) == [("BUY", 0), ("SELL", 0)]


def test_an_order_whose_cancel_is_not_proved_counts():
    desk = Desk(instrument=at_most(2), answering=False).warm()
    first = places(desk.step(desk.operate(Command.ENABLE)))
    desk.turn(*(desk.accept(order.order_id) for order in first))
    for number in range(4):
        moved = FAIR + 500 * (number + 1)
        assert not places(desk.step(desk.book(moved - 1, moved + 1)))
    assert len(desk.engine.orders.slots) == 2


@given(
    st.integers(1, 7),
    st.integers(1, 3),
    st.lists(st.sampled_from(["", "shared"]), min_size=1, max_size=4),
    st.lists(st.integers(-300, 300), max_size=12),
)
def test_no_account_ever_has_more_open_orders_than_the_venue_takes(most, count, accounts, moves):
    members = tuple(
        replace(member(f"m{number}", 20), account_id=account)
        for number, account in enumerate(accounts)
    )
    desk = Desk(instrument=at_most(most), num_levels=count, members=members).started()
    for move in moves:
        desk.step(desk.book(FAIR + move - 1, FAIR + move + 1))
        opened = Counter(o.account_id or o.member for o in desk.engine.orders.slots.values())
        assert max(opened.values(), default=0) <= most
