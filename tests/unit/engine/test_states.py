import pytest

from market_maker.model.events import (
    WAIT_AND_RETRY,
    BookLost,
    InstrumentStatus,
    RejectReason,
)
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import OrderState, Side
from market_maker.model.quotes import Reason
from market_maker.risk import guards
from tests.unit.engine.desk import (
    FAIR,
    Desk,
    cancels,
    member,
    places,
    refusals,
    states,
)

ENABLE, PAUSE, RESUME, HALT = Command.ENABLE, Command.PAUSE, Command.RESUME, Command.HALT


def test_an_engine_starts_paused_and_places_nothing():
    desk = Desk(answering=False)
    actions = [action for _ in range(20) for action in desk.step(ms=1000)]
    assert actions == []
    assert desk.engine.state is PoolState.PAUSED
    assert desk.reasons == (Reason.PAUSED, Reason.PAUSED)


def test_before_its_first_turn_it_has_not_started():
    assert Desk().reasons == (Reason.NOT_STARTED, Reason.NOT_STARTED)


def test_enabled_it_quotes_both_sides():
    desk = Desk().warm()
    actions = desk.step(desk.operate(ENABLE, "eve", "go"))
    assert states(actions) == [(PoolState.ACTIVE, "eve", "go")]
    bid, ask = places(actions)
    assert (bid.side, bid.price, bid.size) == (Side.BUY, FAIR - 50, 50)
    assert (ask.side, ask.price, ask.size) == (Side.SELL, FAIR + 50, 49)
    desk.step()
    snapshot = desk.snapshot
    assert snapshot.bid.quoting
    assert snapshot.ask.quoting
    assert (snapshot.bid.price, snapshot.ask.price) == (FAIR - 50, FAIR + 50)
    assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)


@pytest.mark.parametrize("command", [PAUSE, HALT])
def test_leaving_active_cancels_everything_at_once_and_places_nothing(command):
    desk = Desk(num_levels=3).started()
    actions = desk.turn(desk.operate(command, reason="stop"), ms=1)
    assert len(cancels(actions)) == 6
    assert places(actions) == []
    for _ in range(20):
        assert places(desk.step()) == []
    assert desk.orders == ()


def test_an_order_still_on_its_way_is_cancelled_as_soon_as_it_is_acknowledged():
    desk = Desk(answering=False).warm()
    sent = places(desk.step(desk.operate(ENABLE)))
    assert cancels(desk.step(desk.operate(PAUSE))) == []
    actions = desk.step(desk.accept(sent[0].order_id), desk.accept(sent[1].order_id))
    assert cancels(actions) == [order.order_id for order in sent]


def test_paused_it_asks_again_for_orders_whose_fate_is_unknown_once_a_second():
    desk = Desk().started()
    desk.answering = False
    asked = cancels(desk.step(desk.operate(PAUSE)))
    again = []
    desk.step(*[desk.unanswered(order_id) for order_id in asked])
    for _ in range(40):
        again += cancels(desk.step(ms=100))
    assert len(again) == 2 * 4
    assert {order.state for order in desk.orders} == {OrderState.UNKNOWN}
    assert desk.snapshot.members[0].unknown_orders == 2
    desk.step(*[desk.cancel(order_id) for order_id in asked])
    assert desk.orders == ()


def test_a_refused_cancel_is_repeated_but_not_on_every_turn():
    desk = Desk().started()
    desk.answering = False
    asked = cancels(desk.step(desk.operate(PAUSE)))
    sent = 0
    for _ in range(30):
        repeated = cancels(desk.step(*[desk.cancel_reject(i, gone=False) for i in asked]))
        sent += len(repeated)
    assert sent == 2 * 3


def test_enable_does_not_lift_a_halt():
    desk = Desk().started()
    desk.step(desk.operate(HALT, reason="fire"))
    for command in (ENABLE, PAUSE):
        actions = desk.step(desk.operate(command))
        assert states(actions) == []
        assert len(refusals(actions)) == 1
        assert "while HALTED" in refusals(actions)[0]
    assert desk.engine.state is PoolState.HALTED
    assert desk.engine.state_reason == "fire"


def test_a_halt_by_an_operator_can_be_resumed_at_once():
    desk = Desk().started()
    desk.step(desk.operate(HALT))
    assert states(desk.step(desk.operate(RESUME, "bob", "seen"))) == [
        (PoolState.ACTIVE, "bob", "seen")
    ]
    desk.step()
    assert len(desk.orders) == 2


def test_enabling_quotes_at_once_however_long_the_interval():
    desk = Desk(quote_interval_ms=60_000).warm()
    desk.step(desk.operate(ENABLE))
    desk.step(desk.operate(PAUSE))
    desk.step()
    assert len(places(desk.step(desk.operate(ENABLE)))) == 2


def test_a_second_halt_keeps_the_first_reason():
    desk = Desk().started()
    desk.step(desk.operate(HALT, "ann", "first"))
    desk.step(desk.operate(HALT, "bob", "second"))
    assert desk.engine.state_reason == "first"


# ------------------------------------------------------------------------ market data


def test_stale_data_pulls_quotes_at_once_by_timer_and_fresh_data_brings_them_back():
    desk = Desk(staleness_threshold_ms=500).started()
    assert cancels(desk.turn(ms=500)) == []
    actions = desk.turn(ms=1)
    assert len(cancels(actions)) == 2
    assert desk.engine.state is PoolState.ACTIVE
    assert desk.reasons == (Reason.STALE, Reason.STALE)
    assert len(places(desk.step())) == 2
    assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)


def test_staleness_unchecked_keeps_quoting_on_old_prices():
    desk = Desk(check_staleness=False).started()
    assert cancels(desk.turn(ms=20_000)) == []
    assert desk.snapshot.bid.quoting


def test_still_blind_after_the_limit_it_halts_on_the_timer():
    desk = Desk(staleness_threshold_ms=1000, market_data_halt_seconds=5).started()
    desk.turn(ms=1001)
    assert states(desk.turn(ms=5000)) == []
    assert states(desk.turn(ms=1)) == [(PoolState.HALTED, "guard", guards.MARKET_DATA)]
    refused = desk.turn(desk.operate(RESUME), ms=1)
    assert "cause holds: market data failure" in refusals(refused)[0]
    desk.step()
    assert desk.engine.state is PoolState.HALTED
    assert states(desk.step(desk.operate(RESUME)))[0][0] is PoolState.ACTIVE


def test_blindness_from_before_enabling_does_not_halt_at_once():
    desk = Desk(staleness_threshold_ms=1000, market_data_halt_seconds=5).warm()
    for _ in range(3):
        desk.turn(ms=3_600_000)
    assert states(desk.turn(desk.operate(ENABLE)))[0][0] is PoolState.ACTIVE
    assert desk.reasons == (Reason.STALE, Reason.STALE)
    assert states(desk.turn(ms=4_900)) == []
    assert states(desk.turn(ms=5_001))[0][0] is PoolState.HALTED


@pytest.mark.parametrize(
    ("blind", "reason"),
    [
        (lambda desk: desk.book(FAIR + 1, FAIR + 1), Reason.CROSSED),
        (lambda desk: desk.book(FAIR + 5, FAIR - 1), Reason.CROSSED),
        (lambda desk: desk.book(FAIR - 1, FAIR + 1, size=0), Reason.ONE_SIDED),
        (lambda desk: desk.book(-1, FAIR + 1), Reason.ONE_SIDED),
        (lambda desk: desk.book(0, 1), Reason.ONE_SIDED),
        (lambda desk: BookLost(desk.now, "socket"), Reason.GAPPED),
    ],
)
def test_a_book_that_cannot_be_trusted_pulls_quotes_until_it_can(blind, reason):
    desk = Desk().started()
    actions = desk.turn(blind(desk), ms=1)
    assert len(cancels(actions)) == 2
    assert desk.reasons == (reason, reason)
    assert desk.engine.state is PoolState.ACTIVE
    desk.top = (FAIR - 1, FAIR + 1)
    assert len(places(desk.step())) == 2


# ------------------------------------------------------------------------------ guards


def test_an_exchange_halt_halts_until_the_venue_opens_and_an_operator_resumes():
    desk = Desk().started()
    actions = desk.step(InstrumentStatus(desk.now, halted=True))
    assert states(actions) == [(PoolState.HALTED, "guard", guards.EXCHANGE_HALT)]
    assert len(cancels(actions)) == 2
    assert "exchange halt" in refusals(desk.step(desk.operate(RESUME)))[0]
    desk.step(InstrumentStatus(desk.now, halted=False))
    assert desk.engine.state is PoolState.HALTED
    desk.step(desk.operate(RESUME))
    assert desk.engine.state is PoolState.ACTIVE


def storm(desk, count, reason):
    """So many rejections, one after another, of orders that were really sent."""
    desk.answering = False
    moves = []
    for _ in range(count):
        for order in desk.orders[:1]:
            moves += states(desk.step(desk.reject(order.order_id, reason)))
    return moves


def test_a_storm_of_rejections_halts_and_resuming_counts_afresh():
    desk = Desk(reject_storm_count=4, answering=False).warm()
    desk.step(desk.operate(ENABLE))
    assert storm(desk, 3, RejectReason.OTHER) == []
    assert storm(desk, 1, RejectReason.RATE_LIMIT) == [(PoolState.HALTED, "guard", guards.REJECTS)]
    desk.step(desk.operate(RESUME))
    assert desk.engine.state is PoolState.ACTIVE


def test_post_only_rejections_are_counted_apart_and_are_no_storm():
    desk = Desk(reject_storm_count=3, answering=False).warm()
    desk.step(desk.operate(ENABLE))
    assert storm(desk, 10, RejectReason.POST_ONLY) == []
    counters = desk.snapshot.counters
    assert (counters.post_only_rejects, counters.rejects) == (10, 0)


@pytest.mark.parametrize("reason", sorted(WAIT_AND_RETRY))
def test_what_the_venue_refuses_to_every_account_for_now_is_no_storm(reason):
    desk = Desk(reject_storm_count=3, answering=False).warm()
    desk.step(desk.operate(ENABLE))
    assert storm(desk, 10, reason) == []
    assert desk.snapshot.counters.rejects == 10


def test_an_accepted_order_ends_a_row_of_rejections():
    desk = Desk(reject_storm_count=3, answering=False).warm()
    desk.step(desk.operate(ENABLE))
    for _ in range(4):
        assert storm(desk, 2, RejectReason.OTHER) == []
        desk.step(desk.accept(desk.orders[0].order_id))
        desk.step(desk.cancel(desk.orders[0].order_id))


def test_rejections_of_orders_we_do_not_know_are_no_storm():
    desk = Desk(reject_storm_count=3).started()
    for _ in range(10):
        assert states(desk.step(desk.reject(999_999))) == []
    assert desk.snapshot.counters.rejects == 0
    assert desk.engine.state is PoolState.ACTIVE


def small(**fields):
    """A pool whose limit is two orders: 1,000 USDT, 100 lots at FAIR."""
    return Desk(
        order_size_usdt=500,
        max_pool_position_usdt=1_000,
        members=(member(limit=1_000),),
        **fields,
    )


def test_at_the_position_limit_only_the_reducing_side_quotes():
    desk = small().started()
    desk.step(desk.fill(desk.order(Side.BUY)))
    desk.step()
    desk.step(desk.found(Side.BUY, 100 - desk.snapshot.position))
    desk.step()
    desk.step()
    assert desk.snapshot.position == 100
    assert desk.engine.state is PoolState.ACTIVE
    assert [order.side for order in desk.orders] == [Side.SELL]
    assert desk.reasons == (Reason.POSITION_LIMIT, Reason.QUOTING)


def test_over_the_position_limit_it_halts_and_resumes_only_below():
    desk = small().started()
    actions = desk.step(desk.fill(desk.order(Side.BUY)), desk.found(Side.BUY, 51))
    assert states(actions) == [(PoolState.HALTED, "guard", guards.POSITION)]
    assert "position limit" in refusals(desk.step(desk.operate(RESUME)))[0]
    desk.step(desk.book(FAIR - 2_001, FAIR - 1_999))
    desk.step(desk.operate(RESUME))
    assert desk.engine.state is PoolState.ACTIVE


def test_over_the_loss_limit_it_halts_whether_realised_or_not():
    desk = Desk(max_pool_loss_usdt=10).started()
    desk.step(desk.fill(desk.order(Side.BUY), size=50, worth=FAIR))
    # 50 lots x 2,000 ticks = 10 USDT: at the limit, not over it.
    assert states(desk.step(desk.book(FAIR - 2_001, FAIR - 1_999))) == []
    moves = states(desk.step(desk.book(FAIR - 2_003, FAIR - 2_001)))
    assert moves == [(PoolState.HALTED, "guard", guards.LOSS)]
    assert "loss limit" in refusals(desk.step(desk.operate(RESUME)))[0]


def test_fees_count_as_a_loss():
    desk = Desk(max_pool_loss_usdt=10).started()
    fee = 101_000 * 10**8
    moves = states(desk.step(desk.fill(desk.order(Side.BUY), size=1, worth=FAIR, fee=fee)))
    assert moves == [(PoolState.HALTED, "guard", guards.LOSS)]


def test_a_guard_that_trips_while_paused_refuses_to_go_on_once_enabled():
    desk = Desk().warm()
    desk.step(InstrumentStatus(desk.now, halted=True))
    assert desk.engine.state is PoolState.PAUSED
    moves = states(desk.step(desk.operate(ENABLE)))
    assert [state for state, _, _ in moves] == [PoolState.ACTIVE, PoolState.HALTED]
    assert desk.orders == ()
