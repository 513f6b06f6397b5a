from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.engine.shares import right_size
from market_maker.model.events import RejectReason
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from tests.unit.engine.desk import FAIR, INSTRUMENT, MS, Desk, cancels, member, places


def moved(desk, ticks):
    """The market moved by so many ticks since the start."""
    return desk.book(FAIR - 1 + ticks, FAIR + 1 + ticks)


def test_what_is_right_is_kept():
    desk = Desk().started()
    for _ in range(20):
        assert desk.step() == []
        assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)


def test_a_move_cancels_first_and_places_only_when_the_cancel_is_confirmed():
    desk = Desk().started()
    desk.answering = False
    actions = desk.step(moved(desk, 40))
    assert len(cancels(actions)) == 2
    assert places(actions) == []
    assert desk.reasons == (Reason.AWAITING_CANCEL, Reason.AWAITING_CANCEL)
    assert places(desk.step()) == []
    bid = desk.order(Side.BUY)
    placed = places(desk.step(desk.cancel(bid.order_id)))
    assert [(p.side, p.price) for p in placed] == [(Side.BUY, FAIR - 11)]  # 40 - 50.02 ticks
    assert desk.reasons[1] is Reason.AWAITING_CANCEL


def test_decisions_come_once_an_interval_but_pulling_never_waits():
    desk = Desk(quote_interval_ms=1000).started()
    desk.step(ms=1000)
    assert desk.step(moved(desk, 40), ms=10) == []
    assert desk.step(ms=980) == []
    assert len(cancels(desk.step(ms=1000))) == 2
    desk = Desk(quote_interval_ms=1000).started()
    assert len(cancels(desk.step(desk.operate(Command.PAUSE), ms=1))) == 2


def test_within_the_threshold_the_place_in_the_queue_is_kept():
    desk = Desk(price_threshold_bps=2).started()
    assert desk.step(moved(desk, 19)) == []
    assert desk.step(moved(desk, -19)) == []
    assert len(cancels(desk.step(moved(desk, 22)))) == 2


def test_the_threshold_is_at_most_half_the_half_spread():
    desk = Desk(price_threshold_bps=1000).started()
    assert desk.step(moved(desk, 24)) == []
    assert len(cancels(desk.step(moved(desk, 27)))) == 2


@given(st.lists(st.integers(-40, 40), max_size=25), st.integers(0, 100))
def test_a_quote_is_never_kept_on_the_wrong_side_of_fair(moves, threshold):
    desk = Desk(
        price_threshold_bps=threshold, strategy_params={"half_spread_bps": 1.0}, min_spread_bps=0
    ).warm()
    desk.step(desk.operate(Command.ENABLE))
    where = 0
    for move in moves:
        where += move
        desk.step(moved(desk, where))
        fair, (bids, asks) = desk.engine.market.fair, desk.engine.ladder.prices
        assert all(bid < fair for bid in bids)
        assert all(ask > fair for ask in asks)


@given(
    st.integers(1, 20),
    st.floats(0, 60),
    st.integers(1, 30),
    st.integers(1, 400),
    st.integers(60, 200_000),
    st.lists(st.integers(-30, 30), max_size=8),
)
def test_ladders_are_passive_ordered_and_wide_enough(levels, half, spacing, wide, price, moves):
    """Bids below the best ask, asks above the best bid, a tick apart; fresh prices are never
    closer than the least spread, or the touch where that is less than two ticks."""
    desk = Desk(
        num_levels=levels,
        level_spacing_bps=spacing,
        strategy_params={"half_spread_bps": half},
        min_spread_bps=5,
        max_spread_bps=80,
    )
    desk.top = (price, price + wide)
    desk.warm()
    desk.step(desk.operate(Command.ENABLE))
    for number, move in enumerate([0, *moves]):
        price = max(1, price + move)
        desk.step(desk.book(price, price + wide))
        (bids, asks), fair = desk.engine.ladder.prices, desk.engine.market.fair
        assert all(0 <= bid < price + wide for bid in bids)
        assert all(ask > price for ask in asks)
        assert all(a > b or b == 0 for a, b in pairwise(bids))
        assert all(a < b for a, b in pairwise(asks))
        assert bids[0] < asks[0]
        if number == 0:
            at_touch = (bids[0], asks[0]) == (price, price + wide) and fair * 5 < 2 * 10_000
            assert at_touch or (asks[0] - bids[0]) * 10_000 >= 5 * fair * (1 - 1e-9) - 1e-6


def test_rounding_never_loses_a_tick():
    desk = Desk(strategy_params={"half_spread_bps": 5.03}).started()
    assert desk.order(Side.BUY).price == FAIR - 51
    assert desk.order(Side.SELL).price == FAIR + 51


def test_post_only_prices_step_behind_a_market_that_has_moved_through_them():
    desk = Desk(strategy_params={"half_spread_bps": 0.5}, min_spread_bps=0, num_levels=2).warm()
    desk.top = (FAIR - 500, FAIR + 500)
    desk.step(desk.operate(Command.ENABLE))
    assert desk.order(Side.BUY).price == FAIR - 5
    desk = Desk(strategy_params={"half_spread_bps": 0.0}, min_spread_bps=0).started()
    assert (desk.order(Side.BUY).price, desk.order(Side.SELL).price) == (FAIR - 1, FAIR + 1)


def test_a_post_only_rejection_is_priced_anew_on_the_next_turn():
    desk = Desk(answering=False).warm()
    bid, ask = places(desk.step(desk.operate(Command.ENABLE)))
    desk.step(desk.accept(ask.order_id))
    placed = places(desk.step(moved(desk, -60), desk.reject(bid.order_id, RejectReason.POST_ONLY)))
    assert [(p.side, p.price) for p in placed] == [(Side.BUY, FAIR - 60 - 50)]


@pytest.mark.parametrize(
    ("held", "wanted", "right"),
    [(10, 10, True), (8, 10, True), (7, 10, False), (12, 10, True), (13, 10, False), (1, 0, False)],
)
def test_a_size_is_right_within_a_quarter(held, wanted, right):
    assert right_size(held, wanted) is right


def test_an_order_keeps_its_place_until_it_is_half_eaten():
    desk = Desk(order_size_usdt=100).started()
    bid = desk.order(Side.BUY)
    desk.step(desk.fill(bid, size=bid.size // 2 - 1))
    assert desk.order(Side.BUY).order_id == bid.order_id
    desk.step(desk.fill(bid, size=1))
    desk.step()
    assert desk.order(Side.BUY).order_id != bid.order_id


def test_a_post_only_refusal_on_a_book_that_stands_still_is_repriced_a_tick_out():
    desk = Desk(price_threshold_bps=0, min_spread_bps=0, max_spread_bps=Decimal("0.0001")).warm()
    bid, _ = places(desk.step(desk.operate(Command.ENABLE)))
    prices = [bid.price]
    for _ in range(3):
        placed = places(desk.step(desk.reject(bid.order_id, RejectReason.POST_ONLY)))
        bid = next(place for place in placed if place.side is Side.BUY)
        prices.append(bid.price)
    assert prices == [prices[0] - n for n in range(4)]


def test_orders_never_fill_the_pool_so_far_that_the_next_tick_halts_it():
    desk = Desk(
        order_size_usdt=1_000, max_pool_position_usdt=1_000, members=(member(limit=1_000),)
    ).started()  # fmt: skip
    desk.step(desk.fill(desk.order(Side.BUY)))
    desk.step(moved(desk, 50))
    assert desk.engine.state is PoolState.ACTIVE
    assert desk.reasons[0] is Reason.POSITION_LIMIT


def test_a_partial_fill_keeps_its_place_until_half_is_eaten():
    desk = Desk().started()
    bid = desk.order(Side.BUY)
    assert cancels(desk.step(desk.fill(bid, size=24))) == []
    assert cancels(desk.step(desk.fill(bid, size=1))) == [bid.order_id]


def test_a_filled_order_is_replaced_on_its_own_side_only():
    desk = Desk().started()
    placed = places(desk.step(desk.fill(desk.order(Side.BUY))))
    assert [p.side for p in placed] == [Side.BUY]


def test_cancels_go_before_placements():
    desk = Desk(num_levels=2).started()
    desk.answering = False
    ask = desk.order(Side.SELL, 1)
    desk.step(desk.cancel(ask.order_id))
    actions = desk.step(moved(desk, 30), ms=100)
    kinds = [type(action).__name__ for action in actions]
    assert kinds == sorted(kinds)


# ------------------------------------------------------------------------ the budget


def test_placing_stops_at_the_reserve_and_says_so():
    desk = Desk(num_levels=10, max_messages_per_second=10, cancel_reserve_pct=50).warm()
    first = places(desk.step(desk.operate(Command.ENABLE)))
    assert len(first) == 5
    assert Reason.BUDGET in desk.reasons
    sent = len(first)
    for _ in range(10):
        sent += len(places(desk.step(ms=100)))
    assert sent == 15


def test_a_pull_goes_out_whatever_the_budget_says():
    desk = Desk(num_levels=10, max_messages_per_second=10, cancel_reserve_pct=10).warm()
    desk.step(desk.operate(Command.ENABLE))
    for _ in range(30):
        desk.step()
    assert len(desk.orders) == 20
    assert len(cancels(desk.step(desk.operate(Command.PAUSE)))) == 20


def test_a_pull_is_paid_for_before_anything_new_goes_out():
    desk = Desk(num_levels=10, max_messages_per_second=10, cancel_reserve_pct=10).started()
    for _ in range(30):
        desk.step()
    desk.step(ms=5000)
    desk.step(desk.operate(Command.PAUSE), ms=1)
    assert len(places(desk.step(desk.operate(Command.ENABLE), ms=1))) == 0


def test_changing_the_configuration_brings_no_fresh_budget():
    desk = Desk(num_levels=20, max_messages_per_second=10, cancel_reserve_pct=0).warm()
    fields = {"num_levels": 20, "max_messages_per_second": 10, "cancel_reserve_pct": 0}
    sent = len(places(desk.step(desk.operate(Command.ENABLE))))
    for _ in range(5):
        sent += len(places(desk.step(desk.configure(**fields), ms=1)))
    assert sent == 10


# --------------------------------------------------------------- collar, worst case


def test_no_order_goes_out_beyond_the_collar_around_a_fresh_mark():
    desk = Desk(price_collar_bps=20).warm()
    actions = desk.step(desk.mark(FAIR + 200), desk.operate(Command.ENABLE))
    # From the mark the ask is 15 bps away, the bid 25.
    assert [p.side for p in places(actions)] == [Side.SELL]
    assert desk.reasons == (Reason.PRICE_COLLAR, Reason.QUOTING)
    for _ in range(25):
        desk.step()
    assert len(desk.orders) == 2, "an old mark is no reference: the mid is"


def test_the_worst_case_counts_what_is_working_and_what_is_unknown():
    desk = Desk(
        order_size_usdt=400, max_pool_position_usdt=1_000, members=(member(limit=1_000),),
        num_levels=4, answering=False,
    ).warm()  # fmt: skip
    sent = places(desk.step(desk.operate(Command.ENABLE)))
    assert sum(p.size for p in sent if p.side is Side.BUY) <= 100
    assert desk.reasons == (Reason.WORST_CASE, Reason.WORST_CASE)
    for _ in range(30):
        more = places(desk.step(*[desk.unanswered(p.order_id) for p in sent]))
        assert more == []


def test_with_room_for_a_part_of_an_order_that_part_is_quoted():
    desk = Desk(
        order_size_usdt=600, max_pool_position_usdt=1_000, members=(member(limit=1_000),)
    ).started()  # fmt: skip
    bid = desk.order(Side.BUY)
    assert bid.size == 60
    desk.step(desk.fill(bid))
    desk.step()
    desk.step()
    assert desk.order(Side.BUY).size == 38  # 100 lots less the margin of 2 %, less 60


def test_a_side_that_had_no_room_quotes_again_once_there_is_room_without_waiting_for_a_move():
    desk = Desk(
        order_size_usdt=600, max_pool_position_usdt=1_000, members=(member(limit=600),)
    ).started()  # fmt: skip
    desk.step(desk.fill(desk.order(Side.BUY)))
    desk.step()
    assert desk.reasons == (Reason.MEMBER_LIMIT, Reason.QUOTING)
    desk.step(desk.fill(desk.order(Side.SELL)))
    desk.step()
    desk.step()
    assert desk.snapshot.bid.quoting


def test_orders_at_the_limit_are_reduce_only_where_they_cannot_exceed_the_position():
    desk = Desk(
        order_size_usdt=500, max_pool_position_usdt=1_000, members=(member(limit=1_000),)
    ).started()  # fmt: skip
    desk.answering = False
    first = desk.order(Side.BUY)
    desk.step(desk.fill(first), desk.found(Side.BUY, 50))
    sell = desk.order(Side.SELL)
    placed = places(desk.step(desk.cancel(sell.order_id)))
    assert [(p.side, p.reduce_only) for p in placed] == [(Side.SELL, True)]
    assert desk.reasons[0] is Reason.POSITION_LIMIT


def test_a_reducing_order_is_marked_even_while_the_other_side_awaits_its_cancel():
    desk = Desk(
        order_size_usdt=500, max_pool_position_usdt=1_100, members=(member(limit=1_100),),
        num_levels=2,
    ).started()  # fmt: skip
    desk.answering = False
    best = desk.order(Side.BUY)
    desk.step(desk.fill(best), desk.found(Side.BUY, 58))
    assert desk.reasons[0] in {Reason.POSITION_LIMIT, Reason.AWAITING_CANCEL}
    desk.step()
    assert desk.reasons[0] is Reason.AWAITING_CANCEL
    sell = desk.order(Side.SELL)
    placed = places(desk.step(desk.cancel(sell.order_id)))
    assert [(p.side, p.reduce_only) for p in placed] == [(Side.SELL, True)]


def test_no_bid_meets_an_ask_of_ours_that_is_not_proved_gone():
    desk = Desk().started()
    desk.answering = False
    ask = desk.order(Side.SELL)
    desk.step(moved(desk, 150))
    bid = desk.order(Side.BUY)
    actions = desk.step(desk.cancel(bid.order_id))
    assert places(actions) == []
    assert desk.reasons[0] is Reason.OWN_CROSS
    placed = places(desk.step(desk.cancel(ask.order_id)))
    assert {p.side for p in placed} == {Side.BUY, Side.SELL}


def test_time_is_in_nanoseconds_here():
    assert MS * 1000 == 10**9
    assert INSTRUMENT.notional(FAIR, 50) == 500


def test_a_taker_of_both_sides_earns_nothing_however_far_quotes_lean():
    params = {"half_spread_bps": 5.0, "skew_bps": 100.0}
    desk = Desk(
        strategy="inventory_aware",
        strategy_params=params,
        max_spread_bps=50,
        order_size_usdt=10_000,
        max_pool_position_usdt=50_000,
    ).started()
    desk.top = (FAIR - 1_000, FAIR + 1_000)
    for _ in range(4):
        desk.step(ms=1000)
        ask = desk.order(Side.SELL)
        desk.step(desk.fill(ask))
        for _ in range(4):
            desk.step(ms=1000)
        assert desk.order(Side.BUY).price <= ask.price
        desk.step(desk.fill(desk.order(Side.BUY)))
        for _ in range(4):
            desk.step(ms=1000)


@pytest.mark.parametrize(("spread", "wide"), [(3, 1), (165, 1), (300, 1), (340, 3)])
def test_a_spread_of_less_than_two_ticks_joins_the_touch(spread, wide):
    coarse = Instrument("BTCUSDT", Decimal("0.00000001"), Decimal(1))
    desk = Desk(
        instrument=coarse,
        strategy_params={"half_spread_bps": spread / 2},
        max_spread_bps=400,
        order_size_usdt=1_000,
    )
    desk.top = (61, 62)
    desk.started()
    bid, ask = desk.order(Side.BUY).price, desk.order(Side.SELL).price
    assert (bid, ask) == ((61, 62) if wide == 1 else (60, 63))


def test_a_leaning_quote_leaves_the_touch():
    coarse = Instrument("BTCUSDT", Decimal("0.00000001"), Decimal(1))
    desk = Desk(
        instrument=coarse,
        strategy="inventory_aware",
        strategy_params={"half_spread_bps": 80.0, "skew_bps": 320.0},
        max_spread_bps=400,
        order_size_usdt=1_000,
        max_pool_position_usdt=2_000,
        members=(member(limit=2_000),),
        price_collar_bps=2_000,
    )
    desk.top = (61, 62)
    desk.started()
    assert desk.order(Side.BUY).price == 61
    desk.step(desk.fill(desk.order(Side.BUY)))
    for _ in range(12):
        desk.step()
    assert [o.price for o in desk.orders if o.side is Side.BUY] == [60]
