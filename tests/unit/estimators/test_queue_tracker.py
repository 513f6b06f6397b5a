from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.queue_position import QueuePosition
from market_maker.estimators.queue_tracker import EXPONENT, QueueTracker, TrackedOrder
from market_maker.model.orders import BUY, SELL


def shown(sizes):
    return lambda side, price: sizes.get((side, price))


def bid(order_id=1, leaves=10, price=100):
    return TrackedOrder(order_id, BUY, price, leaves)


def test_a_new_order_stands_behind_everything_but_itself():
    tracker = QueueTracker()
    tracker.sample([bid()], shown({(BUY, 100): 60}))
    assert tracker.front(1) == 50
    assert tracker.value == 50
    assert tracker.count == 1


def test_a_trade_at_its_price_moves_it_up_and_others_do_not():
    tracker = QueueTracker()
    tracker.sample([bid()], shown({(BUY, 100): 60}))
    tracker.trade(BUY, 100, 5)  # a buyer takes asks
    tracker.trade(SELL, 99, 5)
    assert tracker.front(1) == 50
    tracker.trade(SELL, 100, 20)
    assert tracker.front(1) == 30
    tracker.trade(SELL, 100, 500)
    assert tracker.front(1) == 0


def test_the_place_of_an_order_at_a_price_that_is_not_shown_is_not_known():
    tracker = QueueTracker()
    tracker.sample([bid()], shown({}))
    assert tracker.front(1) is None
    assert not tracker.ready
    assert tracker.value is None
    tracker.sample([bid()], shown({(BUY, 100): 60}))
    tracker.sample([bid()], shown({}))  # no news: it keeps its place
    assert tracker.front(1) == 50


def test_an_order_that_is_gone_is_forgotten():
    tracker = QueueTracker()
    tracker.sample([bid(1), bid(2)], shown({(BUY, 100): 60}))
    tracker.sample([bid(2)], shown({(BUY, 100): 60}))
    assert tracker.front(1) is None
    assert tracker.count == 1
    tracker.trade(SELL, 100, 20)
    assert tracker.front(2) == 30


steps = st.lists(
    st.tuples(st.just("trade"), st.integers(0, 30))
    | st.tuples(st.just("depth"), st.integers(0, 90)),
    max_size=30,
)


@given(st.integers(10, 200), steps)
def test_it_is_the_model_of_the_replay_venue(displayed, drawn):
    tracker, position = QueueTracker(), QueuePosition(displayed - 10, n=EXPONENT)
    tracker.sample([bid()], shown({(BUY, 100): displayed}))
    for kind, size in drawn:
        if kind == "trade":
            tracker.trade(SELL, 100, size)
            position.trade(size)
            position.settle()
        else:
            tracker.sample([bid()], shown({(BUY, 100): size}))
            position.depth(displayed, size)
            displayed = size
        assert tracker.front(1) == max(position.front, 0.0)
