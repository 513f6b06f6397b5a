"""Whatever goes wrong at the venue, the position is the venue's and nothing is left open."""

import pytest

from tests.examples import examples
from tests.simulation.hyperliquid_drill import drill
from tests.simulation.hyperliquid_mutants import PLANTED
from tests.simulation.hyperliquid_scenarios import SCENARIOS

pytestmark = pytest.mark.slow

SEEDS = range(1, 201)
"""Tried one after the other until one of them shows what is asked for. Sockets have a say in what a
seed comes to: of twelve drills two to three find the bugs that are hardest to find (an answer that
is missing, an order that rests, one that is dead at once), the others eleven and more. Where one in
six finds it, two hundred miss it once in 10^15."""


@pytest.mark.parametrize("seed", range(1, 5))
def test_after_a_drill_everything_is_where_the_venue_says(seed):
    problems, (orders, _) = drill(seed)
    assert problems == []
    assert orders > 20


def test_drills_have_fills():
    assert any(fills for _, (_, fills) in map(drill, SEEDS))


@pytest.mark.parametrize("scenario", SCENARIOS[1:], ids=lambda one: one.name)
def test_what_is_promised_under_one_trouble_holds(scenario):
    for seed in range(1, 1 + examples(4)):
        problems, _ = drill(seed, scenario)
        assert problems == [], seed


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.what)
def test_a_planted_bug_is_found(bug):
    with bug.planted():
        assert any(drill(seed, bug.found_in)[0] for seed in SEEDS)
