"""What a process's memory holds, as its own allocators count it. Linux with glibc."""

import ctypes
import ctypes.util
import gc
import json
import sys
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


def account(*, thorough: bool) -> dict[str, object]:
    """Blocks of Python's allocator, MB of the C allocator in use (large blocks with them) and free,
    MB of SQLite, containers by type, containers set aside by gc.freeze. thorough: the last are
    brought back and counted by type, too, and `lost` is how many of them were garbage."""
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
