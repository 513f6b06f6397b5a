"""The gate: open only while an engine quotes, and never the same epoch after a move."""

from market_maker.model.lifecycle import Command
from market_maker.service.gate import Gate
from tests.unit.engine.desk import Desk


def test_it_is_shut_without_an_engine_and_while_the_pool_is_not_active() -> None:
    gate = Gate()
    assert not gate.is_open
    desk = Desk().warm()
    gate.watch(desk.engine)
    assert not gate.is_open
    desk.step(desk.operate(Command.ENABLE))
    assert gate.is_open
    desk.step(desk.operate(Command.PAUSE))
    assert not gate.is_open


def test_every_move_and_every_other_engine_is_another_epoch() -> None:
    gate, desk = Gate(), Desk().warm()
    seen = [gate.epoch]
    gate.watch(desk.engine)
    seen.append(gate.epoch)
    for command in (Command.ENABLE, Command.PAUSE, Command.RESUME, Command.HALT):
        desk.step(desk.operate(command))
        seen.append(gate.epoch)
    gate.shut()
    seen.append(gate.epoch)
    gate.watch(Desk().engine)
    seen.append(gate.epoch)
    assert seen == sorted(set(seen))


def test_a_command_that_moves_nothing_keeps_the_epoch() -> None:
    gate, desk = Gate(), Desk().started()
    gate.watch(desk.engine)
    before = gate.epoch
    desk.step(desk.operate(Command.ENABLE))
    assert gate.epoch == before


def test_it_is_shut_for_good_when_the_engine_broke() -> None:
    gate, desk = Gate(), Desk().started()
    gate.watch(desk.engine)
    gate.shut()
    assert not gate.is_open
