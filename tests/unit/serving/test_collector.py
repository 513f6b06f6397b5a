"""What is scanned for cycles, and when survivors are set aside."""

import subprocess
import sys

import pytest

from market_maker.clocks import SimClock
from market_maker.serving.collector import (
    ALL,
    FREEZE_AFTER,
    FULL_EVERY,
    SLOW_NS,
    TRIM_EVERY,
    Collector,
    trim_heap,
)

pytestmark = pytest.mark.anyio


def collector(takes):
    """takes: nanoseconds of a processor of each full collection."""
    clock, done = SimClock(1), []

    def collect(generation):
        done.append(generation)
        if generation == ALL:
            clock.sleep(takes)

    return Collector(collect, lambda: done.append("freeze"), spent=clock.now), done


def frozen_after(done):
    return [
        at + 1 - done[: at + 1].count("freeze") for at, what in enumerate(done) if what == "freeze"
    ]


async def test_what_fills_after_the_start_is_frozen_each_time_after_twice_as_long():
    """What is in flight then is in a cycle that is lost: so it is a handful of times in a day."""
    quick, done = collector(takes=1)
    for _ in range(16 * FREEZE_AFTER):
        await quick.step()
    assert frozen_after(done) == [10, 20, 40, 80, 160]


async def test_between_full_collections_only_what_is_new_is_scanned():
    quick, done = collector(takes=1)
    for _ in range(FULL_EVERY):
        await quick.step()
    scanned = [each for each in done if each != "freeze"]
    full = [number for number, each in enumerate(scanned, 1) if each == ALL]
    assert full == [FREEZE_AFTER, FULL_EVERY]


async def test_a_slow_full_collection_freezes_what_survived_it():
    slow, done = collector(takes=SLOW_NS)
    for _ in range(2 * FULL_EVERY + 1):
        await slow.step()
    assert frozen_after(done) == [10, 20, 40, 80, 160, 320, FULL_EVERY, 640, 2 * FULL_EVERY]


async def test_a_machine_that_others_load_makes_no_collection_slow():
    """By the processor's time it takes none here, however late the clock is when it ends."""
    clock, frozen = SimClock(1), []
    usual = Collector(lambda _: clock.sleep(SLOW_NS), lambda: frozen.append(True), spent=lambda: 0)
    for _ in range(FULL_EVERY):
        await usual.step()
    assert len(frozen) == len([10, 20, 40, 80, 160, 320])


async def test_the_heap_is_trimmed_once_in_so_many_collections():
    trimmed = []
    usual = Collector(lambda _: None, lambda: None, lambda: trimmed.append(True))
    for _ in range(2 * TRIM_EVERY + 1):
        await usual.step()
    assert trimmed == [True, True]


def test_trimming_the_heap_of_this_process_raises_nothing():
    trim_heap()


def test_large_blocks_go_back_to_the_system_once_the_heap_is_tuned():
    """In a process of its own, which holds 64 MB in blocks of 256 kB and lets them go."""
    done = subprocess.run(
        [sys.executable, "-c", HOLDS], capture_output=True, text=True, check=True, env={}
    )
    held, left = map(int, done.stdout.split())
    assert held > 48 * 1024
    assert left < held / 8


def test_what_a_worker_of_150_engines_sees_in_a_second_is_not_searched_for_cycles():
    """In a process of its own: it keeps so many turns, as a journal does until it is written."""
    done = subprocess.run(
        [sys.executable, "-c", SEES], capture_output=True, text=True, check=True, env={}
    )
    searched, kept = map(int, done.stdout.split())
    assert kept > 20_000
    assert searched == 0


SEES = """
import gc
from market_maker.model.actions import Turn
from market_maker.model.events import BookDelta
from market_maker.serving.life import tune_python

tune_python()
gc.collect()
searches = []
gc.callbacks.append(lambda phase, _: searches.append(phase))
waiting = []
for number in range(150 * 20):
    levels = tuple((number + level, level) for level in range(5))
    delta = BookDelta(number, number, number, number, 0, levels, levels)
    waiting.append(Turn(number, (delta,), ()))
print(len(searches), gc.get_count()[0])
"""


HOLDS = """
import ctypes
from market_maker.serving.collector import tune_heap

def resident():
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * 4

tune_heap()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
before = resident()
large = [libc.malloc(16 << 20) for _ in range(2)]
for block in large:
    libc.free(block)
blocks, last = [], None
for _ in range(256):
    block = libc.malloc(256 << 10)
    ctypes.memset(block, 1, 256 << 10)
    blocks.append(block)
    last = libc.malloc(64)  # a small one that stays, above each large one
held = resident() - before
for block in blocks:
    libc.free(block)
print(held, resident() - before)
"""
