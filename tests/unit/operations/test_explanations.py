"""An explanation in people's units, of a journal as it lies on the disk."""

import pytest

from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.journaling.journal_search import TurnOfMoment
from market_maker.model.errors import NotFoundError
from market_maker.model.orders import Side
from market_maker.model.units import Nanos
from market_maker.operations.explanations import explained
from tests.support.recorded import SYMBOL, Recorded


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = Recorded(3, tmp_path_factory.mktemp("data") / JOURNAL_FOLDER)
    made.go(160).done()
    return made


def test_an_explanation_says_what_was_known_wanted_and_sent(world):
    now = world.engine.now
    found = explained(world.folder, SYMBOL, TurnOfMoment(now))
    snapshot, instrument = world.engine.snapshot(), world.engine.instrument
    assert (found.at, found.state) == (now, str(snapshot.state))
    assert found.known.best_bid == instrument.price(snapshot.best_bid)
    assert found.known.position == instrument.quantity(snapshot.position)
    assert len(found.bid.wanted) == world.engine.config.num_levels
    assert {order.side for order in found.bid.orders} <= {Side.BUY}
    assert sum(each.count for each in found.events) > 0
    for turn in found.sent:
        for action in turn.actions:
            assert (action.price is None) == (action.action == "cancel")


def test_the_turn_before_is_a_nanosecond_less(world):
    last = explained(world.folder, SYMBOL, TurnOfMoment(world.engine.now))
    before = explained(world.folder, SYMBOL, TurnOfMoment(Nanos(last.at - 1)))
    assert before.at < last.at


def test_a_moment_before_the_journal_has_no_explanation(world):
    with pytest.raises(NotFoundError, match="reaches back"):
        explained(world.folder, SYMBOL, TurnOfMoment(Nanos(1)))
