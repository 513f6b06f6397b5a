"""Kernels made ready: the replay venue's, which every replay needs, and the decision kernel.

numba keeps machine code in a cache on disk. Before the first time there is none. The venue's takes
some seconds, which a replay waits for; so it is compiled where the project is installed, by
`market_maker kernels`, and meanwhile by commands that make a recording. The decision kernel takes
longer than many a replay: until it is there the Python engine decides, with the same result.
Processes that compile do so one at a time, those that are not waited for behind all others.
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
from typing import IO, Any

from market_maker.research.engine_choice import no_kernel
from market_maker.research.uncollected import uncollected

_NOT_WAITING = fcntl.LOCK_EX | fcntl.LOCK_NB
_BESIDE: list[subprocess.Popen[bytes]] = []
"""Processes that compile, which are not waited for. Python warns of one that is forgotten."""


@uncollected()  # what numba reads of it stays
def is_compiled() -> bool:
    """Whether the kernel can be called at once; what is kept of it is loaded."""
    from market_maker.replay_venue.compiled import load_kept

    return load_kept(_kernel(), *_signature())


@uncollected()  # what numba reads of it stays
def is_venue_compiled() -> bool:
    """As is_compiled, of the replay venue's largest kernel."""
    from numba import types

    from market_maker.replay_venue.compiled import load_kept
    from market_maker.replay_venue.kernels import advance

    return load_kept(advance, types.int64, types.int64)


def prepare_venue(waits: Callable[[], None] = lambda: None) -> None:
    """Make the replay venue's kernels ready: a tenth of a second, some seconds where they have to
    be compiled. Where another process is at it, it is waited for. waits: called where nothing is
    kept yet."""
    from market_maker.replay_venue import kernels
    from market_maker.replay_venue.recorded_exchange import compile_kernels

    if not is_venue_compiled():
        waits()
    with _alone("replay_venue.lock", kernels.advance, fcntl.LOCK_EX):
        compile_kernels()


def where_kept(kernel: Any = None) -> Path | None:
    """The folder in which a kernel is kept, the venue's largest by default; None where nothing can
    be kept."""
    from market_maker.replay_venue.kernels import advance

    path = getattr(getattr(kernel or advance, "_cache", None), "cache_path", None)
    return None if path is None else Path(path)


def compile_kernel() -> None:
    """Compile it here and now, and keep it. Where another process is at it, that is waited for."""
    with _alone("decision_kernel.lock", _kernel(), fcntl.LOCK_EX):
        _kernel().compile(_signature())


def compile_beside() -> None:
    """Compile what is missing in a process of its own, behind all others. The decision kernel only
    where no other process is at it."""
    os.nice(10)
    prepare_venue()
    if no_kernel() is not None:
        return
    with suppress(BlockingIOError), _alone("decision_kernel.lock", _kernel(), _NOT_WAITING):
        if not is_compiled():
            _kernel().compile(_signature())


def prepare_beside() -> None:
    """Have everything compiled in a process that is not waited for. Nothing where the research
    extra is not installed."""
    if find_spec("numba") is None or ("numba" in sys.modules and _is_ready()):
        return  # without numba here the new process is asked, for it takes half a second to load
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


def _is_ready() -> bool:
    return no_kernel() is not None or is_compiled()


@contextmanager
def _alone(name: str, kernel: Any, how: int) -> Iterator[None]:
    """Hold the lock of that name beside what is kept of `kernel`; nothing where nothing can be
    kept. Raises BlockingIOError where `how` does not wait and another process has it."""
    folder = where_kept(kernel)
    try:
        lock = None if folder is None else _file(folder / name)
    except OSError:  # it cannot be written
        lock = None
    if lock is None:
        yield
        return
    with lock:
        fcntl.flock(lock, how)
        yield


def _file(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


def _signature() -> Any:
    from numba import types

    return (types.int64, types.int64, types.int64)


def _kernel() -> Any:
    from market_maker.decision_kernel.run_kernels import run

    return run
