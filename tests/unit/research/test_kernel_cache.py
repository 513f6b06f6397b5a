"""The kernel is compiled once, by one process at a time, and kept."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest
from numba import int64

from market_maker.cli.progress import WAITS
from market_maker.replay_venue.compiled import entry, load_kept
from market_maker.research.kernel_cache import is_compiled, prepare_kernel, where_kept
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording

WHERE = "from market_maker.decision_kernel.run_kernels import run; print(run._cache.cache_path)"
VENUE = (
    "from market_maker.replay_venue import kernels; "
    "print(kernels.advance._cache.cache_path, bool(kernels.advance.stats.cache_hits))"
)
SAYING = "from market_maker.cli.progress import venue_ready; venue_ready(); "
READY = "from market_maker.research.kernel_cache import prepare_venue; prepare_venue(); "
COMPILED_ALONE = (
    "from market_maker.replay_venue.recorded_exchange import compile_kernels; compile_kernels()"
)
BESIDE = "from market_maker.research.kernel_cache import compile_beside; compile_beside()"


ASKED = (
    "import gc\n"
    "from market_maker.research.kernel_cache import is_compiled, is_venue_compiled\n"
    "from numba.core import event\n"
    "with event.install_recorder('numba:compile') as compiled:\n"
    "    collected = []\n"
    "    gc.callbacks.append(lambda *_: collected.append(1))\n"
    "    said = is_venue_compiled(), is_compiled()\n"
    "    print(*said, len(compiled.buffer), len(collected) <= 8)"
)
STOPPED = (
    "from market_maker.research.kernel_cache import prepare_venue\n"
    "def stop(): raise SystemExit\n"
    "prepare_venue(stop)"
)
REPLAYED = (
    "import sys\n"
    "from numba.core import event\n"
    "from market_maker.cli.main import run\n"
    "with event.install_recorder('numba:compile') as compiled:\n"
    "    assert run(['replay', sys.argv[1], '--engine', 'python']) == 0\n"
    "print(len(compiled.buffer))"
)


def ran(code, cache, *words):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},  # noqa: TID251 - numba's own setting
        capture_output=True,
        text=True,
        check=True,
    )


def python(code, cache):
    return ran(code, cache).stdout.strip()


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
            [sys.executable, "-c", SAYING + VENUE],
            env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},  # noqa: TID251
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = waiting.stderr.readline()
        python(COMPILED_ALONE, cache)
    out, more = waiting.communicate(timeout=120)
    return cache, out, said + more


@pytest.mark.thorough
def test_a_process_that_finds_another_at_it_leaves_it_to_that_one(waited):
    cache, _, _ = waited
    folder = Path(python(WHERE, cache))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "decision_kernel.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        python(BESIDE, cache)
    assert not list(folder.glob("run_kernels.run-*.nbc"))


@pytest.mark.thorough
def test_a_replay_waits_for_the_process_that_compiles_the_venue(waited):
    _, out, _ = waited
    assert out.split()[1] == "True", "it compiled what the other one had"


@pytest.mark.thorough
def test_a_replay_says_once_what_it_waits_for(waited):
    _, _, said = waited
    assert said == WAITS + "\n"


@pytest.mark.thorough
def test_a_replay_compiles_nothing_where_the_venue_is_kept(waited, tmp_path):
    cache, _, _ = waited
    write_recording(tmp_path / "toy.mmrec", toy_recording(seconds=10))
    replayed = ran(REPLAYED, cache, tmp_path / "toy.mmrec")
    assert (replayed.stdout.splitlines()[-1], replayed.stderr) == ("0", "")


@pytest.mark.thorough
def test_asking_compiles_nothing_and_collects_nothing_but_at_its_end(tmp_path):
    """Each of the two at its end, which is said twice, and perhaps in both generations."""
    assert python(ASKED, tmp_path) == "False False 0 True"


@pytest.mark.thorough
def test_what_waits_for_the_venue_is_called_before_anything_is_compiled(tmp_path):
    assert python(STOPPED, tmp_path) == ""
    assert not list(tmp_path.rglob("*.nbc"))


@pytest.mark.thorough
def test_where_no_cache_can_be_written_the_venue_is_compiled_all_the_same(tmp_path):
    (tmp_path / "a file").write_text("")
    assert python(READY + "print('ready')", tmp_path / "a file" / "below") == "ready"


def test_what_can_be_kept_nowhere_has_no_folder_and_is_never_kept():
    code = compile("lambda x: 2 * x", "<no file, so nowhere to keep a cache>", "eval").co_consts[0]
    kernel = entry(FunctionType(code, {"__name__": "nowhere.at_all"}))
    assert where_kept(kernel) is None
    assert not load_kept(kernel, int64)
    assert kernel(21) == 42
    assert load_kept(kernel, int64)
