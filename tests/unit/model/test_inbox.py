from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.events import BookLost, Canceled, Filled, Operated, Trade
from market_maker.model.inbox import MARKET_DATA, OVERFLOW, Inbox
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, OrderId, Ticks, Value


def trade(ts):
    return Trade(Nanos(ts), Nanos(ts), Ticks(100), Lots(1), Side.BUY)


def fill(ts):
    return Filled(Nanos(ts), Nanos(ts), OrderId(1), ts, Ticks(100), Lots(1), Value(0))


def test_events_come_out_in_the_order_they_came_in():
    inbox = Inbox()
    events = (trade(1), fill(2), trade(3))
    for event in events:
        inbox.put(event)
    assert inbox.drain() == list(events)
    assert inbox.drain() == []


def test_a_full_inbox_drops_market_data_and_says_so():
    inbox = Inbox(capacity=3)
    for event in (trade(1), fill(2), trade(3), trade(4)):
        inbox.put(event)
    assert inbox.drain() == [fill(2), BookLost(Nanos(4), OVERFLOW), trade(4)]
    assert inbox.conflated == 2


def test_the_last_word_on_a_full_inbox_is_never_an_unmarked_gap():
    inbox = Inbox(capacity=2)
    for ts in range(10):
        inbox.put(trade(ts))
    drained = inbox.drain()
    assert isinstance(drained[0], BookLost)


@given(st.lists(st.sampled_from(["trade", "fill", "cancel", "command"]), max_size=60))
def test_orders_and_commands_are_never_given_up_and_market_data_stay_bounded(kinds):
    makers = {
        "trade": trade,
        "fill": fill,
        "cancel": lambda ts: Canceled(Nanos(ts), Nanos(ts), OrderId(ts)),
        "command": lambda ts: Operated(Nanos(ts), Command.PAUSE, "ann", "test"),
    }
    inbox = Inbox(capacity=8)
    events = [makers[kind](ts) for ts, kind in enumerate(kinds)]
    for event in events:
        inbox.put(event)
    drained = inbox.drain()
    assert [e for e in drained if not isinstance(e, MARKET_DATA)] == [
        e for e in events if not isinstance(e, MARKET_DATA)
    ]
    assert sum(isinstance(e, MARKET_DATA) for e in drained) <= 8


def test_the_first_that_waits_is_said_to_have_arrived_and_the_others_wait_with_it():
    arrived = []
    inbox = Inbox(arrived=lambda: arrived.append(len(inbox)))
    for event in (trade(1), fill(2)):
        inbox.put(event)
    inbox.drain()
    inbox.extend((trade(3), trade(4)))
    assert arrived == [1, 1]
