from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.events import RejectReason
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.orders import Side
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.reports import (
    CancelOrder,
    CancelReason,
    CancelRefused,
    NewOrder,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderKind,
    OrderRejected,
)

BUY, SELL = Side.BUY, Side.SELL
INSTRUMENT = Instrument("TEST", Decimal("0.1"), Decimal("0.001"))
FEES = FeeSchedule(maker_bps=Decimal("-0.2"), taker_bps=Decimal("4.5"))
ACCOUNTS = ("ann", "bob", "cleo")


def new(account, order_id, side, price, size, *, kind=OrderKind.LIMIT, reduce_only=False):
    return NewOrder(account, order_id, side, price, size, kind, reduce_only)


def market(*requests, instrument=INSTRUMENT):
    matching = Matching(instrument, FEES)
    for request in requests:
        matching.apply(request)
    return matching


def fills(outcome):
    return [
        (r.account, r.order_id, r.price, r.size, r.maker)
        for r in outcome.reports
        if isinstance(r, OrderFilled)
    ]


# the rules, one by one


def test_the_best_price_trades_first_and_at_one_price_the_oldest_order():
    matching = market(
        new("ann", 1, SELL, 102, 5),
        new("bob", 2, SELL, 101, 5),
        new("cleo", 3, SELL, 101, 5),
    )
    outcome = matching.submit(new("dan", 4, BUY, 102, 12))
    makers = [fill for fill in fills(outcome) if fill[-1]]
    assert makers == [
        ("bob", 2, 101, 5, True),
        ("cleo", 3, 101, 5, True),
        ("ann", 1, 102, 2, True),
    ]
    assert outcome.asks == ((101, 0), (102, 3))
    assert outcome.bids == ()


def test_both_parties_of_a_trade_receive_the_same_and_pay_their_exact_fee():
    matching = market(new("ann", 1, SELL, 1_000, 7))
    outcome = matching.submit(new("bob", 2, BUY, 1_001, 3))
    maker, taker = outcome.reports[1:]
    assert outcome.reports[0] == OrderAccepted("bob", 2)
    assert (maker.trade_id, maker.price, maker.size) == (taker.trade_id, taker.price, taker.size)
    assert maker.fee == 1_000 * 3 * -2_000
    assert taker.fee == 1_000 * 3 * 45_000
    assert (matching.fees("ann"), matching.fees("bob")) == (maker.fee, taker.fee)
    assert (matching.position("ann"), matching.position("bob")) == (-3, 3)


def test_what_is_left_of_a_limit_order_rests_behind_the_others_at_its_price():
    matching = market(new("ann", 1, BUY, 100, 5), new("bob", 2, SELL, 101, 2))
    matching.submit(new("cleo", 3, BUY, 101, 6))
    matching.submit(new("dan", 4, BUY, 101, 1))
    queue = [(o.account, o.price, o.leaves) for o in matching.resting(BUY)]
    assert queue == [("cleo", 101, 4), ("dan", 101, 1), ("ann", 100, 5)]
    assert matching.depth(BUY, 10) == ((101, 5), (100, 5))
    assert matching.depth(BUY, 1) == ((101, 5),)


def test_an_ioc_order_cancels_what_it_cannot_trade():
    matching = market(new("ann", 1, SELL, 100, 2))
    outcome = matching.submit(new("bob", 2, BUY, 100, 5, kind=OrderKind.IOC))
    assert outcome.reports[-1] == OrderCanceled("bob", 2, 3, CancelReason.IOC)
    assert not matching.open_orders("bob")


@pytest.mark.parametrize("owner", ["ann", "bob"])
def test_a_post_only_order_that_meets_the_book_is_refused_whatever_account_owns_the_other(owner):
    matching = market(new(owner, 1, SELL, 100, 2))
    outcome = matching.submit(new("bob", 2, BUY, 100, 5, kind=OrderKind.POST_ONLY))
    assert outcome.reports == (OrderRejected("bob", 2, RejectReason.POST_ONLY),)
    assert matching.position("bob") == 0


@pytest.mark.parametrize(("price", "size"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_price_or_size_that_is_not_above_zero_is_refused(price, size):
    outcome = market().submit(new("ann", 1, BUY, price, size))
    assert outcome.reports == (OrderRejected("ann", 1, RejectReason.INVALID),)


def test_an_order_id_is_refused_while_it_is_open_in_the_same_account_only():
    matching = market(new("ann", 1, BUY, 100, 2))
    again = matching.submit(new("ann", 1, BUY, 99, 2))
    assert again.reports == (OrderRejected("ann", 1, RejectReason.OTHER),)
    assert matching.submit(new("bob", 1, BUY, 99, 2)).reports == (OrderAccepted("bob", 1),)
    matching.cancel(CancelOrder("ann", 1))
    assert matching.submit(new("ann", 1, BUY, 99, 2)).reports == (OrderAccepted("ann", 1),)


def test_the_minimum_notional_is_met_to_the_last_tick_lot():
    # 100.00005 in steps of 0.0001 is 1,000,000.5 tick-lots: 1,000,001 are needed
    instrument = Instrument("TEST", Decimal("0.1"), Decimal("0.001"), Decimal("100.00005"))
    matching = market(instrument=instrument)
    below = matching.submit(new("ann", 1, BUY, 1_000_000, 1))
    assert below.reports == (OrderRejected("ann", 1, RejectReason.MIN_NOTIONAL),)
    assert matching.submit(new("ann", 1, BUY, 1_000_001, 1)).reports == (OrderAccepted("ann", 1),)


def test_an_order_that_reduces_may_be_below_the_minimum_notional():
    instrument = Instrument("TEST", Decimal(1), Decimal(1), Decimal(500))
    matching = market(
        new("ann", 1, SELL, 100, 5), new("bob", 2, BUY, 100, 5), instrument=instrument
    )
    outcome = matching.submit(new("bob", 3, SELL, 100, 1, reduce_only=True))
    assert outcome.reports == (OrderAccepted("bob", 3),)


@pytest.mark.parametrize("side", [BUY, SELL])
def test_reduce_only_without_a_position_on_the_other_side_is_refused(side):
    matching = market(new("ann", 1, side, 100, 5), new("bob", 2, side.other, 100, 5))
    for account in ("ann", "cleo"):
        outcome = matching.submit(new(account, 3, side, 100, 1, reduce_only=True))
        assert outcome.reports == (OrderRejected(account, 3, RejectReason.REDUCE_ONLY),)


def test_a_resting_reduce_only_order_fills_up_to_flat_and_is_then_cancelled():
    matching = market(
        new("ann", 1, SELL, 100, 4),
        new("bob", 2, BUY, 100, 4),
        new("bob", 3, SELL, 105, 10, reduce_only=True),
    )
    outcome = matching.submit(new("cleo", 4, BUY, 105, 10))
    assert OrderCanceled("bob", 3, 6, CancelReason.REDUCE_ONLY) in outcome.reports
    assert matching.position("bob") == 0
    assert matching.position("cleo") == 4
    assert matching.depth(SELL, 5) == ()
    assert matching.depth(BUY, 5) == ((105, 6),)


def test_a_reduce_only_taker_stops_when_it_is_flat():
    matching = market(
        new("ann", 1, SELL, 100, 4),
        new("bob", 2, BUY, 100, 4),
        new("ann", 3, BUY, 99, 20),
    )
    outcome = matching.submit(new("bob", 4, SELL, 99, 10, reduce_only=True))
    assert outcome.reports[-1] == OrderCanceled("bob", 4, 6, CancelReason.REDUCE_ONLY)
    assert matching.position("bob") == 0


def test_reduce_only_orders_leave_when_another_order_closes_the_position():
    matching = market(
        new("ann", 1, SELL, 100, 4),
        new("bob", 2, BUY, 100, 4),
        new("bob", 3, SELL, 105, 4, reduce_only=True),
        new("ann", 4, BUY, 99, 4),
    )
    outcome = matching.submit(new("bob", 5, SELL, 99, 4))
    assert OrderCanceled("bob", 3, 4, CancelReason.REDUCE_ONLY) in outcome.reports
    assert not matching.open_orders("bob")


def test_an_account_that_would_meet_itself_loses_the_resting_order_and_goes_on():
    matching = market(new("ann", 1, SELL, 100, 5), new("bob", 2, SELL, 100, 5))
    outcome = matching.submit(new("ann", 3, BUY, 100, 3))
    assert outcome.reports[1] == OrderCanceled("ann", 1, 5, CancelReason.SELF_TRADE)
    assert [fill[0] for fill in fills(outcome)] == ["bob", "ann"]


def test_a_cancel_is_for_the_own_open_order_only():
    matching = market(new("ann", 1, BUY, 100, 5))
    assert matching.cancel(CancelOrder("bob", 1)).reports == (CancelRefused("bob", 1),)
    gone = matching.cancel(CancelOrder("ann", 1))
    assert gone.reports == (OrderCanceled("ann", 1, 5, CancelReason.REQUESTED),)
    assert gone.bids == ((100, 0),)
    assert matching.cancel(CancelOrder("ann", 1)).reports == (CancelRefused("ann", 1),)


# what holds for any requests

orders = st.builds(
    NewOrder,
    account=st.sampled_from(ACCOUNTS),
    order_id=st.integers(1, 40),
    side=st.sampled_from(Side),
    price=st.integers(96, 104),
    size=st.integers(1, 9),
    kind=st.sampled_from(OrderKind),
    reduce_only=st.sampled_from((False, False, False, True)),
)
cancels = st.builds(CancelOrder, st.sampled_from(ACCOUNTS), st.integers(1, 40))
request_lists = st.lists(st.one_of(orders, orders, orders, cancels), max_size=60)


def steps(requests):
    """Applies the requests one by one; yields the market before it as (positions, bests)."""
    matching = Matching(INSTRUMENT, FEES)
    for request in requests:
        positions = {name: matching.position(name) for name in ACCOUNTS}
        bests = {side: matching.best(side) for side in Side}
        yield matching, request, positions, bests, matching.apply(request)


@given(request_lists)
def test_every_lot_of_an_order_is_filled_open_or_cancelled(requests):
    for matching, request, _, _, outcome in steps(requests):
        if isinstance(request, NewOrder) and isinstance(outcome.reports[0], OrderAccepted):
            key = (request.account, request.order_id)
            mine = [r for r in outcome.reports[1:] if (r.account, r.order_id) == key]
            filled = sum(r.size for r in mine if isinstance(r, OrderFilled))
            cancelled = sum(r.leaves for r in mine if isinstance(r, OrderCanceled))
            rests = [o for o in matching.open_orders(key[0]) if o.order_id == key[1]]
            assert filled + cancelled + sum(o.leaves for o in rests) == request.size


@given(request_lists)
def test_positions_sum_to_zero_and_follow_the_fills(requests):
    positions = dict.fromkeys(ACCOUNTS, 0)
    for matching, _, _, _, outcome in steps(requests):
        for report in outcome.reports:
            if isinstance(report, OrderFilled):
                positions[report.account] += report.side.sign * report.size
        assert positions == {name: matching.position(name) for name in ACCOUNTS}
        assert sum(positions.values()) == 0


@given(request_lists)
def test_fees_of_accounts_are_the_sum_of_their_fills_fees(requests):
    fees = dict.fromkeys(ACCOUNTS, 0)
    for matching, _, _, _, outcome in steps(requests):
        for report in outcome.reports:
            if isinstance(report, OrderFilled):
                rate = -2_000 if report.maker else 45_000
                assert report.fee == report.price * report.size * rate
                fees[report.account] += report.fee
        assert fees == {name: matching.fees(name) for name in ACCOUNTS}


@given(request_lists)
def test_the_book_is_never_crossed(requests):
    for matching, _, _, _, _ in steps(requests):
        bid, ask = matching.best(BUY), matching.best(SELL)
        assert bid is None or ask is None or bid < ask


@given(request_lists)
def test_depth_is_the_sum_of_the_resting_orders_and_follows_the_changes(requests):
    seen = {BUY: {}, SELL: {}}
    for matching, _, _, _, outcome in steps(requests):
        seen[BUY].update(outcome.bids)
        seen[SELL].update(outcome.asks)
        for side in Side:
            totals = {}
            for order in matching.resting(side):
                totals[order.price] = totals.get(order.price, 0) + order.leaves
            assert dict(matching.depth(side, 100)) == totals
            assert {price: size for price, size in seen[side].items() if size} == totals


@given(request_lists)
def test_trades_walk_the_book_by_price_and_then_by_time(requests):
    arrivals = {}
    for number, (_, request, _, _, outcome) in enumerate(steps(requests)):
        makers = [r for r in outcome.reports if isinstance(r, OrderFilled) and r.maker]
        walk = [(-r.side.sign * r.price, arrivals[r.account, r.order_id]) for r in makers]
        assert walk == sorted(walk)
        if isinstance(request, NewOrder) and isinstance(outcome.reports[0], OrderAccepted):
            arrivals[request.account, request.order_id] = number


@given(request_lists)
def test_a_trade_is_never_worse_than_the_takers_limit_and_never_better_than_the_best(requests):
    for _, request, _, bests, outcome in steps(requests):
        for trade in outcome.trades:
            sign = request.side.sign
            assert (request.price - trade.price) * sign >= 0
            assert (trade.price - bests[request.side.other]) * sign >= 0


@given(request_lists)
def test_post_only_never_takes_and_ioc_never_rests(requests):
    for matching, request, _, _, outcome in steps(requests):
        accepted = isinstance(outcome.reports[0], OrderAccepted)
        if accepted and request.kind is OrderKind.POST_ONLY:
            assert not outcome.trades
        if accepted and request.kind is OrderKind.IOC:
            ids = [order.order_id for order in matching.open_orders(request.account)]
            assert request.order_id not in ids


@given(request_lists)
def test_a_reduce_only_fill_never_increases_or_flips_a_position(requests):
    reduce_only = {}
    for _, request, before, _, outcome in steps(requests):
        if isinstance(request, NewOrder) and isinstance(outcome.reports[0], OrderAccepted):
            reduce_only[request.account, request.order_id] = request.reduce_only
        positions = before
        for report in outcome.reports:
            if isinstance(report, OrderFilled):
                old = positions[report.account]
                now = positions[report.account] = old + report.side.sign * report.size
                if reduce_only[report.account, report.order_id]:
                    assert abs(now) < abs(old)
                    assert now * old >= 0


@given(request_lists)
def test_no_account_trades_with_itself_and_trade_ids_count_up(requests):
    last = 0
    for _, _, _, _, outcome in steps(requests):
        halves = [r for r in outcome.reports if isinstance(r, OrderFilled)]
        for maker, taker in zip(halves[::2], halves[1::2], strict=True):
            assert maker.account != taker.account
            assert maker.trade_id == taker.trade_id == last + 1
            assert maker.side is taker.side.other
            last = maker.trade_id
        assert [trade.trade_id for trade in outcome.trades] == [r.trade_id for r in halves[::2]]


@given(request_lists)
def test_a_refusal_changes_nothing(requests):
    matching = Matching(INSTRUMENT, FEES)
    for request in requests:
        before = matching.state_hash()
        outcome = matching.apply(request)
        if isinstance(outcome.reports[0], OrderRejected | CancelRefused):
            assert len(outcome.reports) == 1
            assert matching.state_hash() == before
