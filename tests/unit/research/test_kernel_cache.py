"""The kernel is compiled once, by one process at a time, and kept."""

import fcntl
import os
import subprocess
import sys

import msgspec
import pytest

from market_maker.cli.progress import PLAIN, WAITS
from market_maker.research.engine_choice import NOTHING_KEPT
from market_maker.research.kernel_cache import is_compiled, prepare_kernel, where_kept
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording

HERE = "from market_maker.research.kernel_cache import where_kept; print(where_kept())"
VENUE = (
    "import sys; from market_maker.replay_venue import kernels; "
    "kernels.advance.is_ready or print('not ready'); print('numba' in sys.modules)"
)
SAYING = "from market_maker.cli.progress import venue_ready; venue_ready(); "
READY = "from market_maker.research.kernel_cache import prepare_venue; prepare_venue(); "
COMPILED_ALONE = (
    "import market_maker.research; "
    "from market_maker.replay_venue import compiled, kernels; "
    "compiled.make_ready(kernels.__package__)"
)
BESIDE = "from market_maker.research.kernel_cache import compile_beside; compile_beside()"


ASKED = (
    "import sys\n"
    "from market_maker.research.kernel_cache import is_compiled, is_venue_compiled\n"
    "said = is_venue_compiled(), is_compiled()\n"
    "print(*said, 'numba' in sys.modules)"
)
STOPPED = (
    "from market_maker.research.kernel_cache import prepare_venue\n"
    "def stop(): raise SystemExit\n"
    "prepare_venue(stop)"
)
REPLAYED = (
    "import sys\n"
    "from market_maker.cli.main import run\n"
    "assert run(['replay', sys.argv[1], '--engine', 'python']) == 0\n"
    "print('numba' in sys.modules)"
)
REPLAYED_BY_ITSELF = (
    "import sys\n"
    "from market_maker.cli.main import run\n"
    "from market_maker.research import kernel_cache\n"
    "assert run(['replay', sys.argv[1], '--one-queue']) == 0\n"
    "print(len(kernel_cache._BESIDE))"
)


REPLAYED_AS_JSON = (
    "import sys\n"
    "from market_maker.cli.main import run\n"
    "assert run(['replay', sys.argv[1], '--engine', 'python', '--json']) == 0\n"
    "print('numba' in sys.modules)"
)
BESIDE_TWICE = (
    "from market_maker.research import kernel_cache\n"
    "kernel_cache.prepare_beside()\n"
    "kernel_cache.prepare_beside()\n"
    "print(len(kernel_cache._BESIDE))\n"
    "for process in kernel_cache._BESIDE:\n"
    "    process.kill()\n"
    "    process.wait()"
)
LONGER = (
    "from market_maker.research.kernel_cache import PLAIN_ROWS_MAX, is_venue_plain\n"
    "print(is_venue_plain(PLAIN_ROWS_MAX + 1))"
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
    """A folder that one process has filled with the venue, and what another said that waited."""
    cache = tmp_path_factory.mktemp("cache")
    with (cache / "replay_venue.lock").open("ab") as lock:
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
    assert python(HERE, cache) == str(cache)
    with (cache / "decision_kernel.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        python(BESIDE, cache)
    kept = sorted(path.name.partition(".")[0] for path in cache.glob("*.kernels"))
    assert kept == ["replay_venue"]


@pytest.mark.thorough
def test_a_replay_waits_for_the_process_that_compiles_the_venue(waited):
    _, out, _ = waited
    assert out == "False\n", "it compiled what the other one had"


@pytest.mark.thorough
def test_a_replay_says_once_what_it_waits_for(waited):
    _, _, said = waited
    assert said == WAITS + "\n"


@pytest.mark.thorough
def test_a_replay_compiles_nothing_where_the_venue_is_kept(waited, tmp_path):
    cache, _, _ = waited
    write_recording(tmp_path / "toy.mmrec", toy_recording(seconds=10))
    replayed = ran(REPLAYED, cache, tmp_path / "toy.mmrec")
    assert (replayed.stdout.splitlines()[-1], replayed.stderr) == ("False", "")


@pytest.mark.thorough
def test_asking_compiles_nothing(tmp_path):
    assert python(ASKED, tmp_path) == "False False False"


@pytest.mark.thorough
def test_what_waits_for_the_venue_is_called_before_anything_is_compiled(tmp_path):
    assert python(STOPPED, tmp_path) == ""
    assert not list(tmp_path.rglob("*.kernels"))


@pytest.mark.thorough
def test_where_nothing_can_be_kept_no_process_compiles_and_the_replay_says_why(tmp_path):
    recording, taken = tmp_path / "toy.mmrec", tmp_path / "file"
    write_recording(recording, toy_recording())
    taken.touch()
    said, begun = ran(REPLAYED_BY_ITSELF, taken, recording).stdout.rstrip().rsplit("\n", 1)
    assert "nothing can be kept" in " ".join(said.split())
    assert begun == "0"


@pytest.mark.thorough
def test_a_short_recording_waits_for_nothing_and_the_result_is_the_same(tmp_path):
    """It waited for some seconds, in an installation that nothing was compiled in yet."""
    recording, taken = tmp_path / "toy.mmrec", tmp_path / "file"
    write_recording(recording, toy_recording(seconds=30))
    taken.touch()
    cold, warm = (ran(REPLAYED_AS_JSON, each, recording) for each in (taken, where_kept()))
    assert cold.stderr == f"{PLAIN}: {NOTHING_KEPT}\n"
    assert warm.stderr == ""
    (said, numba), (again, _) = (each.stdout.splitlines() for each in (cold, warm))
    assert numba == "False", "nothing was compiled"
    one, other = (msgspec.json.decode(each) for each in (said, again))
    assert one["state_hash"] == other["state_hash"]


def test_one_process_is_enough_to_compile_beside(tmp_path):
    with (tmp_path / "replay_venue.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert python(BESIDE_TWICE, tmp_path) == "1"


@pytest.mark.thorough
def test_a_longer_recording_waits_for_the_venue(tmp_path):
    assert python(LONGER, tmp_path) == "False"
    assert not list(tmp_path.rglob("*.kernels"))


def test_where_no_cache_can_be_written_the_venue_is_compiled_all_the_same(tmp_path):
    (tmp_path / "a file").write_text("")
    assert python(READY + "print('ready')", tmp_path / "a file" / "below") == "ready"
