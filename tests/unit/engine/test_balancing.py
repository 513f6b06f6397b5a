"""With `balance`, what reduces a position stands at the best price of the book, and never takes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.risk.rebalance import Rebalancing, Urgency
from tests.examples import examples
from tests.unit.engine.desk import FAIR, Desk, places

SMALL = {"order_size_usdt": 10_000, "max_pool_position_usdt": 50_000}


def filled(side, size=None, **fields):
    """A desk whose order on one side was filled, by `size` lots or all of it, and settled since."""
    desk = Desk(**SMALL | fields).started()
    order = desk.order(side)
    desk.step(desk.fill(order, size))
    for _ in range(5):
        desk.step(ms=1000)
    return desk


@pytest.mark.parametrize(
    ("side", "reducing", "best"),
    [(Side.BUY, Side.SELL, FAIR + 1), (Side.SELL, Side.BUY, FAIR - 1)],
)
def test_the_reducing_side_joins_the_best_price_and_the_other_stays(side, reducing, best):
    desk = filled(side, balance=True)
    assert desk.order(reducing).price == best
    assert abs(desk.order(side).price - FAIR) == 50
    index = reducing is Side.SELL
    assert (desk.reasons[index], desk.reasons[not index]) == (Reason.REBALANCING, Reason.QUOTING)


def test_the_joining_order_is_no_larger_than_the_position():
    desk = filled(Side.BUY, 600, balance=True, order_size_usdt=12_000)
    assert desk.snapshot.position == 600
    assert desk.order(Side.SELL).size == 600


@pytest.mark.parametrize("fields", [{}, {"target_spread_bps": 80}])
@pytest.mark.parametrize("side", list(Side))
def test_off_it_signals_and_changes_nothing(side, fields):
    desk = filled(side, **fields)
    assert [abs(order.price - FAIR) for order in desk.orders] == [50, 50]
    assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)
    assert desk.snapshot.rebalance.action is not Rebalancing.NONE


def test_the_signal_is_of_the_whole_position_and_grows_urgent():
    assert filled(Side.BUY, 400).snapshot.rebalance.action is Rebalancing.NONE
    seen = filled(Side.BUY).snapshot
    assert (seen.rebalance.action, seen.rebalance.size) == (Rebalancing.SELL, seen.position)
    assert seen.rebalance.urgency is Urgency.MEDIUM
    assert filled(Side.SELL, rebalance_urgent_pct=15).snapshot.rebalance.urgency is Urgency.HIGH


def test_below_the_threshold_nothing_joins():
    desk = filled(Side.BUY, 400, balance=True)
    assert desk.order(Side.SELL).price == FAIR + 50
    assert desk.reasons[1] is Reason.QUOTING


def test_worked_off_it_stands_where_the_strategy_wants_it():
    desk = filled(Side.BUY, balance=True)
    desk.step(desk.fill(desk.order(Side.SELL)))
    for _ in range(5):
        desk.step(ms=1000)
    assert desk.snapshot.position <= 1  # asks are a lot smaller than bids
    assert [abs(order.price - FAIR) for order in desk.orders] == [50, 50]
    assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)


def test_a_quote_that_is_already_better_than_the_best_stays():
    desk = filled(Side.BUY, balance=True)
    for _ in range(3):
        desk.step(desk.book(FAIR - 200, FAIR + 200), ms=1000)
    assert desk.order(Side.SELL).price == FAIR + 50


def test_standing_at_the_best_price_it_is_at_rest():
    desk = filled(Side.BUY, balance=True)
    assert [desk.step(ms=1000) for _ in range(20)] == [[]] * 20


@settings(max_examples=examples(40))
@given(st.sampled_from(list(Side)), st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 40))))
def test_it_never_crosses_the_book(side, moves):
    desk = filled(side, balance=True)
    middle = FAIR
    for move, width in moves[:12]:
        middle += move
        bid, ask = middle, middle + width
        for place in places(desk.step(desk.book(bid, ask), ms=200)):
            assert place.price < ask if place.side is Side.BUY else place.price > bid
