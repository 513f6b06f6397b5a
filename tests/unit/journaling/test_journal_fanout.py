"""Watching an engine changes nothing about what it does."""

import pytest
from msgspec import Struct

from market_maker.clocks import WallClock
from market_maker.engine.engine import Engine
from market_maker.engine.stopwatch import Unwatched
from market_maker.journaling.checkpoint import frozen, thawed
from market_maker.journaling.journal import MemoryJournal
from market_maker.journaling.journal_fanout import JournalFanout
from market_maker.model.actions import Turn
from market_maker.model.lifecycle import Command
from market_maker.telemetry.measures import Measures
from market_maker.telemetry.turn_log import TurnLog
from tests.support.quoting_pool import GRID, POOL, QuotingPool
from tests.unit.telemetry.lines import NO_LOG, Lines


class Run(Struct):
    """A minute of a pool, journalled, and the engine as it was then."""

    turns: tuple[Turn, ...]
    engine: Engine


def played(measures: Measures | None, *others: TurnLog) -> Run:
    kept = MemoryJournal()
    engine = Engine(GRID, POOL)
    journal = kept if measures is None else JournalFanout(measures.of("X"), kept, *others)
    journal.begin(engine)
    pool = QuotingPool(engine, journal, 3)
    pool.command(Command.ENABLE)
    pool.play(30)
    return Run(kept.turns, engine)


@pytest.mark.thorough
def test_a_watched_engine_makes_the_same_turns() -> None:
    measures = Measures(WallClock(), NO_LOG)
    watched = played(measures)
    assert watched.turns == played(None).turns
    of = measures.of("X")
    assert sum(of.compute.counts) > 50
    assert sum(of.allocation.counts) > 50
    assert of.has_turned


@pytest.mark.thorough
def test_an_engine_that_is_put_away_takes_no_stopwatch_with_it() -> None:
    watched = played(Measures(WallClock(), NO_LOG)).engine
    again = thawed(frozen(watched), "test")
    assert isinstance(again.reconciler.stopwatch, Unwatched)
    assert again.snapshot() == watched.snapshot()


@pytest.mark.thorough
def test_moves_and_fills_are_logged_with_their_member_in_people_s_units() -> None:
    lines = Lines()
    run = played(Measures(WallClock(), NO_LOG), TurnLog(GRID, lines))
    fills = [action for turn in run.turns for action in turn.actions if hasattr(action, "fee")]
    logged = [fields for _, event, fields in lines.written if event == "filled"]
    assert len(fills) == len(logged) > 0
    assert logged[0]["participant_id"] == fills[0].member
    assert logged[0]["price"] == str(GRID.price(fills[0].price))
    assert [fields["state"] for _, event, fields in lines.written if event == "pool moved"] == [
        "ACTIVE"
    ]
