"""What happened while a series ran."""

import pytest
from msgspec.structs import replace

from market_maker.model.units import Nanos
from market_maker.operations.history_marks import MarkKind, history_marks, signals
from tests.support.office import ANN, BOB, SYMBOL, config
from tests.unit.model.test_history import row

pytestmark = pytest.mark.anyio


async def test_moves_halts_and_changes_are_marks_in_order(office):
    since = office.clock.now()
    await office.quoting()
    await office.application.pools.put(BOB, config())
    await office.application.controls.kill(ANN, "drill", SYMBOL)
    await office.recorder.flushed(1.0)
    until = Nanos(office.clock.now() + 1)
    marks = await history_marks(office.store, SYMBOL, since, until)
    assert [mark.ts for mark in marks] == sorted(mark.ts for mark in marks)
    assert {mark.kind for mark in marks} == {MarkKind.STATE, MarkKind.HALT, MarkKind.CONFIG}
    halt = next(mark for mark in marks if mark.kind is MarkKind.HALT)
    assert (halt.by, halt.text) == ("ann", "HALTED: drill")
    assert await history_marks(office.store, SYMBOL, until, until) == ()


def test_a_signal_is_marked_where_it_changes():
    rows = [replace(row(n), rebalance=signal) for n, signal in enumerate(["none", "sell", "sell"])]
    assert [(mark.ts, mark.text) for mark in signals(rows)] == [(rows[1].ts, "rebalance: sell")]
