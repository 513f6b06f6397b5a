"""Whether the decision kernel is compiled, and compiling it meanwhile.

numba keeps machine code in a cache on disk. Before the first time there is none, and making it
takes longer than many a replay: until then the Python engine decides, with the same result,
and a process of its own compiles, one at a time.
"""
# Imported where it is used: a kernel is made of the engine's Python, which a native engine hides.
# ruff: noqa: PLC0415

import fcntl
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from numba import types

from market_maker.research.engine_choice import no_kernel

_SIGNATURE = (types.int64, types.int64, types.int64)
_BESIDE: list[subprocess.Popen[bytes]] = []
"""Processes that compile, which are not waited for. Python warns of one that is forgotten."""


def is_compiled() -> bool:
    """Whether the kernel can be called at once, in this process or out of the cache."""
    kernel = _kernel()
    if getattr(kernel, "overloads", None):
        return True
    loaded = kernel._cache.load_overload(_SIGNATURE, kernel.targetctx)  # noqa: SLF001
    return loaded is not None


def compile_kernel() -> None:
    """Compile it here and now, and keep it."""
    _kernel().compile(_SIGNATURE)


def compile_beside() -> None:
    """Compile it in a process of its own, behind all others, unless another one is at it or there
    is nowhere to keep it."""
    os.nice(10)
    with suppress(OSError):
        folder = Path(_kernel()._cache.cache_path)  # noqa: SLF001
        with (folder / "decision_kernel.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not is_compiled():
                compile_kernel()


def prepare_kernel(*, wait: bool) -> None:
    """Where there can be a kernel and it is not compiled: compile it here, or in a process that is
    not waited for."""
    if no_kernel() is not None or is_compiled():
        return
    if wait:
        compile_kernel()
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


def _kernel() -> Any:
    from market_maker.decision_kernel.run_kernels import run

    return run
