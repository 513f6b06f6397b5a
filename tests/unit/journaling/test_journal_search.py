"""The turn that is meant: of a moment, of an order, of a fill."""

import pytest

from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.journaling.journal_search import (
    TurnOfFill,
    TurnOfMoment,
    TurnOfOrder,
    moment_of,
)
from market_maker.model.actions import Place
from market_maker.model.errors import NotFoundError
from market_maker.model.events import Filled
from market_maker.model.units import Nanos
from tests.support.recorded import SYMBOL, Recorded


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Of three segments."""
    made = Recorded(3, tmp_path_factory.mktemp("data") / JOURNAL_FOLDER)
    for _ in range(3):
        made.go(80).write()
        made.disk.segment_is_full = True
    made.done()
    return made


def test_a_moment_is_itself(world):
    assert moment_of(world.folder, SYMBOL, TurnOfMoment(Nanos(7))) == 7


def test_every_order_is_found_at_the_turn_that_placed_it(world):
    placed = {
        each.order_id: turn.now
        for turn in world.journal.turns
        for each in turn.actions
        if isinstance(each, Place)
    }
    assert len(placed) > 10
    found = {one: moment_of(world.folder, SYMBOL, TurnOfOrder(one)) for one in placed}
    assert found == placed


def test_every_fill_is_found_at_the_turn_that_took_it(world):
    taken = {
        each.trade_id: turn.now
        for turn in world.journal.turns
        for each in turn.events
        if isinstance(each, Filled)
    }
    assert taken
    found = {one: moment_of(world.folder, SYMBOL, TurnOfFill(one)) for one in taken}
    assert found == taken


@pytest.mark.parametrize("meant", [TurnOfOrder(2**62), TurnOfFill(2**62)])
def test_what_the_journal_does_not_have_is_named(world, meant):
    with pytest.raises(NotFoundError, match=str(2**62)):
        moment_of(world.folder, SYMBOL, meant)
