"""A broken engine stays down, what it had received is recorded, and its orders go."""

import pytest

from market_maker.engine.engine import Engine
from market_maker.engine.orders import Working
from market_maker.execution.actor import TIMER_MAX, VenuePorts
from market_maker.execution.order_gate import OrderGate
from market_maker.execution.order_proof import ASK_AGAIN, ASK_INTERVAL
from market_maker.execution.pool_runner import PoolRunner
from market_maker.journaling.audit import AuditEntry
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.actions import RecordFill, RecordState
from market_maker.model.caller import Caller
from market_maker.model.events import Canceled, FillFound, Unanswered
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.orders import Side
from tests.support.office import ANN
from tests.support.quiet_venue import QuietVenue, SleepingVenue
from tests.unit.engine.desk import INSTRUMENT, START, pool

SECOND = 10**9
ENTRY = AuditEntry(caller=ANN, action="pool.stop", target=INSTRUMENT.symbol, reason="test")


def running(*, shadow=False, kind=QuietVenue, is_rung=False):
    venue, engine, noted = kind(START), Engine(INSTRUMENT, pool()), []
    ports = VenuePorts(venue, venue, MemoryJournal())
    runner = PoolRunner(engine, ports, OrderGate(), noted.append, shadow=shadow, is_rung=is_rung)
    runner.step(START)
    return runner, venue, engine, noted


def found(trade_id):
    fill = (trade_id, "me", Side.BUY, 0, 100_000, 1, 0, "mm-me", "account-me")
    return FillFound(START, START, 7, *fill)


def of(kind, noted):
    return [request.what for request in noted if isinstance(request.what, kind)]


def test_fills_of_the_broken_turn_and_later_ones_are_recorded_once():
    runner, venue, engine, noted = running()
    engine.market = None
    venue.say(found(1), found(2))
    runner.step(START + SECOND)
    assert runner.failure is not None
    venue.say(found(3))
    for seconds in (2, 3):
        runner.step(START + seconds * SECOND)
    fills = of(RecordFill, noted)
    assert [fill.trade_id for fill in fills] == [1, 2, 3]
    assert {(fill.client_order_id, fill.account_id) for fill in fills} == {("mm-me", "account-me")}
    assert [move.state for move in of(RecordState, noted)] == [PoolState.PAUSED]


def test_a_picture_of_a_broken_engine_is_the_last_that_could_be_taken():
    runner, _, engine, _ = running()
    before = runner.snapshot()
    engine.market = None
    runner.step(START + SECOND)
    assert runner.snapshot() == before


def test_an_adapter_that_breaks_after_the_engine_is_tried_again():
    runner, venue, engine, noted = running()
    engine.market = None
    runner.step(START + SECOND)
    venue.broken = True
    runner.step(START + 2 * SECOND)
    venue.broken = False
    venue.say(found(7))
    runner.step(START + 3 * SECOND)
    assert [fill.trade_id for fill in of(RecordFill, noted)] == [7]


def test_a_step_says_how_many_events_waited_for_it():
    runner, venue, _, _ = running()
    venue.silent = True
    venue.say(*(found(number) for number in range(5)))
    runner.step(START + SECOND)
    assert runner.mailbox_depth == 5
    runner.step(START + SECOND + 1)
    assert runner.mailbox_depth == 0


def stopped_with_orders_just_sent(command):
    runner, venue, engine, noted = running()
    runner.command(START, Command.ENABLE, ENTRY)
    for step in range(1, 100):
        runner.step(START + step * SECOND // 10)
        if venue.placed:
            break
    assert engine.orders.unacknowledged == len(venue.placed) > 0
    runner.command(START + 10 * SECOND, command, ENTRY)
    return runner, venue, noted


@pytest.mark.parametrize("command", [Command.HALT, Command.PAUSE])
def test_a_stop_cancels_what_the_venue_has_acknowledged_at_that_moment(command):
    runner, venue, noted = stopped_with_orders_just_sent(command)
    assert (venue.open, sorted(venue.cancelled)) == ({}, sorted(venue.placed))
    assert runner.state is of(RecordState, noted)[-1].state is not PoolState.ACTIVE


def test_a_stop_writes_each_cancel_once_and_its_move_once():
    runner, venue, noted = stopped_with_orders_just_sent(Command.HALT)
    runner.step(START + 11 * SECOND)
    runner.command(START + 12 * SECOND, Command.HALT, ENTRY)
    assert len(venue.cancelled) == len(set(venue.cancelled))
    moves = [move.state for move in of(RecordState, noted)]
    assert moves == [PoolState.ACTIVE, PoolState.HALTED]


def test_what_is_sent_ahead_of_a_stop_is_nothing_for_a_broken_engine():
    runner, venue, engine, _ = running()
    engine.market = None
    runner.step(START + SECOND)
    runner.cancel_ahead(START + SECOND)
    assert venue.cancelled == []


def test_a_pool_at_rest_asks_what_is_open_though_its_market_is_silent():
    runner, venue, _, _ = running(kind=SleepingVenue)
    venue.silent = True
    looked = runner.last_look
    assert not runner.is_due(looked + ASK_AGAIN - 1)
    assert runner.is_due(looked + ASK_AGAIN)
    runner.step(looked + ASK_AGAIN)
    assert runner.last_look == looked + ASK_AGAIN


def test_a_pool_that_waits_for_its_cancels_is_asked_about_less_often():
    runner, venue, engine, _ = running(kind=SleepingVenue)
    venue.silent = True
    engine.orders.placed(Working(1, 0, "ann", 100, 1))
    looked = runner.last_look
    asked = [n for n in range(1, 41) if runner._is_ask_due(looked + n * ASK_AGAIN)]
    assert asked[0] * ASK_AGAIN == ASK_INTERVAL
    engine.orders.unanswered(Unanswered(START, 1))
    assert runner._is_ask_due(looked + ASK_AGAIN), "the list decides what became of it"
    engine.orders.canceled(Canceled(START, START, 1))
    assert runner._is_ask_due(looked + ASK_AGAIN), "the last one is gone"


@pytest.mark.parametrize("is_rung", [False, True])
def test_what_is_rung_for_need_not_be_asked_of_a_pool_that_quotes(is_rung):
    runner, _, _, _ = running(is_rung=is_rung)
    entry = AuditEntry(caller=Caller("ann", (), ""), action="pool.enable", target="x", reason="go")
    now = START + SECOND
    assert runner.is_due(now), "a venue that has always something to say"
    assert runner.command(now, Command.ENABLE, entry) is None
    assert runner.is_due(now + 1) is not is_rung
    assert runner.is_due(now + TIMER_MAX)
    runner.command(now + 2, Command.PAUSE, entry)
    assert runner.is_due(now + 3)


def test_a_shadow_has_nothing_to_prove():
    runner, _, _, _ = running(shadow=True)
    assert not runner.unconfirmed
    assert runner.open_orders() == ()
    assert runner.order_counts() == (0, 0)
