"""The venue changes what it takes while a pool quotes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.actions import Cancel
from market_maker.model.events import LimitsChanged
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.lifecycle import Command
from market_maker.model.quotes import Reason
from tests.unit.engine.desk import FAIR, Desk

PLENTY = InstrumentLimits()


def changed(desk, **limits):
    """What the engine asks for at once, and then some turns in which all is answered."""
    actions = desk.step(LimitsChanged(desk.now, InstrumentLimits(**limits)))
    for _ in range(4):
        desk.step()
    return actions


def sizes(desk):
    return sorted((order.side.name, order.level, order.size) for order in desk.orders)


def test_orders_that_are_larger_now_than_the_venue_takes_are_cut():
    """By less than a quarter: an order of ours would stay where it is."""
    desk = Desk().started()
    assert sizes(desk) == [("BUY", 0, 50), ("SELL", 0, 49)]
    changed(desk, max_lots=45)
    assert sizes(desk) == [("BUY", 0, 45), ("SELL", 0, 45)]
    assert desk.reasons == (Reason.LARGEST_SIZE, Reason.LARGEST_SIZE)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"min_lots": 60}, Reason.MIN_SIZE),
        ({"max_notional": Decimal(5)}, Reason.MIN_NOTIONAL),
        ({"band_up_rate": 40_000, "band_down_rate": 40_000}, Reason.PRICE_BAND),
    ],
)
def test_orders_that_the_venue_takes_no_more_are_cancelled_and_return_with_its_limits(
    limits, reason
):
    desk = Desk().started()
    before = sizes(desk)
    actions = changed(desk, **limits)
    assert len([action for action in actions if isinstance(action, Cancel)]) == 2
    assert (sizes(desk), desk.reasons) == ([], (reason, reason))
    changed(desk)
    assert sizes(desk) == before


def test_fewer_open_orders_leave_the_levels_nearest_to_the_mid():
    desk = Desk(num_levels=3).started()
    changed(desk, max_open_orders=2)
    assert [(side, level) for side, level, _ in sizes(desk)] == [("BUY", 0), ("SELL", 0)]
    assert desk.reasons == (Reason.OPEN_ORDERS, Reason.OPEN_ORDERS)


def test_what_is_within_the_new_limits_keeps_its_place_in_the_queue():
    desk = Desk(num_levels=2).started()
    before = [order.order_id for order in desk.orders]
    changed(desk, max_lots=50, max_open_orders=4, min_lots=49)
    assert [order.order_id for order in desk.orders] == before


def test_a_paused_pool_takes_them_up_when_it_quotes_again():
    desk = Desk().started()
    desk.step(desk.operate(Command.PAUSE))
    changed(desk, max_lots=45)
    desk.step(desk.operate(Command.ENABLE))
    assert {size for _, _, size in sizes(desk)} == {45}


bounds = st.builds(
    InstrumentLimits,
    min_lots=st.sampled_from([0, 10, 50, 60]),
    max_lots=st.sampled_from([0, 60, 70]),
    max_notional=st.sampled_from([Decimal(0), Decimal(300), Decimal(505)]),
    band_up_rate=st.sampled_from([0, 40_000, 60_000]),
    max_open_orders=st.sampled_from([0, 1, 3]),
)


@given(st.lists(st.tuples(bounds, st.integers(-80, 80)), max_size=6))
def test_however_they_change_what_rests_is_what_an_engine_made_with_them_would_have(changes):
    desk = Desk(num_levels=2).started()
    limits = PLENTY
    for limits, move in changes:
        desk.step(LimitsChanged(desk.now, limits), desk.book(FAIR + move - 1, FAIR + move + 1))
        for _ in range(5):
            desk.step()
    for order in desk.orders:
        value = desk.engine.instrument.notional(order.price, order.size)
        assert limits.min_lots <= order.size <= (limits.max_lots or order.size)
        assert value <= (limits.max_notional or value)
    assert len(desk.orders) <= (limits.max_open_orders or 4)
    assert desk.engine.instrument.limits == limits
