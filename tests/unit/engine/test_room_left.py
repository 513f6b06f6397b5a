"""How far orders may still fill a pool and its members."""

from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.accounts import Accounts
from market_maker.engine.orders import OwnOrders, Working, slot_of
from market_maker.engine.room_left import full_members, left_to_close, room_below_x2
from market_maker.model.orders import BUY, SELL
from market_maker.model.units import Lots, OrderId, Ticks
from market_maker.risk.limits import room
from tests.builders import member


def one_member(lots, position_value=10**9):
    accounts = Accounts()
    accounts.configure((member("me", 100),))
    (account,) = accounts.quoting
    accounts.pool.lots = account.position.lots = Lots(lots)
    account.position_value = position_value
    return accounts


def placed(orders, side, lots, level=0):
    order = Working(OrderId(len(orders.slots) + 1), slot_of(0, side, level), "me", Ticks(100), lots)
    orders.placed(order)
    return order


@given(
    st.integers(-50, 50), st.integers(0, 50), st.integers(0, 50), st.integers(1, 10**6),
    st.integers(1, 10**6),
)  # fmt: skip
def test_up_to_that_reference_both_sides_have_room(lots, buying, selling, value, reference_x2):
    accounts, orders = one_member(lots, position_value=10**9), OwnOrders()
    orders.working[:] = [buying, selling]
    if reference_x2 > room_below_x2(accounts, orders, value):
        return
    for sign, working in ((1, buying), (-1, selling)):
        assert room(sign, lots, working, reference_x2, value) >= 0
        assert room(sign, lots, 0, reference_x2, value) >= 1


def test_a_member_is_full_from_its_own_limit_on():
    accounts = one_member(10, position_value=1_000)
    assert full_members(accounts, 2 * 99) == []
    assert full_members(accounts, 2 * 100) == accounts.quoting
    assert room_below_x2(accounts, OwnOrders(), 10**9) < 2 * 100


def test_what_other_orders_close_is_not_left_to_close():
    accounts, orders = one_member(10), OwnOrders()
    (account,) = accounts.quoting
    own = placed(orders, SELL, 3)
    placed(orders, SELL, 4, level=1)
    assert left_to_close(orders, account, SELL, own.slot) == 6
    assert left_to_close(orders, account, BUY, slot_of(0, BUY, 0)) == 10
