"""The kernel is compiled once, by one process at a time, and kept."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.research.kernel_cache import is_compiled, prepare_kernel

WHERE = "from market_maker.decision_kernel.run_kernels import run; print(run._cache.cache_path)"
BESIDE = "from market_maker.research.kernel_cache import compile_beside; compile_beside()"


def python(code, cache):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},  # noqa: TID251 - numba's own setting
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_what_is_compiled_is_not_compiled_again():
    """The session's start has compiled it."""
    assert is_compiled()
    prepare_kernel(wait=True)
    prepare_kernel(wait=False)


@pytest.mark.thorough
def test_a_process_that_finds_another_at_it_leaves_it_to_that_one(tmp_path):
    folder = Path(python(WHERE, tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "decision_kernel.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        python(BESIDE, tmp_path)
    assert not list(folder.glob("run_kernels.run-*.nbc"))
