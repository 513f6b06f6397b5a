from collections import Counter
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.model.actions import Place
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.events import (
    Accepted,
    BookLost,
    BookTop,
    Canceled,
    CancelRejected,
    Filled,
    Rejected,
    RejectReason,
)
from market_maker.model.recording import RowKind as K
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import (
    RecordedExchange,
    ReplaySettings,
    mids_at,
)
from market_maker.replay_venue.replay_state import OPEN_ORDERS_MAX, REQUESTS_MAX
from tests.examples import examples
from tests.unit.replay_venue.slow_exchange import Row, SlowBook, SlowExchange, in_venue_order
from tests.unit.replay_venue.tapes import (
    MEMBER,
    buy,
    recording,
    scripts,
    sell,
    snapshot,
    tapes,
    tapes_in_step,
)

STEP = 7

SETTINGS = st.builds(
    ReplaySettings,
    feed_latency_ns=st.integers(0, 9),
    entry_latency_ns=st.integers(0, 9),
    response_latency_ns=st.integers(0, 9),
    queue=st.sampled_from(QueueModel),
    queue_exponent=st.sampled_from([1.0, 2.0, 2.5, 3.0]),
    partial_fills=st.booleans(),
    maker_rate=st.integers(-50_000, 50_000),
)


def steps(tape, extra=60):
    return range(1_000, tape.end + extra, STEP)


def acts(script, exchanges):
    """act(step, now): do what the script says at this step on every exchange alike."""
    numbers = count(1)

    def act(step, now):
        for action in script[step] if step < len(script) else []:
            if action[0] == "place":
                order = Place(next(numbers), MEMBER, action[1], 0, action[2], action[3])
                for exchange in exchanges:
                    exchange.place(now, order)
            else:
                for exchange in exchanges:
                    exchange.cancel(now, action[1])

    return act


class OneSymbol:
    """RecordedExchange with the calls of SlowExchange."""

    def __init__(self, tape, replay_settings):
        self.exchange = RecordedExchange([tape], replay_settings)

    def place(self, now, order):
        self.exchange.place(0, now, order)

    def cancel(self, now, order_id):
        self.exchange.cancel(0, now, order_id)

    def advance(self, now):
        self.exchange.advance(now)
        return self.exchange.events(0)


def quick(**fields):
    return ReplaySettings(entry_latency_ns=1, response_latency_ns=1, **fields)


def run(rows, *actions, now=1_000, until=2_000, **fields):
    """Events after `actions`, each sent at its time, and the exchange."""
    one = OneSymbol(recording(rows), quick(**fields))
    one.advance(now)
    events = []
    for at, action in actions:
        events += one.advance(at)
        one.cancel(at, action) if isinstance(action, int) else one.place(at, action)
    events += one.advance(until)
    return [e for e in events if not isinstance(e, BookTop)], one.exchange


def at(ts, *rows):
    return [(*row, ts, ts) for row in rows]


OPENING = at(1_000, *snapshot(100, 9))  # best 99 (10 lots) and 101 (11 lots)


@pytest.mark.thorough
@settings(max_examples=examples(150), deadline=None)
@given(st.one_of(tapes(), tapes_in_step()), scripts(), SETTINGS)
def test_the_kernels_do_what_the_slow_exchange_does(tape, script, replay_settings):
    slow, fast = SlowExchange(tape, replay_settings), OneSymbol(tape, replay_settings)
    act = acts(script, (slow, fast))
    for step, now in enumerate(steps(tape)):
        assert fast.advance(now) == slow.advance(now)
        act(step, now)


@settings(max_examples=examples(150), deadline=None)
@given(tapes(), scripts(), st.sampled_from([1.0, 2.0, 3.0]), st.booleans())
def test_pessimistic_never_fills_more_than_probability(tape, script, exponent, partial):
    filled = []
    for queue in QueueModel:
        model = quick(queue=queue, queue_exponent=exponent, partial_fills=partial)
        exchange, lots = OneSymbol(tape, model), Counter()
        act = acts(script, (exchange,))
        for step, now in enumerate(steps(tape)):
            for event in exchange.advance(now):
                if isinstance(event, Filled):
                    lots[event.order_id] += event.size
            act(step, now)
        filled.append(lots)
    pessimistic, probable = filled
    assert all(lots <= probable[order_id] for order_id, lots in pessimistic.items())


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.integers(1, 15), min_size=1, max_size=6),
    st.lists(st.integers(1, 20), min_size=1, max_size=12),
    st.sampled_from(QueueModel),
)
def test_trades_at_our_price_fill_no_more_than_was_traded(sizes, trades, queue):
    rows = OPENING + [
        row for n, q in enumerate(trades) for row in at(1_100 + n, (K.SELL_TRADE, 99, q))
    ]
    orders = [(1_000, buy(n + 1, 99, size)) for n, size in enumerate(sizes)]
    events, _ = run(rows, *orders, queue=queue)
    fills = [event for event in events if isinstance(event, Filled)]
    assert sum(fill.size for fill in fills) == min(sum(sizes), max(0, sum(trades) - 10))
    assert [fill.order_id for fill in fills] == sorted(fill.order_id for fill in fills)


def test_a_trade_is_shared_by_our_orders_in_the_order_of_their_arrival():
    rows = OPENING + at(1_100, (K.SELL_TRADE, 99, 10)) + at(1_200, (K.SELL_TRADE, 99, 5))
    events, _ = run(rows, (1_000, buy(1, 99, 3)), (1_000, buy(2, 99, 3)), (1_000, buy(3, 99, 3)))
    fills = [(e.order_id, e.size, e.ts_event) for e in events if isinstance(e, Filled)]
    assert fills == [(1, 3, 1_200), (2, 2, 1_200)]


def test_others_who_came_between_our_orders_are_served_between_them():
    rows = OPENING + at(1_050, (K.BID, 99, 14)) + at(1_200, (K.SELL_TRADE, 99, 16))
    events, _ = run(rows, (1_000, buy(1, 99, 3)), (1_100, buy(2, 99, 3)))
    fills = [(e.order_id, e.size) for e in events if isinstance(e, Filled)]
    assert fills == [(1, 3)]  # 10 others, ours, then 3 of the 4 that came between


def test_a_trade_through_our_price_fills_all_of_it():
    rows = OPENING + at(1_100, (K.SELL_TRADE, 98, 1))
    events, exchange = run(rows, (1_000, buy(1, 99, 50)), maker_rate=20_000)
    assert events[-1] == Filled(1_100, 1_101, 1, 0, 99, 50, 99 * 50 * 20_000)
    fills = exchange.fills(0)
    assert (fills.order_id[0], fills.ts[0], fills.sign[0], fills.ticks[0]) == (1, 1_100, 1, 99)
    assert (fills.lots[0], fills.fee[0], fills.mid_x2[0]) == (50, 99 * 50 * 20_000, 200)


def test_the_other_sides_best_price_reaching_ours_fills_all_of_it():
    rows = OPENING + at(1_100, (K.BID, 102, 1))
    events, _ = run(rows, (1_000, sell(1, 102, 7)), (1_000, sell(2, 103, 7)))
    assert [(e.order_id, e.size) for e in events if isinstance(e, Filled)] == [(1, 7)]


def test_an_order_that_would_cross_on_arrival_is_refused_as_post_only():
    rows = OPENING + at(1_001, (K.ASK, 100, 2))
    events, _ = run(rows, (1_000, buy(1, 100, 1)))
    assert events == [Rejected(1_001, 1_002, 1, RejectReason.POST_ONLY)]


def test_a_cancel_that_loses_the_race_against_a_fill_is_refused_as_gone():
    rows = OPENING + at(1_101, (K.SELL_TRADE, 98, 1))
    events, _ = run(rows, (1_000, buy(1, 99, 1)), (1_100, 1))
    assert events[1:] == [
        Filled(1_101, 1_102, 1, 0, 99, 1, 0),
        CancelRejected(1_101, 1_102, 1, gone=True),
    ]


def test_a_cancel_in_time_ends_the_order_and_leaves_the_others_their_place():
    rows = OPENING + at(1_200, (K.SELL_TRADE, 99, 12))
    events, _ = run(rows, (1_000, buy(1, 99, 1)), (1_000, buy(2, 99, 1)), (1_100, 1))
    assert events[2:] == [Canceled(1_101, 1_102, 1), Filled(1_200, 1_201, 2, 0, 99, 1, 0)]


def test_without_partial_fills_a_trade_that_reaches_us_fills_all_of_the_order():
    rows = OPENING + at(1_100, (K.SELL_TRADE, 99, 11))
    events, _ = run(rows, (1_000, buy(1, 99, 5)), partial_fills=False)
    assert events[-1] == Filled(1_100, 1_101, 1, 0, 99, 5, 0)


def test_best_prices_of_a_faster_feed_are_the_top_until_they_expire():
    rows = OPENING + at(1_100, (K.BEST_BID, 100, 4), (K.BEST_ASK, 102, 6))
    rows += at(1_200, (K.BEST_EXPIRED, 0, 0))
    one = OneSymbol(recording(rows), quick())
    assert one.advance(1_000) == [BookTop(1_000, 1_000, 99, 10, 101, 11)]
    assert one.advance(1_100) == [BookTop(1_100, 1_100, 100, 4, 102, 6)]
    assert one.advance(1_200) == [BookTop(1_200, 1_200, 99, 10, 101, 11)]
    assert one.advance(1_300) == []


def test_an_order_at_the_faster_best_price_queues_behind_its_size():
    rows = OPENING + at(1_010, (K.BEST_BID, 100, 4), (K.BEST_ASK, 102, 6))
    rows += at(1_200, (K.SELL_TRADE, 100, 5))
    events, _ = run(rows, (1_100, buy(1, 100, 9)))
    assert events == [Accepted(1_101, 1_102, 1), Filled(1_200, 1_201, 1, 0, 100, 1, 0)]


def test_during_a_gap_only_trades_fill_and_the_engine_gets_a_lost_book():
    rows = OPENING + at(1_100, (K.GAP, 0, 0)) + at(1_200, (K.BID, 105, 1))
    rows += at(1_300, (K.BUY_TRADE, 103, 1)) + at(1_400, *snapshot(104, 5))
    events, _ = run(rows, (1_000, sell(1, 102, 1)), (1_000, sell(2, 104, 1)), until=1_350)
    assert [e.order_id for e in events if isinstance(e, Filled)] == [1]
    assert [e for e in events if isinstance(e, BookLost)] == [
        BookLost(1_100, "the recording has a gap")
    ]


def test_a_snapshot_after_a_gap_makes_the_book_known_again():
    rows = OPENING + at(1_100, (K.GAP, 0, 0)) + at(1_200, *snapshot(104, 5))
    one = OneSymbol(recording(rows), quick())
    one.advance(1_000)
    assert [type(e) for e in one.advance(1_100)] == [BookLost]
    assert one.advance(1_200) == [BookTop(1_200, 1_200, 103, 6, 105, 7)]


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=8), st.sampled_from(QueueModel))
def test_a_venue_that_sends_whole_books_costs_no_order_its_place(trades, queue):
    as_levels, as_books, left = list(OPENING), list(OPENING), 10
    for n, lots in enumerate(trades):
        trade, left = (K.SELL_TRADE, 99, lots), max(1, left - lots)
        level = (K.BID, 99, left)
        as_levels += at(1_100 + n, trade, level)
        book = [level if row[:2] == level[:2] else row for row in snapshot(100, 9)]
        as_books += at(1_100 + n, trade, *book, *book)
    order = (1_000, buy(1, 99, 20))
    assert run(as_books, order, queue=queue)[0] == run(as_levels, order, queue=queue)[0]


def test_a_row_is_seen_when_it_is_received_and_counts_at_the_venue_when_it_happened():
    rows = [*OPENING, (K.SELL_TRADE, 98, 5, 1_100, 1_180), (K.BID, 99, 0, 1_100, 1_180)]
    one = OneSymbol(recording(rows), quick(feed_latency_ns=5))
    assert one.advance(1_004) == []
    assert one.advance(1_005) == [BookTop(1_000, 1_005, 99, 10, 101, 11)]
    one.place(1_005, buy(1, 99, 1))
    assert [type(e) for e in one.advance(1_101)] == [Accepted, Filled]
    assert one.advance(1_184) == []
    assert one.advance(1_185) == [BookTop(1_100, 1_185, 98, 11, 101, 11)]


def test_events_that_were_not_taken_are_kept():
    rows = OPENING + at(1_100, (K.SELL_TRADE, 98, 1))
    exchange = RecordedExchange([recording(rows)], quick())
    exchange.advance(1_000)
    exchange.place(0, 1_000, buy(1, 99, 1))
    for now in (1_050, 1_100, 1_101, 1_150):
        exchange.advance(now)
    assert [type(e) for e in exchange.events(0)] == [BookTop, Accepted, Filled]
    assert exchange.events(0) == []


def test_symbols_do_not_touch_each_other():
    tapes_ = [recording(OPENING + at(1_100 + n, (K.SELL_TRADE, 98, 1))) for n in range(5)]
    exchange = RecordedExchange(tapes_, quick())
    exchange.advance(1_000)
    for index in (1, 3):
        exchange.place(index, 1_000, buy(7, 99, 1 + index))
    exchange.advance(2_000)
    taken = [[e for e in exchange.events(n) if isinstance(e, Filled)] for n in range(5)]
    assert [[(e.ts_event, e.size) for e in events] for events in taken] == [
        [], [(1_101, 2)], [], [(1_103, 4)], [],
    ]  # fmt: skip


def test_orders_beyond_the_capacity_are_an_error():
    one = OneSymbol(recording(OPENING), quick())
    one.advance(1_000)
    for n in range(OPEN_ORDERS_MAX):
        one.place(1_000, buy(n + 1, 98, 1))
    with pytest.raises(InvalidFieldError, match="at most 256 orders"):
        one.place(1_000, buy(999, 98, 1))
    for _ in range(REQUESTS_MAX - OPEN_ORDERS_MAX):
        one.cancel(1_000, 1)
    with pytest.raises(InvalidFieldError, match="at most 512 requests"):
        one.cancel(1_000, 1)


def test_more_answers_than_there_was_room_for_all_arrive_in_order():
    trades = [row for n in range(3_000) for row in at(1_100 + n, (K.SELL_TRADE, 99, 1))]
    events, _ = run(OPENING + trades, (1_000, buy(1, 99, 10_000)), until=9_000)
    fills = [e for e in events if isinstance(e, Filled)]
    assert [(e.trade_id, e.size) for e in fills] == [(n, 1) for n in range(2_990)]


def test_the_end_leaves_time_for_everything_in_flight():
    tape = recording([*OPENING, (K.SELL_TRADE, 98, 1, 1_500, 1_500)])
    exchange = RecordedExchange(
        [tape], ReplaySettings(feed_latency_ns=3, entry_latency_ns=10, response_latency_ns=20)
    )
    assert (exchange.start, exchange.end) == (1_003, 1_533)
    exchange.advance(exchange.end)
    assert exchange.rows_done == exchange.rows == tape.rows


def test_levels_far_from_the_market_are_left_out_and_counted():
    far = at(1_050, (K.ASK, 2_000, 5), (K.ASK, 5_000, 5), (K.BUY_TRADE, 101, 1))
    exchange = RecordedExchange([recording(OPENING + far)], quick())
    assert exchange.windows[0].rows_outside == 2
    assert exchange.windows[0].width < 30


def test_an_order_outside_the_ladder_rests_and_is_refused_when_it_would_cross():
    events, _ = run(OPENING, (1_000, buy(1, 5, 1)), (1_000, buy(2, 9_000, 1)), (1_100, 1))
    assert [type(e) for e in events] == [Accepted, Rejected, Canceled]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "no rows"),
        (at(1_000, (10, 1, 1)), "unknown kind 10"),
        (at(1_000, (K.BID, 1, -1)), "negative size"),
        (at(1_000, (K.BID, 1, 1)) + at(999, (K.BID, 1, 1)), "ts_recv goes back"),
        (at(1_000, (K.BEST_BID, 1, 1)), "not followed by its BEST_ASK"),
    ],
)
def test_what_is_no_recording_is_refused(rows, problem):
    with pytest.raises(InvalidDataError, match=problem):
        RecordedExchange([recording(rows)], quick())


@pytest.mark.parametrize(
    "fields", [{"entry_latency_ns": -1}, {"queue_exponent": 0.0}, {"maker_rate": 10**9}]
)
def test_settings_that_make_no_sense_are_refused(fields):
    with pytest.raises(InvalidFieldError, match=next(iter(fields))):
        ReplaySettings(**fields)


@settings(max_examples=examples(100), deadline=None)
@given(tapes(), st.lists(st.integers(990, 1_400), max_size=20))
def test_mids_are_those_of_the_venues_book_at_or_before_each_time(tape, times):
    times = sorted(times)
    columns = (tape.kind, tape.ticks, tape.lots, tape.ts_event, tape.ts_recv)
    rows = in_venue_order([Row(*row) for row in zip(*(c.tolist() for c in columns), strict=True)])
    expected = []
    for time in times:
        book, last = SlowBook(), 0
        for n, row in enumerate(rows):
            if row.ts_event > time:
                break
            book.apply(row)
            if n + 1 == len(rows) or rows[n + 1].ts_event > row.ts_event:
                last = book.mid_x2() or last
        expected.append(last)
    assert mids_at(tape, np.array(times, dtype=np.int64)).tolist() == expected
