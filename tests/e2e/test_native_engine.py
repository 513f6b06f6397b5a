"""`make native`: the engine as C extensions does the same, and is refused once it is outdated."""

import fcntl
import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from market_maker.storage.recording import write_recording
from tests.support.machine import need_program, not_run
from tests.toy_market import toy_recording

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SEEDS = "3"
# Decisions in the kernel would be the same whatever the engine is.
REPLAY = ("-m", "market_maker", "replay", "--engine", "python")


def python(source, *arguments):
    """Run Python with the package in `source`, from the root of the checkout."""
    path = f"{source}:{ROOT}"
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def copied(folder):
    """The package, with the replay venue's machine code (.kernels), which is the same
    for every engine and takes seconds to compile."""
    hidden = shutil.ignore_patterns("*.pyc", "panel", "*.so", "native_engine.json")
    shutil.copytree(ROOT / "src", folder, ignore=hidden)
    return folder


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    return copied(tmp_path_factory.mktemp("interpreted") / "src")


@pytest.fixture(scope="module")
def native(tmp_path_factory, request):
    """A copy of what one of the workers has built: it takes a core for a minute."""
    need_program("cc")
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        not_run("this Python has no headers to compile against")
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if hasattr(request.config, "workerinput") else base) / "native_engine"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "built").exists():
            source = copied(shared / "src")
            built = python(ROOT / "src", "-m", "scripts.native_engine", "build", "--source", source)
            assert built.returncode == 0, built.stderr
            (shared / "built").touch()
    return Path(shutil.copytree(shared / "src", tmp_path_factory.mktemp("native") / "src"))


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "toy.mmrec"
    write_recording(path, toy_recording(seconds=20))
    return path


def test_actions_reasons_prices_and_pictures_are_equal_in_every_world(native, interpreted):
    shown = {}
    for source in (native, interpreted):
        done = python(source, "-m", "tests.support.engine_hashes", SEEDS)
        assert done.returncode == 0, done.stderr
        shown[source] = json.loads(done.stdout)
    assert shown[native]["engine"].startswith(str(native))
    assert shown[native]["engine"].endswith(".so")
    assert shown[interpreted]["engine"].endswith(".py")
    assert shown[native]["worlds"] == shown[interpreted]["worlds"]


def test_the_tests_of_the_engine_hold_for_it(native):
    done = python(
        native,
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "quick"),
        *("-o", f"pythonpath={native} .", "-m", "not slow and not thorough", "tests/unit/engine"),
    )
    assert done.returncode == 0, done.stdout[-3_000:]


def test_a_replay_has_the_same_state_hash(native, interpreted, recording):
    hashes = set()
    for source in (native, interpreted):
        done = python(source, *REPLAY, recording, "--json")
        assert done.returncode == 0, done.stderr
        hashes.add(json.loads(done.stdout)["state_hash"])
    assert len(hashes) == 1


def test_comparisons_run_it_too(native, recording):
    arguments = ("compare", recording, "--strategies", "symmetric,glft", "--json")
    done = python(native, "-m", "market_maker", *arguments)
    assert done.returncode == 0, done.stderr


def test_it_is_refused_once_its_source_was_changed_and_runs_as_python_when_removed(
    native, recording, tmp_path
):
    changed = tmp_path / "src"
    shutil.copytree(native, changed)
    with (changed / "market_maker" / "engine" / "ladder.py").open("a") as ladder:
        ladder.write("\n# something else\n")
    replay = (*REPLAY, recording, "--json")
    refused = python(changed, *replay)
    assert refused.returncode == 2
    assert "engine/ladder.py" in refused.stderr
    assert "make native" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    stop = python(changed, "-m", "market_maker", "kill", "--data-dir", tmp_path)
    assert "make native" not in stop.stderr
    assert python(ROOT / "src", *REMOVE, changed).returncode == 0
    assert not list(changed.rglob("*.so"))
    assert python(changed, *replay).returncode == 0


REMOVE = ("-m", "scripts.native_engine", "remove", "--source")
