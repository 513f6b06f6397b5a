"""The kernel is compiled once, by one process at a time, and kept."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.research.kernel_cache import is_compiled, prepare_kernel

WHERE = "from market_maker.decision_kernel.run_kernels import run; print(run._cache.cache_path)"
VENUE = (
    "from market_maker.replay_venue import kernels; "
    "print(kernels.advance._cache.cache_path, bool(kernels.advance.stats.cache_hits))"
)
READY = "from market_maker.research.kernel_cache import prepare_venue; prepare_venue(); "
COMPILED_ALONE = (
    "from market_maker.replay_venue.recorded_exchange import compile_kernels; compile_kernels()"
)
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


@pytest.fixture(scope="module")
def waited(tmp_path_factory):
    """A cache that one process has filled with the venue, and what another said that waited."""
    cache = tmp_path_factory.mktemp("cache")
    folder = Path(python(VENUE, cache).split()[0])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "replay_venue.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [sys.executable, "-c", READY + VENUE],
            env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},  # noqa: TID251
            stdout=subprocess.PIPE,
            text=True,
        )
        python(COMPILED_ALONE, cache)
    out, _ = waiting.communicate(timeout=120)
    return cache, out


@pytest.mark.thorough
def test_a_process_that_finds_another_at_it_leaves_it_to_that_one(waited):
    cache, _ = waited
    folder = Path(python(WHERE, cache))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "decision_kernel.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        python(BESIDE, cache)
    assert not list(folder.glob("run_kernels.run-*.nbc"))


@pytest.mark.thorough
def test_a_replay_waits_for_the_process_that_compiles_the_venue(waited):
    _, out = waited
    assert out.split()[1] == "True", "it compiled what the other one had"


@pytest.mark.thorough
def test_where_no_cache_can_be_written_the_venue_is_compiled_all_the_same(tmp_path):
    (tmp_path / "a file").write_text("")
    assert python(READY + "print('ready')", tmp_path / "a file" / "below") == "ready"
