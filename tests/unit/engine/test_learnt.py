"""What one engine has learnt of its market, another one of the same configuration goes on with."""

import pickle

import pytest

from market_maker.engine.engine import Engine
from market_maker.journaling.checkpoint import frozen_learnt, thawed_learnt
from market_maker.model.errors import InvalidDataError
from market_maker.model.events import Configured
from market_maker.model.lifecycle import Command
from market_maker.model.quotes import QUOTES, Reason
from tests.unit.engine.desk import INSTRUMENT, Desk
from tests.unit.engine.test_everything_on import FAIR_PRICES, _trade, everything
from tests.unit.engine.test_random_venue import World


def follows(before: Desk, **fields) -> Desk:
    """A new desk at the same moment, whose engine has taken up what the other's has learnt."""
    desk = Desk(**fields)
    desk.now, desk.top = before.now, before.top
    desk.engine.market.take_up(thawed_learnt(frozen_learnt(before.engine), "test"))
    return desk


@pytest.mark.parametrize("volatility", ["realised", "ewma"])
def test_the_first_book_is_enough_to_quote(volatility):
    before = Desk(volatility=volatility).started()
    after = follows(before, volatility=volatility)
    assert after.engine.market.sigma == before.engine.market.sigma
    assert after.engine.market.samples == before.engine.market.samples
    after.step(after.operate(Command.ENABLE))
    assert after.reasons[0] in QUOTES
    assert len(after.orders) == 2


def test_an_engine_that_has_learnt_nothing_warms_up():
    after = Desk()
    after.step(after.operate(Command.ENABLE))
    assert after.reasons == (Reason.WARMING_UP, Reason.WARMING_UP)
    assert after.orders == ()


def test_there_is_no_fair_price_before_the_first_book():
    after = follows(Desk().started())
    after.turn(after.operate(Command.ENABLE))
    assert after.reasons == (Reason.NO_BOOK, Reason.NO_BOOK)
    assert after.engine.market.mid_x2 == 0


@pytest.mark.parametrize("fair_price", FAIR_PRICES)
def test_every_estimator_goes_on_with_what_it_has_seen(fair_price):
    world, config = World(3, 0.0), everything("avellaneda_stoikov", fair_price, "estimated")
    engine, follower = Engine(INSTRUMENT, config), Engine(INSTRUMENT, config)
    for _ in range(150):
        events = [event for event in world.tick() if not isinstance(event, Configured)]
        engine.turn(world.now, [*events, *(_trade(world) for _ in range(3))])
    follower.market.take_up(thawed_learnt(frozen_learnt(engine), "test"))
    known = {line.name: line for line in engine.snapshot().estimates}
    for line in follower.snapshot().estimates:
        assert line.count == known[line.name].count, line.name
    for _ in range(50):
        events = [event for event in world.tick() if not isinstance(event, Configured)]
        follower.turn(world.now, [*events, _trade(world)])
    assert follower.market.samples_taken > 0
    assert follower.market.warm
    for line in follower.snapshot().estimates:
        assert line.ready or not known[line.name].ready, line.name


def test_what_is_no_estimates_is_refused():
    desk = Desk().started()
    for content in (b"", b"damaged", pickle.dumps(5), frozen_learnt(desk.engine)[:-20]):
        with pytest.raises(InvalidDataError, match="estimates of BTCUSDT"):
            thawed_learnt(content, "estimates of BTCUSDT")
