"""When prices move between two quotes: at the interval, at once where the pool reacts, and never
later than fair reaches a quote."""

from market_maker.model.orders import Side
from tests.unit.engine.desk import FAIR, Desk, cancels, places

WIDE = {"strategy_params": {"half_spread_bps": 5}, "quote_interval_ms": 1_000}
"""Quotes 50 ticks from fair."""


def moved(desk, by):
    desk.top = (FAIR - 1 + by, FAIR + 1 + by)


def test_a_pool_moves_its_prices_at_its_interval():
    desk = Desk(**WIDE, price_threshold_bps=0).started()
    moved(desk, 10)
    assert [desk.step() for _ in range(3)] == [[], [], []]
    assert cancels([action for _ in range(9) for action in desk.step()])


def test_one_that_reacts_moves_them_at_once():
    desk = Desk(**WIDE, price_threshold_bps=0, react=True).started()
    moved(desk, 10)
    assert len(cancels(desk.step())) == 2
    moved_bid = [place.price for place in places(desk.step()) if place.side is Side.BUY]
    assert moved_bid == [FAIR - 41]  # 5 bps of a price that has risen, rounded away


def test_what_does_not_matter_is_left_alone_also_by_one_that_reacts():
    desk = Desk(**WIDE, price_threshold_bps=5, react=True).started()
    moved(desk, 3)
    assert [desk.step() for _ in range(20)] == [[]] * 20


def test_a_quote_that_fair_has_reached_is_cancelled_at_once_and_placed_anew_at_the_interval():
    desk = Desk(**WIDE).started()
    ask, bid = desk.order(Side.SELL), desk.order(Side.BUY)
    moved(desk, ask.price - FAIR)
    asked = desk.step()
    assert cancels(asked) == [ask.order_id]
    assert places(asked) == []
    assert places(desk.step()) == []
    assert bid.order_id in [order.order_id for order in desk.orders]
    assert places([action for _ in range(10) for action in desk.step()])


def test_the_message_budget_bounds_one_that_reacts():
    desk = Desk(**WIDE, price_threshold_bps=0, react=True, max_messages_per_second=4).started()
    asked = []
    for number in range(100):
        moved(desk, 10 * (number % 2))
        asked += desk.step(ms=10)
    # A second of a budget of four, what had been saved up, and cancels' own share.
    assert len(places(asked)) + len(cancels(asked)) <= 12
