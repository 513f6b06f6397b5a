"""Whether the decision kernel is compiled, and compiling it meanwhile.

numba keeps machine code in a cache on disk. Before the first time there is none, and making it
takes longer than many a replay: until then the Python engine decides, with the same result,
and a process of its own compiles.
"""

import subprocess
import sys

from numba import types

from market_maker.decision_kernel.run_kernels import run

_SIGNATURE = (types.int64, types.int64, types.int64)
_COMPILE = (
    "import os; os.nice(10); "
    "from market_maker.research.kernel_cache import compile_kernel; compile_kernel()"
)


def is_compiled() -> bool:
    """Whether the kernel can be called at once, in this process or out of the cache."""
    kernel: object = run
    if getattr(kernel, "overloads", None):
        return True
    loaded = kernel._cache.load_overload(_SIGNATURE, kernel.targetctx)  # type: ignore[attr-defined]  # noqa: SLF001
    return loaded is not None


def compile_kernel() -> None:
    """Compile it here and now, and keep it."""
    run.compile(_SIGNATURE)  # type: ignore[attr-defined]


def prepare_kernel(*, wait: bool) -> None:
    """Where it is not compiled: do that here, or in a process that is not waited for."""
    if is_compiled():
        return
    if wait:
        compile_kernel()
        return
    subprocess.Popen(  # noqa: S603  # ourselves
        [sys.executable, "-c", _COMPILE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
