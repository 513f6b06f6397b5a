"""Seeded worlds: rules after every turn, a quiet end, and replay bit for bit."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.examples import examples
from tests.simulation import run
from tests.simulation.world import ESTIMATING, World

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
SHORT = 400
"""Turns of a world in the fast suite."""


@pytest.mark.parametrize("seed", range(2))
def test_session_keeps_its_rules_and_replays_bit_for_bit(seed):
    world = World(seed).run(SHORT)
    assert world.oracles.checks["REPLAY_DETERMINISTIC"] > SHORT
    assert world.oracles.checks["NO_ORPHANS_AT_REST"] == 1


@pytest.mark.parametrize("seed", range(2))
def test_a_session_that_quotes_on_every_estimate_replays_bit_for_bit(seed):
    world = World(seed, config=ESTIMATING).run(SHORT)
    assert world.oracles.checks["REPLAY_DETERMINISTIC"] > SHORT
    snapshot = world.engine.snapshot()
    assert not any(line.off for line in snapshot.estimates)
    assert snapshot.fit.orders > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", range(200, 220, 10))
def test_many_sessions_that_quote_on_estimates_keep_their_rules(first):
    for seed in range(first, first + examples(10)):
        World(seed, config=ESTIMATING).run()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100, 140, 10))
def test_many_sessions_keep_their_rules(first):
    for seed in range(first, first + examples(10)):
        World(seed).run()


@pytest.mark.slow
def test_every_kind_of_trouble_is_met():
    """A fault that never happens proves nothing."""
    heard, checks = Counter(), Counter()
    for seed in range(40, 70):
        world = World(seed).run(1_000)
        heard += world.oracles.truth.heard
        checks += world.oracles.checks
    assert {name for name, count in heard.items() if count >= 5} >= {
        "book lost or gapped",
        "cancel rejected",
        "configuration changed",
        "fill",
        "fill after its order was gone",
        "fill reported twice",
        "funding paid",
        "instrument halted",
        "operator: enable",
        "operator: halt",
        "operator: pause",
        "operator: resume",
        "operator: unwind",
        "rejected: post-only order would have crossed",
        "rejected: refused",
        "turn on a crossed or unknown book",
        "turn on stale data",
        "unanswered request",
    }
    assert min(checks.values()) >= 5


def test_the_same_seed_is_the_same_world():
    assert World(5).run(200).state_hash() == World(5).run(200).state_hash()


def test_another_seed_is_another_world():
    assert World(5).run(200).state_hash() != World(6).run(200).state_hash()


@pytest.mark.slow
def test_another_process_gets_the_same_world():
    hashes = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation.run", "--seed", "5", "--turns", "300"],
            cwd=ROOT,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "src"},
            capture_output=True,
            text=True,
            check=True,
        )
        hashes.append(next(line for line in done.stdout.splitlines() if "state hash" in line))
    assert hashes[0] == hashes[1] == f"state hash {World(5).run(300).state_hash()}"


def test_the_command_prints_what_happened_and_was_checked(capsys):
    assert run.main(["--seed", "5", "--turns", "100"]) == 0
    told = capsys.readouterr().out
    for words in ("NO_ORPHANS_AT_REST", "SLOT_EXCLUSIVE", "state hash", "1 of 1 worlds kept"):
        assert words in told
