"""Rows at the venue while orders of ours rest there."""

from market_maker.model.events import Filled
from market_maker.model.recording import RowKind as K
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from tests.unit.replay_venue.tapes import buy, recording, sell, snapshot

WIRES = {"entry_latency_ns": 1, "response_latency_ns": 1}


def at(ts, *rows):
    return [(*row, ts, ts) for row in rows]


OPENING = at(1_000, *snapshot(100, 9))  # best 99 (10 lots) and 101 (11 lots): mid 100


def fills_of(rows, *orders, until=2_000):
    exchange = RecordedExchange([recording(OPENING + rows)], ReplaySettings(**WIRES))
    exchange.advance(1_000)
    for order in orders:
        exchange.place(0, 1_000, order)
    exchange.advance(until)
    events = [event for event in exchange.events(0) if isinstance(event, Filled)]
    mids = exchange.fills(0).mid_x2.tolist()
    return [(event.ts_event, event.order_id, mid) for event, mid in zip(events, mids, strict=True)]


def test_the_mid_of_a_fill_is_that_of_before_its_moment():
    rows = at(1_100, (K.BID, 99, 0), (K.SELL_TRADE, 98, 1))
    assert fills_of(rows, buy(1, 99, 1)) == [(1_100, 1, 200)]


def test_a_mid_that_moved_in_an_earlier_moment_counts():
    rows = at(1_050, (K.BID, 100, 3)) + at(1_100, (K.SELL_TRADE, 98, 1))
    assert fills_of(rows, buy(1, 99, 1)) == [(1_100, 1, 201)]


def test_a_mid_that_moved_while_no_order_rested_counts_for_the_next_one():
    rows = at(1_050, (K.SELL_TRADE, 98, 1)) + at(1_060, (K.BID, 100, 3))
    exchange = RecordedExchange(
        [recording(OPENING + rows + at(1_200, (K.SELL_TRADE, 98, 1)))], ReplaySettings(**WIRES)
    )
    exchange.advance(1_000)
    exchange.place(0, 1_000, buy(1, 99, 1))
    exchange.advance(1_100)
    exchange.place(0, 1_100, buy(2, 99, 1))
    exchange.advance(2_000)
    exchange.events(0)
    assert exchange.fills(0).mid_x2.tolist() == [200, 201]


def test_the_last_mid_counts_where_a_side_is_gone():
    rows = at(1_050, (K.ASK, 101, 0), (K.ASK, 103, 0), (K.ASK, 104, 0))
    rows += at(1_100, (K.SELL_TRADE, 98, 1))
    assert fills_of(rows, buy(1, 99, 1)) == [(1_100, 1, 200)]


def test_a_level_fills_the_orders_of_the_other_side_that_it_reaches_and_no_others():
    rows = at(1_100, (K.ASK, 97, 1))
    orders = buy(1, 98, 1), buy(2, 96, 1), buy(3, 97, 1), sell(4, 102, 1)
    assert [order_id for _, order_id, _ in fills_of(rows, *orders)] == [1, 3]


def test_a_level_that_is_taken_away_fills_nothing():
    rows = at(1_100, (K.ASK, 97, 0))
    assert fills_of(rows, buy(1, 98, 1)) == []


def test_an_order_between_our_best_and_worst_price_moves_up_in_its_own_queue():
    rows = at(1_010, (K.BID, 97, 0)) + at(1_050, (K.BID, 97, 5)) + at(1_100, (K.BID, 97, 1))
    rows += at(1_200, (K.SELL_TRADE, 97, 2))
    orders = buy(1, 99, 1), buy(2, 97, 1), buy(3, 96, 1)
    assert [order_id for _, order_id, _ in fills_of(rows, *orders)] == [1, 2]


def test_a_best_price_that_expires_shows_levels_that_reach_us():
    rows = at(1_050, (K.BEST_BID, 99, 4), (K.BEST_ASK, 101, 6))
    rows += at(1_100, (K.BID, 102, 1)) + at(1_200, (K.BEST_EXPIRED, 0, 0))
    assert [(ts, order_id) for ts, order_id, _ in fills_of(rows, sell(1, 102, 1))] == [(1_200, 1)]
