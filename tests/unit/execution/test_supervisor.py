"""What breaks is told and contained."""

import pytest

from market_maker.engine.engine import Engine
from market_maker.execution.actor import Actor, VenuePorts
from market_maker.execution.supervisor import Supervisor, guarded
from market_maker.journaling.journal import MemoryJournal
from market_maker.model.events import Filled
from tests.support.quiet_venue import QuietVenue
from tests.unit.engine.desk import INSTRUMENT, START, pool

pytestmark = pytest.mark.anyio


def supervised() -> tuple[Supervisor, QuietVenue, Engine]:
    venue, engine = QuietVenue(START), Engine(INSTRUMENT, pool())
    actor = Actor(engine, VenuePorts(venue, venue, MemoryJournal()), 10**8)
    return Supervisor(actor, venue, venue), venue, engine


def fill(trade_id: int) -> Filled:
    return Filled(START, START, 1, trade_id, 100_000, 1, 0)


async def test_a_bug_in_a_part_of_the_process_is_told_with_its_place() -> None:
    told = []

    async def bad() -> None:
        raise KeyError("x")

    await guarded(bad(), lambda failure, trace: told.append((failure, trace)))
    ((failure, trace),) = told
    assert failure == "KeyError: 'x'"
    assert "in bad" in trace


def test_fills_of_the_broken_turn_and_later_ones_are_given_once() -> None:
    supervisor, venue, engine = supervised()
    supervisor.step(START)
    engine.market = None
    venue.say(fill(1), fill(2))
    supervisor.step(START + 10**9)
    assert supervisor.failure is not None
    venue.say(fill(3))
    supervisor.step(START + 2 * 10**9)
    assert [event.trade_id for event in supervisor.unheard()] == [1, 2, 3]
    assert supervisor.unheard() == ()


def test_a_picture_of_a_broken_engine_is_the_last_that_could_be_taken() -> None:
    supervisor, _, engine = supervised()
    supervisor.step(START)
    before = supervisor.snapshot()
    engine.market = None
    supervisor.step(START + 10**9)
    assert supervisor.snapshot() == before


def test_an_adapter_that_breaks_after_the_engine_is_tried_again() -> None:
    supervisor, venue, engine = supervised()
    supervisor.step(START)
    engine.market = None
    supervisor.step(START + 10**9)
    venue.broken = True
    supervisor.step(START + 2 * 10**9)
    venue.broken = False
    venue.say(fill(7))
    supervisor.step(START + 3 * 10**9)
    assert [event.trade_id for event in supervisor.unheard()] == [7]
