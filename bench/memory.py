"""What a process's memory holds, as its own allocators count it. Linux with glibc."""

import asyncio
import ctypes
import ctypes.util
import gc
import json
import os
import re
import sys
import tempfile
import tracemalloc
from collections import Counter
from pathlib import Path

MB = 1024 * 1024


class _Mallinfo2(ctypes.Structure):
    """struct mallinfo2 of malloc.h."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    ]


PEAK_EVERY_S = 0.1
_ARENAS = re.compile(rb"arenas allocated current\s*=\s*([\d,]+)")
_PEAKS = [0]


async def watch_peak() -> None:
    """Remember the most blocks that Python's allocator had out, until cancelled."""
    while True:
        _PEAKS[0] = max(_PEAKS[0], sys.getallocatedblocks())
        await asyncio.sleep(PEAK_EVERY_S)


def arenas() -> int:
    """Arenas of Python's allocator, 1 MB each, or 0 where it does not say. One goes back to the
    system only when nothing in it is in use."""
    said = os.dup(2)
    with tempfile.TemporaryFile() as listing:
        sys.stderr.flush()
        os.dup2(listing.fileno(), 2)
        try:
            sys._debugmallocstats()  # noqa: SLF001  there is no other way to ask
        finally:
            os.dup2(said, 2)
            os.close(said)
        listing.seek(0)
        found = _ARENAS.search(listing.read())
    return int(found[1].replace(b",", b"")) if found else 0


def account(*, thorough: bool) -> dict[str, object]:
    """Blocks of Python's allocator, now and at most since the last account, and its arenas; MB of
    the C allocator in use (large blocks with them) and free, MB of SQLite, containers by type,
    containers set aside by gc.freeze. thorough: the last are brought back and counted by type, too,
    and `lost` is how many of them were garbage."""
    peak, _PEAKS[0] = max(_PEAKS[0], sys.getallocatedblocks()), 0
    mallinfo2 = ctypes.CDLL("libc.so.6").mallinfo2
    mallinfo2.restype = _Mallinfo2
    heap = mallinfo2()
    frozen = gc.get_freeze_count()
    lost = 0
    if thorough:
        gc.unfreeze()
        lost = gc.collect()
    known = gc.get_objects()
    types = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in known)
    return {
        "blocks": sys.getallocatedblocks(),
        "peak": peak,
        "arenas": arenas(),
        "in_use_mb": (heap.uordblks + heap.hblkhd) / MB,
        "free_mb": heap.fordblks / MB,
        "sqlite_mb": sqlite_bytes() / MB,
        "objects": len(known),
        "frozen": frozen,
        "lost": lost,
        "lines": grown_lines(),
        "types": types,
    }


def sqlite_bytes() -> int:
    """What SQLite holds; 0 where the library is not found."""
    name = ctypes.util.find_library("sqlite3")
    if name is None:
        return 0
    used = ctypes.CDLL(name).sqlite3_memory_used
    used.restype = ctypes.c_int64
    return int(used())


def write_account(out: Path) -> None:
    """The account as JSON in a file, whole or not at all."""
    begun = out.with_suffix(".part")
    begun.write_text(json.dumps(account(thorough=tracemalloc.is_tracing())))
    begun.replace(out)


EARLIER: list[tracemalloc.Snapshot] = []
"""The first picture, against which the later ones are held."""


def grown_lines(most: int = 25) -> list[str]:
    """Where most memory was added since the first call, by line of source. Nothing unless
    PYTHONTRACEMALLOC is set."""
    if not tracemalloc.is_tracing():
        return []
    now = tracemalloc.take_snapshot()
    if not EARLIER:
        EARLIER.append(now)
        return []
    return [
        f"{grown.size_diff / 1024:+.0f} KB in {grown.count_diff:+} blocks: {grown.traceback}"
        for grown in now.compare_to(EARLIER[0], "lineno")[:most]
    ]
