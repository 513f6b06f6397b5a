"""Every side that does not quote, or not as the strategy wanted, says why: also the next time."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.events import BookLost
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.pool import Member
from market_maker.model.quotes import Reason
from tests.unit.engine.desk import FAIR, INSTRUMENT, THREE, Desk, member, places

DEAR = Instrument("BTCUSDT", Decimal("0.1"), Decimal(1))
FUSSY = Instrument("BTCUSDT", Decimal("0.1"), Decimal("0.001"), Decimal(600))
IDLE = Member("me", Decimal(100), Decimal(1), Decimal(1), active=False)
TIGHT = {"order_size_usdt": 600, "max_pool_position_usdt": 1_000}


BAND = 50_000
"""In RATE_SCALE-ths: the five bps at which the desk's pools quote."""


def limited(band_up_rate=0, band_down_rate=0, **limits):
    """The desk's instrument at a venue that does not take everything."""
    found = InstrumentLimits(band_up_rate=band_up_rate, band_down_rate=band_down_rate, **limits)
    return replace(INSTRUMENT, limits=found)


def enabled(**fields):
    desk = Desk(**fields).warm()
    desk.step(desk.operate(Command.ENABLE))
    return desk


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, Reason.QUOTING),
        ({"min_spread_bps": 20}, Reason.SPREAD_FLOOR),
        ({"max_spread_bps": 8}, Reason.SPREAD_CEILING),
        ({"members": ()}, Reason.NO_MEMBERS),
        ({"members": (IDLE,)}, Reason.NO_MEMBERS),
        ({"warmup_samples": 100}, Reason.WARMING_UP),
        ({"max_order_value_usdt": 480}, Reason.ORDER_VALUE),
        ({"instrument": DEAR}, Reason.MIN_NOTIONAL),
        ({"instrument": FUSSY}, Reason.MIN_NOTIONAL),
        ({"price_collar_bps": 1}, Reason.PRICE_COLLAR),
        ({"instrument": limited(min_lots=49)}, Reason.QUOTING),
        ({"instrument": limited(min_lots=51)}, Reason.MIN_SIZE),
        ({"instrument": limited(max_lots=48)}, Reason.LARGEST_SIZE),
        ({"instrument": limited(max_lots=50)}, Reason.QUOTING),
        ({"instrument": limited(max_notional=Decimal(400))}, Reason.LARGEST_SIZE),
        ({"instrument": limited(max_notional=Decimal(5))}, Reason.MIN_NOTIONAL),
        ({"instrument": limited(BAND, BAND)}, Reason.PRICE_BAND),
        ({"instrument": limited(BAND + 2_000, BAND + 2_000)}, Reason.QUOTING),
        ({"instrument": limited(max_open_orders=2), "num_levels": 2}, Reason.OPEN_ORDERS),
        ({"instrument": limited(max_open_orders=4), "num_levels": 2}, Reason.QUOTING),
        ({"members": (member(limit=100),)}, Reason.QUOTING),
        ({"members": (member(limit=5),)}, Reason.MEMBER_LIMIT),
        (
            {"order_size_usdt": 5, "max_pool_position_usdt": 5, "members": (member(limit=5),)},
            Reason.MIN_NOTIONAL,
        ),
        ({"num_levels": 20, "max_messages_per_second": 10, "cancel_reserve_pct": 0}, Reason.BUDGET),
        ({"num_levels": 3, **TIGHT, "members": (member(limit=1_000),)}, Reason.WORST_CASE),
        ({"num_levels": 3, "members": (member(limit=600),)}, Reason.MEMBER_LIMIT),
    ],
)
def test_the_configuration_alone_has_this_reason_now_and_a_minute_later(fields, reason):
    desk = enabled(**fields)
    assert desk.reasons == (reason, reason)
    steady = reason is not Reason.BUDGET
    for number in range(20 if steady else 0):
        fair = FAIR + number % 2  # moves that change no price and those that do
        desk.step(desk.book(fair - 1, fair + 1))
        desk.step()
        waiting = {Reason.AWAITING_CANCEL, Reason.AWAITING_ACK}
        assert set(desk.reasons) <= {reason} | waiting
    for _ in range(3):
        desk.step()
    assert desk.reasons == (reason, reason) or not steady


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda desk: [desk.operate(Command.PAUSE)], Reason.PAUSED),
        (lambda desk: [desk.operate(Command.HALT)], Reason.HALTED),
        (lambda desk: [BookLost(desk.now, "gone")], Reason.GAPPED),
        (lambda desk: [desk.book(FAIR, FAIR)], Reason.CROSSED),
        (lambda desk: [desk.book(FAIR, 0, size=0)], Reason.ONE_SIDED),
        (lambda desk: [desk.configure(members=())], Reason.NO_MEMBERS),
    ],
)
def test_what_happens_has_this_reason_on_both_sides(happens, reason):
    desk = Desk().started()
    desk.turn(*happens(desk), ms=1)
    assert desk.reasons == (reason, reason)
    desk.turn(ms=1)
    assert desk.reasons == (reason, reason)


def test_before_any_book_there_is_no_book():
    desk = Desk()
    desk.turn(desk.operate(Command.ENABLE))
    assert desk.reasons == (Reason.NO_BOOK, Reason.NO_BOOK)


def test_no_price_above_zero_is_said_of_the_bid_alone():
    desk = Desk(num_levels=2, price_collar_bps=5000)
    desk.top = (1, 3)
    desk.warm()
    placed = places(desk.step(desk.operate(Command.ENABLE)))
    assert sorted((p.price, p.level) for p in placed) == [(1, 0), (3, 0)]
    assert desk.reasons == (Reason.NO_PRICE, Reason.PRICE_COLLAR)


def test_a_full_member_is_a_reason_of_its_side_only():
    desk = Desk(members=(member(limit=500),)).started()
    desk.step(desk.fill(desk.order(Side.BUY)))
    for number in range(6):
        desk.step(desk.book(FAIR - 1 - number % 2, FAIR + 1))
    assert desk.reasons[0] is Reason.MEMBER_LIMIT
    assert desk.snapshot.ask.quoting


STOPPED = "member loss limit exceeded"


@pytest.mark.parametrize(
    ("names", "fields", "reason"),
    [
        ("b", {"members": (member("a", 50), member("b", 50))}, Reason.QUOTING),
        ("b", {"members": (member("a", 50, limit=5), member("b", 50))}, Reason.MEMBER_LIMIT),
        ("b", {"members": (member("a", 5), member("b", 95)), "instrument": FUSSY,
               "order_size_usdt": 700}, Reason.MIN_NOTIONAL),
        ("bc", {"members": (member("a", 20, limit=5), member("b", 40), member("c", 40))},
         Reason.MEMBER_LIMIT),
    ],
)  # fmt: skip
def test_where_some_members_are_stopped_a_side_says_what_keeps_the_others_out(
    names, fields, reason
):
    desk = Desk(**fields).started()
    for account in desk.engine.accounts.all:
        account.stopped = STOPPED if account.participant_id in names else ""
    for number in range(6):
        desk.step(desk.book(FAIR - 3 - number % 2, FAIR + 1))
    assert bool(desk.orders) is (reason is Reason.QUOTING)
    assert desk.reasons == (reason, reason)


def test_room_for_less_than_an_order_of_the_least_size_is_the_position_limit():
    desk = Desk(instrument=FUSSY, order_size_usdt=700, max_pool_position_usdt=1_000,
                members=(member(limit=1_000),)).started()  # fmt: skip
    desk.step(desk.fill(desk.order(Side.BUY)))
    for _ in range(3):
        desk.step()
    assert desk.reasons == (Reason.POSITION_LIMIT, Reason.QUOTING)


def test_an_order_on_its_way_is_not_said_to_quote():
    desk = Desk(answering=False).warm()
    bid, _ = places(desk.step(desk.operate(Command.ENABLE)))
    assert not desk.snapshot.bid.quoting
    assert desk.shown == (Reason.AWAITING_ACK, Reason.AWAITING_ACK)
    desk.turn(desk.accept(bid.order_id))
    assert desk.snapshot.bid.quoting
    assert desk.shown == (Reason.QUOTING, Reason.AWAITING_ACK)


def test_a_side_between_two_orders_waits_for_the_next_quote():
    desk = Desk(quote_interval_ms=1_000).started()
    bid = desk.order(Side.BUY)
    for _ in range(3):
        desk.step(ms=1_000)
    desk.step(desk.fill(bid), ms=10)
    assert desk.shown[0] is Reason.AWAITING_QUOTE


def test_an_order_that_the_venue_will_not_cancel_yet_is_not_said_to_be_paused():
    desk = Desk(answering=False).warm()
    bid, ask = places(desk.step(desk.operate(Command.ENABLE)))
    desk.step(desk.accept(bid.order_id), desk.accept(ask.order_id))
    desk.step(desk.operate(Command.PAUSE))
    desk.step(desk.cancel_reject(bid.order_id, gone=False))
    assert desk.snapshot.bid.quoting
    assert desk.shown == (Reason.AWAITING_CANCEL, Reason.PAUSED)


def test_members_that_all_lost_too_much_leave_no_member_to_quote():
    desk = Desk(members=(member(loss=5),)).started()
    desk.step(desk.fill(desk.order(Side.BUY), worth=FAIR))
    desk.step(desk.book(FAIR - 2_001, FAIR - 1_999))
    for _ in range(3):
        desk.step()
    assert desk.reasons == (Reason.NO_MEMBERS, Reason.NO_MEMBERS)
    assert desk.orders == ()


def test_a_warm_up_longer_than_the_window_ends_when_the_window_is_full():
    desk = Desk(vol_lookback_seconds=10, warmup_samples=300)
    for _ in range(11):
        desk.step(ms=1000)
    assert desk.snapshot.samples == (10, 10)
    desk.step(desk.operate(Command.ENABLE))
    assert len(desk.orders) == 2


def test_shares_too_small_for_an_order_are_below_the_minimum():
    fussy = Instrument("BTCUSDT", Decimal("0.1"), Decimal("0.001"), Decimal(300))
    desk = enabled(instrument=fussy, members=THREE)
    assert desk.reasons == (Reason.MIN_NOTIONAL, Reason.MIN_NOTIONAL)
    assert INSTRUMENT.min_notional == 0
