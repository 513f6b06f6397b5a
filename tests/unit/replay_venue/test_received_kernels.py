"""What reaches us: a book of our own, or the venue's of a little earlier."""

import pytest

from market_maker.model.events import BookTop, Filled
from market_maker.model.recording import RowKind as K
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from market_maker.replay_venue.replay_state import ANSWERS_FIRST, VIEWS_FIRST
from tests.unit.replay_venue.slow_exchange import SlowExchange
from tests.unit.replay_venue.tapes import buy, recording

OPENING = [
    (K.CLEAR, 0, 0, 1_000, 1_010), (K.BID, 99, 5, 1_000, 1_010), (K.ASK, 101, 7, 1_000, 1_010),
]  # fmt: skip
TRADE_FIRST = [(K.SELL_TRADE, 99, 1, 1_100, 1_110), (K.BID, 99, 4, 1_090, 1_110)]
BEST_FIRST = [
    (K.BEST_BID, 100, 1, 1_100, 1_105), (K.BEST_ASK, 101, 1, 1_100, 1_105),
    (K.BID, 98, 4, 1_090, 1_110),
]  # fmt: skip


def settings(feed_latency_ns=0):
    return ReplaySettings(
        feed_latency_ns=feed_latency_ns, entry_latency_ns=1, response_latency_ns=1
    )


def exchange_of(rows, feed_latency_ns=0):
    return RecordedExchange([recording(rows)], settings(feed_latency_ns))


def has_one_book(exchange):
    return bool(exchange.state._symbols[0]["one_book"])


def test_one_book_is_enough_where_rows_reach_us_in_the_order_in_which_they_change_it():
    assert has_one_book(exchange_of(OPENING))
    assert has_one_book(exchange_of(OPENING + TRADE_FIRST)), "a trade changes no book"


def test_a_book_of_our_own_is_kept_where_levels_and_best_prices_change_places():
    assert not has_one_book(exchange_of(OPENING + BEST_FIRST))


def test_a_book_of_our_own_is_kept_where_a_row_is_received_before_it_happened():
    early = [*OPENING, (K.BID, 99, 4, 1_200, 1_150)]
    assert not has_one_book(exchange_of(early))
    assert has_one_book(exchange_of(early, feed_latency_ns=50))


@pytest.mark.parametrize("more", [[], TRADE_FIRST, BEST_FIRST])
def test_what_is_received_is_seen_later_than_it_happened(more):
    exchange = exchange_of(OPENING + more)
    exchange.advance(1_005)
    assert exchange.events(0) == []
    exchange.advance(1_010)
    assert exchange.events(0) == [BookTop(1_000, 1_010, 99, 5, 101, 7)]
    exchange.advance(1_104)
    assert exchange.events(0) == []


def test_rows_in_flight_and_answers_are_remembered_however_many_they_are():
    count = 3 * max(VIEWS_FIRST, ANSWERS_FIRST)
    rows = list(OPENING)
    for n in range(count):
        stamps = (2_000 + n, 2_000 + n)
        rows += [(K.SELL_TRADE, 99, 1, *stamps), (K.BID, 99, n + 5, *stamps)]
    fast, slow = exchange_of(rows, 10_000), SlowExchange(recording(rows), settings(10_000))
    assert has_one_book(fast)
    order, filled = buy(1, 99, 10 * count), 0
    for now in (1_500, *range(1_600, 13_000, 7), 20_000):
        fast.advance(now)
        events = fast.events(0)
        assert events == slow.advance(now)
        filled += sum(isinstance(event, Filled) for event in events)
        if now == 1_500:
            fast.place(0, now, order)
            slow.place(now, order)
    assert filled > ANSWERS_FIRST


def test_a_feed_that_is_alive_makes_the_book_fresh_and_changes_nothing():
    rows = [(K.CLEAR, 0, 0), (K.BID, 99, 5), (K.ASK, 101, 7)]
    alive = [*((*row, 1_000, 1_000) for row in rows), (K.ALIVE, 0, 0, 2_000, 2_000)]
    exchange = RecordedExchange([recording(alive)], settings())
    exchange.advance(1_500)
    (first,) = exchange.events(0)
    exchange.advance(2_500)
    (second,) = exchange.events(0)
    assert (first.ts_recv, second.ts_recv) == (1_000, 2_000)
    assert (first.bid, first.ask_size) == (second.bid, second.ask_size) == (99, 7)
