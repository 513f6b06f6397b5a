import gc

import pytest

from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.uncollected import uncollected
from tests.toy_market import toy_config, toy_recording

SOME = 25
"""Turns. Walking through all that a process holds takes a while."""


@uncollected()
def _fails():
    assert not gc.isenabled()
    raise KeyError


@pytest.mark.parametrize("before", [gc.enable, gc.disable])
def test_the_collector_is_as_it_was_after_a_block_that_fails(before):
    before()
    was_on = gc.isenabled()
    try:
        with pytest.raises(KeyError):
            _fails()
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


@pytest.mark.parametrize("engine", [EngineChoice.PYTHON, EngineChoice.AUTO])
def test_nothing_that_a_replay_makes_is_in_a_cycle(engine):
    plan = ReplayPlan(
        recording=toy_recording(),
        config=toy_config(),
        exchange=ReplaySettings(),
        step_ns=Nanos(100 * NANOS_PER_MS),
    )
    turns, found = [], []

    def on_actions(*turn):
        turns.append(turn)
        if len(turns) % SOME == 0:
            found.append(gc.collect())

    replay(plan, engine=engine, on_actions=on_actions)
    assert len(found) > 2
    # What others left goes with the first one.
    assert sum(found[1:]) == 0
