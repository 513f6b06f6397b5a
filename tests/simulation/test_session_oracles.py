"""The oracles see: every planted bug is caught, and every rule catches one."""

import pytest

from market_maker.model.actions import Place, Turn
from market_maker.model.events import Accepted, BookSnapshot, Filled
from market_maker.model.orders import Side
from market_maker.model.units import OrderId
from market_maker.venues.sandbox import SandboxVenue
from tests.simulation.mutants import MUTANTS
from tests.simulation.oracles import BrokenRuleError
from tests.simulation.truth import Truth
from tests.simulation.world import CONFIG, START, World

SEEDS = 40
TURNS = 800
SELDOM = {
    "a halted instrument is quoted",
    "an absent order is gone",
    "cancels are sent once",
    "no position limit",
    "own orders cross",
    "stale only when data arrive",
    "working orders do not count",
}
"""Bugs that need more worlds than the fast suite has time for."""
AT_THE_END = {
    "RECON_EQ_VENUE": "a venue that is not asked for its fills, below",
    "FEES_EQ_VENUE": "as RECON_EQ_VENUE",
    "NO_ORPHANS_AT_REST": "CANCEL_ALL_BOUNDED stops a world before it is audited",
    "NOTHING_LEFT_UNPROVED": "as NO_ORPHANS_AT_REST",
    "NO_ORDER_UNLESS_ACTIVE": "the pause that is ignored; STOP_COMMANDS_STOP is checked first",
}
"""Rules without a mutant of their own, and why."""


def rule_broken_by(engine_class):
    """The first rule that some world sees broken."""
    for seed in range(SEEDS):
        try:
            World(seed, engine_class).run(TURNS)
        except BrokenRuleError as error:
            return error.rule
    return None


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name in SELDOM)) for name in MUTANTS],
)
def test_a_planted_bug_is_seen(name):
    engine_class, rules = MUTANTS[name]
    assert rule_broken_by(engine_class) in rules.split()


@pytest.mark.thorough
def test_every_rule_has_a_planted_bug():
    world = World(1).run(TURNS)
    planted = {rule for _, rules in MUTANTS.values() for rule in rules.split()}
    assert sorted(world.oracles.checks.keys() - planted - AT_THE_END.keys()) == []


def test_our_own_best_bid_is_no_part_of_the_mid_of_others():
    truth = Truth(CONFIG)
    bids, asks = ((1_000_049, 9), (999_811, 8)), ((1_000_050, 89),)
    bid = Place(OrderId(1), "acme", Side.BUY, 0, 1_000_049, 9)
    truth.sent(Turn(START, (), (bid,)))
    truth.hear(START, [BookSnapshot(START, START, 1, bids, asks)])
    assert truth.mids_of_others_x2() == (999_811 + 1_000_050, 1_000_049 + 1_000_050)
    truth.hear(START, [Accepted(START, START, OrderId(1))])
    assert truth.mids_of_others_x2() == (999_811 + 1_000_050, 999_811 + 1_000_050)
    filled = Filled(START + 1, START + 1, OrderId(1), 1, 1_000_049, 4, 0)
    truth.hear(START + 1, [filled])
    assert truth.mids_of_others_x2() == (999_811 + 1_000_050, 1_000_049 + 1_000_050)
    truth.hear(START + 1, [BookSnapshot(START + 1, START + 1, 2, bids, asks)])
    assert truth.mids_of_others_x2() == (1_000_049 + 1_000_050, 1_000_049 + 1_000_050)


class NeverAsksForFills(SandboxVenue):
    """Trusts that every report arrives."""

    def _new_fills(self, _now, _account):
        return []


@pytest.mark.slow
def test_a_fill_that_the_venue_never_reports_is_seen():
    rules = []
    for seed in range(SEEDS):
        world = World(seed)
        world.venue.__class__ = NeverAsksForFills
        try:
            world.run(TURNS)
        except BrokenRuleError as error:
            rules.append(error.rule)
            break
    assert rules == ["RECON_EQ_VENUE"]
