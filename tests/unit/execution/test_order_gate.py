"""The order_gate: open only while an engine quotes, and never the same epoch after a move."""

from market_maker.execution.order_gate import OrderGate
from market_maker.model.lifecycle import Command
from tests.unit.engine.desk import Desk


def test_it_is_shut_without_an_engine_and_while_the_pool_is_not_active() -> None:
    order_gate = OrderGate()
    assert not order_gate.is_open
    application = Desk().warm()
    order_gate.watch(application.engine)
    assert not order_gate.is_open
    application.step(application.operate(Command.ENABLE))
    assert order_gate.is_open
    application.step(application.operate(Command.PAUSE))
    assert not order_gate.is_open


def test_every_move_and_every_other_engine_is_another_epoch() -> None:
    order_gate, application = OrderGate(), Desk().warm()
    seen = [order_gate.epoch]
    order_gate.watch(application.engine)
    seen.append(order_gate.epoch)
    for command in (Command.ENABLE, Command.PAUSE, Command.RESUME, Command.HALT):
        application.step(application.operate(command))
        seen.append(order_gate.epoch)
    order_gate.shut()
    seen.append(order_gate.epoch)
    order_gate.watch(Desk().engine)
    seen.append(order_gate.epoch)
    assert seen == sorted(set(seen))


def test_a_command_that_moves_nothing_keeps_the_epoch() -> None:
    order_gate, application = OrderGate(), Desk().started()
    order_gate.watch(application.engine)
    before = order_gate.epoch
    application.step(application.operate(Command.ENABLE))
    assert order_gate.epoch == before


def test_it_is_shut_for_good_when_the_engine_broke() -> None:
    order_gate, application = OrderGate(), Desk().started()
    order_gate.watch(application.engine)
    order_gate.shut()
    assert not order_gate.is_open
