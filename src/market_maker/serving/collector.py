"""Python's garbage collector, kept out of the way of quotes without losing memory.

Going through the program, its libraries and a hundred engines takes a full collection 170 ms, in
which no quote is pulled. What is there once the service has begun is therefore frozen: set aside,
never scanned again. Whatever is in a cycle at that moment and becomes garbage later is lost for
good, so freezing every few seconds leaks what is in flight (requests, answers, tasks): some hundred
objects each time. So it is done after ten, twenty, forty seconds and so on, since windows and lists
fill for as long, and, at most once in ten minutes, where a full collection has become slow, as
after many engines were made. The first time everything is scanned before; later only what is new,
because a full collection takes 30 to 40 ms of a hundred engines that quote, for some hundred
objects that are lost without it.

In between only what has come since the last collection is scanned, once a second: every ten seconds
it was as much at once as ten times. What survives that is scanned again in the next full one,
within ten minutes, so that no quote waits for it until then.

What is slow is judged by the processor time of the thread: on a machine that other programs load,
each collection takes long by the clock, and would freeze what is in flight each time.
"""

import ctypes
import gc
import time
from collections.abc import Callable

from market_maker.model.units import NANOS_PER_MS

SLOW_NS = 20 * NANOS_PER_MS
"""A full collection that takes more of a processor sets aside what it has found to be alive."""
EVERY_S = 1.0
"""Between two collections."""
FREEZE_AFTER = 10
"""Collections: after so many, twice, four times as many survivors are frozen."""
FULL_EVERY = 600
"""Collections: one of so many is a full one, and the first after which survivors are frozen."""
YOUNG, ALL = 1, 2
"""Generations: what has come since the last collection, and everything that is not frozen."""

TRIM_EVERY = 600
"""Collections. Blocks of answers and pages leave holes in the C library's heap, two megabytes in an
hour of a hundred symbols, which it keeps unless asked (docs/benchmarks.md)."""


M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""Parameters of mallopt, by malloc.h."""
LARGE_BYTES = 128 * 1024
"""Blocks from this size on have pages of their own, which go back to the system with the block.
Said once, the C library no longer raises it to the largest block that was freed."""
ARENAS = 1
"""Heaps of the C library. By itself it opens one for each thread that meets another, and each keeps
holes of its own."""


def tune_heap() -> None:
    """Let the C library keep fewer holes; nothing where it has no such function. Before threads
    start."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(M_ARENA_MAX, ARENAS)


def trim_heap() -> None:
    """Return what the C library keeps free to the system; nothing where it has no such function."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Collector:
    """collect (up to a generation), freeze: Python's own. trim: returns free memory to the system.
    spent: nanoseconds of a processor that this thread has had."""

    def __init__(
        self,
        collect: Callable[[int], object] = gc.collect,
        freeze: Callable[[], object] = gc.freeze,
        trim: Callable[[], object] = trim_heap,
        spent: Callable[[], int] = time.thread_time_ns,
    ) -> None:
        self._collect, self._freeze, self._trim, self._spent = collect, freeze, trim, spent
        self._collections = 0

    async def step(self) -> None:
        """Collect; everything now and then. Freeze the survivors each time after twice as long, and
        where a full collection was slow."""
        self._collections += 1
        rounds, rest = divmod(self._collections, FREEZE_AFTER)
        freezes = not rest and rounds.bit_count() == 1
        began = self._spent()
        is_full = self._collections == FREEZE_AFTER or self._collections % FULL_EVERY == 0
        self._collect(ALL if is_full else YOUNG)
        if freezes or (is_full and self._spent() - began >= SLOW_NS):
            self._freeze()
        if self._collections % TRIM_EVERY == 0:
            self._trim()
