"""In all the trouble of a seeded world no order is refused for what the exchange takes."""

from collections import Counter
from decimal import Decimal

import pytest

from market_maker.model.actions import Place
from market_maker.model.events import LimitsChanged, Rejected, RejectReason
from market_maker.model.instrument_limits import InstrumentLimits
from tests.examples import examples
from tests.simulation.world import World

pytestmark = pytest.mark.thorough

TURNS = 400
REFUSALS = (RejectReason.MIN_NOTIONAL, RejectReason.POSITION_LIMIT, RejectReason.PRICE_DISTANCE)
"""For what the exchange takes; none other in a world has these reasons."""

SIZES = InstrumentLimits(min_lots=7, max_lots=12, max_notional=Decimal(1_100))
FEW = InstrumentLimits(max_lots=13, max_open_orders=4, band_up_rate=600_000, band_down_rate=600_000)
"""A band that quotes come near to only where fair runs away from the mid."""

NARROW = InstrumentLimits(band_up_rate=4_000, band_down_rate=4_000)


def of_kind(world, kind, actions=True):
    turns = world.journal.turns
    found = (turn.actions if actions else turn.events for turn in turns)
    return [each for those in found for each in those if isinstance(each, kind)]


def refusals(world):
    reasons = Counter(event.reason for event in of_kind(world, Rejected, actions=False))
    return sum(reasons[reason] for reason in REFUSALS)


@pytest.mark.parametrize("limits", [SIZES, FEW])
def test_no_order_is_refused_for_what_the_exchange_takes(limits):
    for seed in range(examples(4)):
        world = World(seed, limits=limits).run(TURNS)
        assert refusals(world) == 0
        placed = of_kind(world, Place)
        assert placed
        assert all(order.size <= limits.max_lots for order in placed)
        assert all(order.size >= limits.min_lots for order in placed if not order.reduce_only)


@pytest.mark.parametrize("limits", [SIZES, FEW, NARROW])
def test_an_engine_that_does_not_know_them_is_refused(limits):
    """Without it the test above would prove nothing."""
    assert sum(refusals(World(s, limits=limits, known=False).run(TURNS)) for s in range(4)) > 0


def test_limits_that_change_on_the_way_are_held_once_they_are_known():
    world = World(1, limits=SIZES)
    for limits in (FEW, SIZES, InstrumentLimits(max_lots=5), SIZES):
        now = world.clock.now()
        world.market.instrument = world.engine.instrument
        world.actor.tell(LimitsChanged(now, limits))
        for _ in range(40):
            world.step()
        world.market.instrument = world.engine.instrument
        assert world.engine.instrument.limits == limits
        before = refusals(world)
        for _ in range(100):
            world.step()
        assert refusals(world) == before
