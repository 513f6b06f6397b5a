"""Exit codes: one for each cause, and orders that may be open before all."""

import pytest

from market_maker.model.lifecycle import PoolState
from market_maker.risk import guards
from market_maker.standalone.ending import (
    EXIT_BROKEN,
    EXIT_DISAGREES,
    EXIT_OPEN,
    EXIT_OTHER_KILL,
    EXITS,
    KILL_CODES,
    MakerEnd,
)


def end(state=PoolState.PAUSED, reason="", *, proved=True, asked=True, broken=""):
    return MakerEnd(state, reason, proved, asked=asked, broken=broken)


def test_an_end_that_was_asked_for_is_clean():
    assert end().code == 0


@pytest.mark.parametrize(("cause", "code"), KILL_CODES.items())
def test_each_cause_of_a_kill_has_its_own_code(cause, code):
    killed = end(PoolState.HALTED, cause, asked=False)
    assert (killed.code, killed.killed) == (code, True)
    assert cause in guards.TEXTS
    assert len(set(KILL_CODES.values())) == len(KILL_CODES)


def test_orders_that_may_be_open_go_before_every_cause():
    assert end(PoolState.HALTED, guards.LOSS, proved=False).code == EXIT_OPEN
    assert end(broken="x", proved=False).code == EXIT_OPEN


def test_what_broke_and_what_disagrees_are_distinguished():
    assert end(broken="ValueError", asked=False).code == EXIT_BROKEN
    assert end(asked=False).code == EXIT_DISAGREES
    assert end(PoolState.HALTED, "something new").code == EXIT_OTHER_KILL
    assert MakerEnd(PoolState.PAUSED, "", True, asked=False, unfit=True).code == 2


def test_every_code_is_explained():
    assert {0, 1, 2, EXIT_OPEN, EXIT_BROKEN, EXIT_DISAGREES, EXIT_OTHER_KILL} <= set(EXITS)
    assert set(KILL_CODES.values()) <= set(EXITS)
