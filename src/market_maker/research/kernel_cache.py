"""Kernels made ready: the replay venue's, which every replay needs, and the decision kernel.

Their machine code is kept on disk (storage.kept_kernels). Before the first time there is none. The
venue's takes some seconds, so it is compiled where the project is installed, by `market_maker
kernels`, and meanwhile by commands that make a recording. Else a replay waits for it, unless its
recording is short: then the venue runs as the Python that it is, and is compiled beside. The
decision kernel takes longer than many a replay: until it is there the Python engine decides. The
result is the same in every case. Processes that compile do so one at a time, those that are not
waited for behind all others.
"""
# Imported where it is used: a kernel is made of the engine's Python, which a native engine hides.
# ruff: noqa: PLC0415

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from market_maker.research.engine_choice import NOT_COMPILED_YET, NOTHING_KEPT, no_kernel
from market_maker.research.uncollected import uncollected
from market_maker.storage import kept_kernels

VENUE, DECISION = "market_maker.replay_venue", "market_maker.decision_kernel"
"""Packages whose kernels Python calls."""

PLAIN_ROWS_MAX = 100_000
"""A recording of so many rows is replayed twice in Python, at some ten microseconds a row, before
the venue would be compiled."""

_NOT_WAITING = fcntl.LOCK_EX | fcntl.LOCK_NB
_BESIDE: list[subprocess.Popen[bytes]] = []
"""Processes that compile, which are not waited for. Python warns of one that is forgotten."""


def is_compiled() -> bool:
    """Whether the kernel can be called at once; what is kept of it is loaded."""
    from market_maker.decision_kernel import run_kernels

    return kept_kernels.load_kept(run_kernels.__package__)


def is_venue_compiled() -> bool:
    """As is_compiled, of the replay venue's kernels."""
    from market_maker.replay_venue import kernels

    return kept_kernels.load_kept(kernels.__package__)


def prepare_venue(waits: Callable[[], None] = lambda: None) -> None:
    """Make the replay venue's kernels ready: milliseconds, or some seconds where they have to be
    compiled. Where another process is at it, it is waited for. waits: called where nothing is kept
    yet."""
    if not is_venue_compiled():
        waits()
        with _alone(VENUE, fcntl.LOCK_EX):
            _compile(VENUE)


def is_venue_plain(rows: int) -> bool:
    """Whether the replay venue runs as Python, so that a recording of so many rows waits for
    nothing: where nothing is kept yet and they are few. Then everything is compiled beside."""
    if rows > PLAIN_ROWS_MAX or is_venue_compiled():
        return False
    from market_maker.replay_venue.compiled import run_plainly

    prepare_beside()
    run_plainly(VENUE)
    return True


def where_kept() -> Path | None:
    """The folder in which kernels are kept, the venue's if not all; None where nothing can be
    kept."""
    return kept_kernels.where_kept(VENUE)


def compile_kernel() -> None:
    """Compile it here and now, and keep it. Where another process is at it, that is waited for."""
    if not is_compiled():
        with _alone(DECISION, fcntl.LOCK_EX):
            _compile(DECISION)


def compile_beside() -> None:
    """Compile what is missing in a process of its own, behind all others. The decision kernel only
    where no other process is at it."""
    os.nice(10)
    prepare_venue()
    if _is_ready():
        return
    with suppress(BlockingIOError), _alone(DECISION, _NOT_WAITING):
        _compile(DECISION)


@uncollected()  # what numba makes of it stays
def _compile(package: str) -> None:
    """What another process has kept meanwhile is read."""
    from market_maker.replay_venue.compiled import make_ready

    make_ready(package)


def prepare_beside() -> None:
    """Have everything compiled in a process that is not waited for. Nothing where one of ours is at
    it, where the research extra is not installed, or where what it makes could not be kept."""
    if any(each.poll() is None for each in _BESIDE):
        return
    if find_spec("numba") is None or (is_venue_compiled() and _is_ready()):
        return
    if where_kept() is None:
        return
    begin = compile_beside.__name__
    process = subprocess.Popen(  # noqa: S603  # ourselves
        [sys.executable, "-c", f"from {__name__} import {begin}; {begin}()"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _BESIDE.append(process)


def prepare_kernel(*, wait: bool) -> None:
    """Where there can be a kernel and it is not compiled: compile it here, or in a process that is
    not waited for."""
    if _is_ready():
        return
    if wait:
        compile_kernel()
    else:
        prepare_beside()


def why_not_compiled_yet() -> str:
    """Why the decision kernel is not there."""
    return NOTHING_KEPT if where_kept() is None else NOT_COMPILED_YET


def _is_ready() -> bool:
    return no_kernel() is not None or is_compiled()


@contextmanager
def _alone(package: str, how: int) -> Iterator[None]:
    """Hold the lock beside what is kept of a package's kernels; nothing where nothing can be kept.
    Raises BlockingIOError where `how` does not wait and another process has it."""
    folder = kept_kernels.where_kept(package)
    try:
        name = f"{package.rpartition('.')[2]}.lock"
        lock = None if folder is None else (folder / name).open("ab")
    except OSError:  # it cannot be written
        lock = None
    if lock is None:
        yield
        return
    with lock:
        fcntl.flock(lock, how)
        yield
