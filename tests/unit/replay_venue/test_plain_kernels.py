"""Kernels run as Python do what their machine code does, and one can take over from the other."""

import subprocess
import sys

import numpy as np
import pytest

from market_maker.replay_venue.compiled import compiled, float64s, int64s, octets
from market_maker.replay_venue.plain_kernels import plain
from market_maker.research.replay import replay
from tests.support.kernel_plans import random_plan

SEEDS = 12
BUSY = 1
"""A seed with many turns that act."""
HASHES = """
from itertools import count
from market_maker.replay_venue import compiled, kernels
from market_maker.research.replay import replay
from tests.support.kernel_plans import random_plan

compiled.run_plainly(kernels.__package__)
for seed in range({seeds}):
    print(replay(random_plan(seed)).state_hash)
assert not compiled.is_ready(kernels.__package__)

turns = count()

def take_over(*_):
    if next(turns) == 5:
        compiled.make_ready(kernels.__package__)

print(replay(random_plan({busy}), on_actions=take_over).state_hash)
assert compiled.is_ready(kernels.__package__)
"""


@pytest.mark.thorough
def test_replays_are_the_same_whether_the_venue_runs_as_python_or_as_machine_code():
    """Also where machine code takes over in the middle of one."""
    code = HASHES.format(seeds=SEEDS, busy=BUSY)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    hashes = [replay(random_plan(seed)).state_hash for seed in range(SEEDS)]
    assert said.stdout.split() == [*hashes, hashes[BUSY]]


@compiled
def largest(address, count):
    found = 0
    for number in int64s(address, count):
        found = max(found, number)
    return found


@compiled
def halves(counts, into, count):
    floats = float64s(into, count)
    for place in range(count):
        floats[place] = octets(counts, count)[place] / 2
    return largest(counts, 1)


def test_a_part_reads_and_writes_the_memory_at_an_address():
    counts, into = np.arange(8, dtype=np.uint8), np.zeros(8)
    plain(halves)(counts.ctypes.data, into.ctypes.data, 8)
    assert into.tolist() == [each / 2 for each in range(8)]


def test_what_a_part_calls_is_run_the_same_way():
    numbers = np.array([3, 9, 4])
    assert plain(largest)(numbers.ctypes.data, 3) == 9
    assert plain(halves).__globals__["largest"] is plain(largest)
    assert halves.__globals__["largest"] is largest
