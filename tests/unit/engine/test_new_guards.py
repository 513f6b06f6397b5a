"""Guards beyond the documented ones, through the engine: reduce first, then halt."""

from market_maker.model.events import ExposureTold, RejectReason
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.risk import guards
from tests.unit.engine.desk import FAIR, Desk, member, refusals, states

RESUME = Command.RESUME


def halted(cause):
    return [(PoolState.HALTED, "guard", cause)]


def long(**fields):
    """50 lots bought at FAIR: 1,000 ticks are 5 USDT."""
    desk = Desk(**fields).started()
    desk.step(desk.fill(desk.order(Side.BUY), size=50, worth=FAIR))
    desk.step()
    return desk


def at(desk, ticks):
    """The mid moves to so many ticks from FAIR."""
    moves = states(desk.step(desk.book(FAIR + ticks - 1, FAIR + ticks + 1)))
    return moves + states(desk.step())


def test_a_drawdown_from_the_peak_reduces_first_then_halts_and_resuming_resets_the_peak():
    # The peak is 1,010 USDT: 1 % of it is 2,020 ticks, 80 % of those 1,616.
    desk = long(capital_usdt=1_000, max_drawdown_pct=1, reduce_only_at_pct=80)
    at(desk, 2_000)
    assert at(desk, 400) == []
    assert desk.reasons[0] is not Reason.DRAWDOWN_LIMIT
    assert at(desk, 380) == []
    assert desk.reasons == (Reason.DRAWDOWN_LIMIT, Reason.QUOTING)
    assert at(desk, -20) == []
    assert at(desk, -22) == halted(guards.DRAWDOWN)
    assert states(desk.step(desk.operate(RESUME)))[0][0] is PoolState.ACTIVE
    assert at(desk, -22) == []
    assert at(desk, -1_000) == []
    assert at(desk, -2_100) == halted(guards.DRAWDOWN)


def test_a_loss_reduces_before_it_halts():
    desk = long(max_pool_loss_usdt=10, reduce_only_at_pct=80)
    assert at(desk, -1_600) == []
    assert desk.reasons[0] is not Reason.LOSS_LIMIT
    assert at(desk, -1_602) == []
    assert desk.reasons == (Reason.LOSS_LIMIT, Reason.QUOTING)
    at(desk, -1_500)
    assert desk.reasons[0] is Reason.LOSS_LIMIT
    at(desk, -1_400)
    assert desk.reasons[0] is not Reason.LOSS_LIMIT


def executed(desk, side, ms=100):
    return states(desk.step(desk.fill(desk.order(side), size=1), ms=ms))


def test_repeated_executions_of_one_side_halt_until_a_person_resumes():
    desk = Desk(fills_in_window_max=3, fill_window_seconds=10).started()
    assert executed(desk, Side.BUY) + executed(desk, Side.BUY) == []
    assert executed(desk, Side.BUY) == halted(guards.REPEATED)
    for _ in range(20):
        assert states(desk.step(ms=1_000)) == []
    assert states(desk.step(desk.operate(RESUME)))[0][0] is PoolState.ACTIVE
    assert states(desk.step()) == []


def test_resuming_forgets_executions_that_are_still_within_the_window():
    desk = Desk(fills_in_window_max=3, fill_window_seconds=3_600).started()
    for _ in range(3):
        executed(desk, Side.BUY)
    assert states(desk.step(desk.operate(RESUME)))[0][0] is PoolState.ACTIVE
    desk.step()
    assert executed(desk, Side.BUY) + executed(desk, Side.BUY) == []
    assert executed(desk, Side.BUY) == halted(guards.REPEATED)


def test_executions_of_both_sides_or_far_apart_are_not_repeated():
    desk = Desk(fills_in_window_max=3, fill_window_seconds=10).started()
    for side in (Side.BUY, Side.SELL, Side.BUY, Side.SELL):
        assert executed(desk, side) == []
    desk.step(ms=10_000)
    for _ in range(6):
        desk.step(ms=5_000)
        assert executed(desk, Side.BUY, ms=1_000) == []


def test_rate_limit_errors_halt_and_other_refusals_do_not_count():
    desk = Desk(rate_limit_errors_max=2, reject_storm_count=3, answering=False).warm()
    desk.step(desk.operate(Command.ENABLE))
    for reason in (RejectReason.OTHER, RejectReason.RATE_LIMIT, RejectReason.OTHER):
        assert states(desk.step(desk.reject(desk.orders[0].order_id, reason), ms=2_000)) == []
        desk.step(ms=2_000)
    last = desk.reject(desk.orders[0].order_id, RejectReason.RATE_LIMIT)
    assert states(desk.step(last)) == halted(guards.RATE_LIMIT)


def test_rate_limit_errors_of_one_turn_are_one_and_no_reject_storm():
    desk = Desk(rate_limit_errors_max=2, reject_storm_count=2, answering=False).warm()
    desk.step(desk.operate(Command.ENABLE))
    limited = [desk.reject(one.order_id, RejectReason.RATE_LIMIT) for one in desk.orders[:2]]
    assert len(limited) == 2
    assert states(desk.step(*limited)) == []


def test_without_that_guard_one_refusal_of_a_whole_batch_is_one_step_to_a_reject_storm():
    """A venue that counts requests answers a batch with one error, which is every order's."""
    desk = Desk(reject_storm_count=2, answering=False).warm()
    desk.step(desk.operate(Command.ENABLE))
    limited = [desk.reject(one.order_id, RejectReason.RATE_LIMIT) for one in desk.orders[:2]]
    assert len(limited) == 2
    assert states(desk.step(*limited)) == []
    again = desk.reject(desk.orders[0].order_id, RejectReason.RATE_LIMIT)
    assert states(desk.step(again, ms=2_000)) == halted(guards.REJECTS)


def test_a_lagging_consumer_halts_and_can_be_resumed_once_it_has_caught_up():
    desk = Desk(max_consumer_lag_ms=200).started()
    old = desk.book()
    assert states(desk.turn(old, ms=200)) == []
    assert states(desk.turn(old, ms=1)) == halted(guards.CONSUMER_LAG)
    assert guards.CONSUMER_LAG in refusals(desk.turn(old, desk.operate(RESUME), ms=1))[0]
    desk.step()
    assert states(desk.step(desk.operate(RESUME)))[0][0] is PoolState.ACTIVE


def told(desk, limit, others, reserved=None):
    return ExposureTold(desk.now, limit, others, others if reserved is None else reserved)


def test_total_exposure_reduces_then_halts_and_resumes_only_below():
    desk = long()
    mine = 50 * FAIR
    assert states(desk.step(told(desk, 2 * mine, mine))) == []
    desk.step()
    assert desk.reasons == (Reason.EXPOSURE_LIMIT, Reason.QUOTING)
    assert states(desk.step(told(desk, 2 * mine, mine + 1))) == halted(guards.EXPOSURE)
    assert guards.EXPOSURE in refusals(desk.step(desk.operate(RESUME)))[0]
    desk.step(told(desk, 4 * mine, mine))
    assert states(desk.step(desk.operate(RESUME)))[0][0] is PoolState.ACTIVE


def test_a_pool_is_not_resumed_in_a_cascade():
    desk = Desk(use_cascade=True).started()
    desk.step(desk.operate(Command.HALT))
    desk.engine.risk_monitor.on_severity(0.96)
    assert guards.CASCADE in refusals(desk.turn(desk.operate(RESUME)))[0]


def test_a_pool_is_not_resumed_over_its_position_limit():
    desk = long()
    desk.step(desk.operate(Command.HALT))
    low = {"max_pool_position_usdt": 499, "order_size_usdt": 400}
    desk.step(desk.configure(**low, members=(member(limit=499),)))
    assert guards.POSITION in refusals(desk.step(desk.operate(RESUME)))[0]
