"""A pool on the sandbox exchange whose engine crashes while it quotes."""

import pytest

from market_maker.engine.engine import Engine
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.lifecycle import Command
from tests.support.quoting_pool import GRID, POOL, QuotingPool


@pytest.fixture
def quoting():
    pool = QuotingPool(Engine(GRID, POOL), MemoryJournal(), 1)
    pool.command(Command.ENABLE)
    pool.play(10)
    assert pool.open_orders()
    return pool


def crash(pool, error):
    def turn(_now, _events):
        raise error

    pool.engine.turn = turn


@pytest.mark.thorough
def test_a_crashed_engine_stays_down_with_its_reason_and_its_orders_go(quoting):
    crash(quoting, AssertionError("a bug\nand where"))
    quoting.play(2)
    assert quoting.runner.failure == "AssertionError: a bug"
    assert "test_supervised_pool.py" in quoting.runner.trace
    assert quoting.open_orders() == ()
    turns = quoting.engine.snapshot().counters.turns
    quoting.command(Command.RESUME)
    quoting.play(1)
    assert quoting.engine.snapshot().counters.turns == turns


@pytest.mark.thorough
def test_cancels_of_a_crashed_engine_are_repeated_until_they_have_worked(quoting):
    cancel, left = quoting.venue.cancel, [3]

    def deaf(now, *order_ids):
        for order_id in order_ids:
            if left[0] > 0:
                left[0] -= 1
            else:
                cancel(now, order_id)

    quoting.venue.cancel = deaf
    crash(quoting, RuntimeError("boom"))
    quoting.play(2)
    assert left == [0]
    assert quoting.open_orders() == ()


@pytest.mark.thorough
def test_a_crashed_engine_waits_for_a_venue_that_does_not_answer(quoting):
    honest = quoting.venue.open_orders

    def refuse(_now):
        raise VenueUnavailableError("no answer")

    quoting.venue.open_orders = refuse
    crash(quoting, RuntimeError("boom"))
    quoting.play(2)
    quoting.venue.open_orders = honest
    assert quoting.open_orders()
    quoting.play(1)
    assert quoting.open_orders() == ()


@pytest.mark.thorough
def test_an_interrupt_is_not_taken_for_a_bug(quoting):
    crash(quoting, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        quoting.play(1)
