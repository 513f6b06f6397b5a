import math
from itertools import pairwise

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Filled,
    RejectReason,
    Trade,
)
from market_maker.model.orders import Side
from market_maker.sandbox.latency import Latency
from market_maker.sandbox.market import SandboxMarket
from tests.unit.sandbox.market_client import BTC, FEES, ME, MS, SECOND, START, STEADY, Client

pytestmark = pytest.mark.thorough

# market data


def test_snapshot_and_deltas_add_up_to_what_a_later_snapshot_shows():
    client = Client()
    client.wait(20 * SECOND)
    late = client.market.subscribe(client.now)
    # Long enough for the snapshot to come, too short for the next regular delta.
    client.wait(20 * MS)
    (snapshot,) = [event for event in late.drain() if isinstance(event, BookSnapshot)]
    assert client.book() == (dict(snapshot.bids), dict(snapshot.asks))
    assert snapshot.bids[0][0] < snapshot.asks[0][0]


def test_the_book_is_deep_on_both_sides_and_its_spread_is_small():
    client, spreads = Client(seed=3), []
    for _ in range(60):
        client.wait(SECOND)
        bids, asks = client.book()
        assert min(len(bids), len(asks)) >= 10
        spreads.append(min(asks) - max(bids))
    assert 1 <= sorted(spreads)[30] <= 5
    assert len(client.of(Trade)) > 60


def test_a_second_listener_receives_the_same_market():
    client = Client()
    other = client.market.subscribe(START)
    client.wait(10 * SECOND)
    others = other.drain()
    for kind in (Trade, BookDelta):
        theirs = [(e.ts_event, getattr(e, "price", None)) for e in others if isinstance(e, kind)]
        ours = [(e.ts_event, getattr(e, "price", None)) for e in client.of(kind)]
        shared = min(len(ours), len(theirs))
        assert shared > 0
        assert ours[:shared] == theirs[:shared]


def test_nothing_arrives_before_its_time_or_out_of_order():
    client = Client()
    for _ in range(200):
        before = len(client.heard)
        client.wait(37 * MS)
        for event in client.heard[before:]:
            assert client.now - 37 * MS < event.ts_recv <= client.now
            assert event.ts_event + 3 * MS <= event.ts_recv
    received = [event.ts_recv for event in client.heard]
    assert received == sorted(received)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_mid_moves_and_trades_happen_as_the_defaults_promise(seed):
    market, mids, spreads = SandboxMarket(BTC, FEES, seed=seed, start=START), [], []
    listener, trades = market.subscribe(START), 0
    for second in range(1, 20 * 60):
        market.advance(START + second * SECOND)
        trades += sum(isinstance(event, Trade) for event in listener.drain())
        bid, ask = market._matching.best(Side.BUY), market._matching.best(Side.SELL)
        mids.append((bid + ask) / 2)
        spreads.append(ask - bid)
    moves = [1e4 * math.log(b / a) for a, b in pairwise(mids)]
    sigma = math.sqrt(sum(move**2 for move in moves) / len(moves) * 3_600)
    assert 25 <= sigma <= 90  # bps per square root of hour
    assert 1 <= sorted(spreads)[600] <= 5  # ticks
    assert trades / 20 > 500  # a minute


# orders


def test_an_order_takes_the_entry_latency_in_and_the_response_latency_back():
    client = Client(latency=STEADY)
    client.wait(SECOND)
    sent, bid = client.now, client.best()[0] - 2_000
    order_id = client.place(Side.BUY, bid, 5)
    client.wait(4 * MS - 1)
    assert not client.market.open_orders(ME)
    client.wait(1)
    assert [order.order_id for order in client.market.open_orders(ME)] == [order_id]
    client.wait(5 * MS)
    assert client.mine() == [Accepted(sent + 4 * MS, sent + 9 * MS, order_id)]
    assert client.book()[0].get(bid, 0) < 5  # the delta comes later
    client.wait(200 * MS)
    assert client.book()[0][bid] >= 5


def test_our_fills_are_what_the_venue_lists_and_sum_to_the_position():
    client = Client()
    client.get_filled(size=3)
    client.wait(5 * SECOND)
    told = [(f.order_id, f.trade_id, f.price, f.size, f.fee) for f in client.of(Filled)]
    listed = client.market.fills(ME)
    assert told == [(f.order_id, f.trade_id, f.price, f.size, f.fee) for f in listed]
    assert client.market.position(ME) == sum(f.side.sign * f.size for f in listed) > 0
    assert client.market.fees(ME) == sum(f.price * f.size * 2_000 for f in listed)


def test_a_crossing_order_is_refused_as_post_only():
    client = Client()
    client.wait(SECOND)
    order_id = client.place(Side.BUY, client.best()[1] + 500, 5)
    client.wait(SECOND)
    (rejected,) = client.mine()
    assert (rejected.order_id, rejected.reason) == (order_id, RejectReason.POST_ONLY)


def test_minimum_notional_and_reduce_only_hold_for_our_orders():
    client = Client()
    client.wait(SECOND)
    bid = client.best()[0]
    client.place(Side.BUY, bid - 10_000, 1)
    client.place(Side.SELL, bid + 10_000, 5, reduce_only=True)
    client.wait(SECOND)
    reasons = [event.reason for event in client.mine()]
    assert reasons == [RejectReason.MIN_NOTIONAL, RejectReason.REDUCE_ONLY]


def test_a_cancel_is_answered_once_with_what_became_of_the_order():
    client = Client()
    client.wait(SECOND)
    order_id = client.place(Side.BUY, client.best()[0] - 3_000, 5)
    client.wait(50 * MS)
    client.cancel(order_id)
    client.cancel(order_id)
    client.wait(50 * MS)
    _, cancelled, refused = client.mine()
    assert isinstance(cancelled, Canceled)
    assert isinstance(refused, CancelRejected)
    assert refused.gone
    assert not client.market.open_orders(ME)


def test_requests_of_one_account_never_overtake_one_another():
    client = Client(latency=Latency(entry_jitter=50 * MS, response_jitter=50 * MS))
    client.wait(SECOND)
    bid = client.best()[0] - 3_000
    for _ in range(20):
        client.cancel(client.place(Side.BUY, bid, 5))
    client.wait(SECOND)
    kinds = [type(event) for event in client.mine()]
    assert kinds == [Accepted, Canceled] * 20


def test_the_name_of_a_trader_is_not_for_us():
    with pytest.raises(InvalidFieldError, match="participant_id"):
        Client().market.subscribe(START, ("~depth-1",))


def test_private_events_follow_the_account_to_its_new_listener():
    client = Client()
    old = client.subscription
    client.subscription = client.market.subscribe(START, (ME,))
    client.wait(SECOND)
    client.place(Side.BUY, client.best()[0] - 3_000, 5)
    client.wait(SECOND)
    assert len(client.mine()) == 1
    assert not [event for event in old.drain() if isinstance(event, Accepted)]
    client.market.unsubscribe(old)
    client.wait(SECOND)
    assert not [event for event in old.drain() if event.ts_recv > client.now - SECOND + 5 * MS]


def test_time_may_not_go_back():
    client = Client()
    client.wait(SECOND)
    with pytest.raises(AssertionError):
        client.market.advance(START)


def test_a_listener_that_left_receives_nothing_more_and_its_orders_stay():
    client = Client()
    client.wait(SECOND)
    client.place(Side.BUY, client.best()[0] - 3_000, 5)
    client.market.unsubscribe(client.subscription)
    heard = len(client.heard)
    client.wait(SECOND)
    assert [event for event in client.heard[heard:] if event.ts_event > client.now - SECOND] == []
    assert len(client.market.open_orders(ME)) == 1


def test_a_market_does_not_live_through_time_that_never_was():
    client, hour = Client(), 3_600 * SECOND
    client.wait(2 * SECOND)
    order = client.place(Side.BUY, min(client.book()[0]), 10)
    client.wait(SECOND)
    fate = client.market.state_hash()
    client.market.pass_over(hour)
    client.now += hour
    assert client.market.state_hash() != fate
    assert client.market.next_at >= client.now
    before = len(client.heard)
    client.wait(SECOND)
    assert len(client.heard) - before < 200
    assert [o.order_id for o in client.market.open_orders(ME)] == [order]
    assert client.heard[-1].ts_recv > client.now - SECOND
