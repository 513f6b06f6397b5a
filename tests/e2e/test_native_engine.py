"""`make run` and its like build the engine as C extensions where they can: it does the same, is
passed over once it is outdated, and is run by nothing that does not trade."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.servers import free_port
from tests.support.machine import need_program, not_run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
SEEDS = "3"
BUILD = ("make", "native-if-possible")
TAKEN = ("-m", "tests.support.run_native")
GENERATED = ("*.pyc", "panel", "*.so", "native", "__pycache__")
MARKS = (".run-locked", ".native-locked", ".locked", ".running", ".installed")
OURS = ("MM_ENGINE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""Of these tests, and of the make that runs them."""
OF_A_PERSON = {name: text for name, text in os.environ.items() if name not in OURS}  # noqa: TID251
PYTHON = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


def ran(*words, cwd, env):
    return subprocess.run(
        list(map(str, words)), cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def python(tree, *arguments):
    """Run Python with the package of `tree` and the tests of this checkout."""
    env = {**PYTHON, "PYTHONPATH": f"{tree / 'src'}:{ROOT}"}
    return ran(sys.executable, *arguments, cwd=ROOT, env=env)


def made(tree, *words):
    """What a person calls there."""
    done = ran(*words, cwd=tree, env=OF_A_PERSON)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def checkout(tree):
    """A checkout with everything installed, from here, and a panel that needs no building."""
    tree.mkdir()
    (tree / "panel").mkdir()
    for name in ("Makefile", "pyproject.toml", "panel/package-lock.json"):
        shutil.copy(ROOT / name, tree / name)
    shutil.copytree(ROOT / "locks", tree / "locks")
    shutil.copytree(ROOT / "scripts", tree / "scripts", ignore=shutil.ignore_patterns(*GENERATED))
    # .kernels: the replay venue's machine code, which takes seconds to compile.
    shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns(*GENERATED))
    home = tree / ".venv"
    venv.create(home, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    needed = [str(tree / "src"), sysconfig.get_path("purelib")]
    Path(packages, "needed.pth").write_text("\n".join(needed))
    program = home / "bin" / "market_maker"
    starts = "from market_maker.cli.start import main; main()"
    program.write_text(f"#!{home}/bin/python\n{starts}\n")
    program.chmod(0o755)
    for mark in MARKS:
        (home / mark).touch()
    for built in ("panel/node_modules/.installed", "src/market_maker/panel/index.html"):
        (tree / built).parent.mkdir(parents=True, exist_ok=True)
        (tree / built).touch()
    return tree


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    return checkout(tmp_path_factory.mktemp("interpreted") / "tree")


@pytest.fixture(scope="module")
def native(tmp_path_factory, request):
    """A checkout in which one of the workers has built: it takes a core for half a minute."""
    need_program("cc")
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        not_run("this Python has no headers to compile against")
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if hasattr(request.config, "workerinput") else base) / "native_engine"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "built").exists():
            said = made(checkout(shared / "tree"), *BUILD)
            assert "Building the native engine" in said
            assert "The native engine is built" in said
            (shared / "built").touch()
    return shared / "tree"


def ports():
    names = ("HTTP_PORT", "METRICS_PORT", "PANEL_PORT")
    return [f"{name}={free_port()}" for name in names]


def test_actions_reasons_prices_and_pictures_are_equal_in_every_world(native, interpreted):
    shown = {}
    for source, taken in ((native, TAKEN), (interpreted, ("-m",))):
        done = python(source, *taken, "tests.support.engine_hashes", SEEDS)
        assert done.returncode == 0, done.stderr
        shown[source] = json.loads(done.stdout)
    assert shown[native]["engine"].startswith(str(native))
    assert shown[native]["engine"].endswith(".so")
    assert shown[interpreted]["engine"].endswith(".py")
    assert shown[native]["worlds"] == shown[interpreted]["worlds"]


def test_the_tests_of_the_engine_hold_for_it(native):
    done = python(
        native,
        *(*TAKEN, "pytest", "-q", "-p", "no:cacheprovider", "--hypothesis-profile", "quick"),
        *("-o", f"pythonpath={native / 'src'} .", "-m", "not slow and not thorough"),
        "tests/unit/engine",
    )
    assert done.returncode == 0, done.stdout[-3_000:]


def test_make_run_starts_a_service_whose_engine_is_native_and_builds_it_once(native):
    said = made(native, *BUILD, "run", "ARGS=--seconds 1", *ports())
    assert "Building" not in said
    assert "engine native\n" in said
    assert "ledger: right" in said


def test_what_does_not_trade_runs_the_source(native):
    asked = "from market_maker.engine import engine; print(engine.__file__)"
    program = "import sys; from market_maker.cli.main import run; run(['kernels', '--no-wait']); "
    done = ran(native / ".venv/bin/python", "-c", program + asked, cwd=native, env=OF_A_PERSON)
    assert done.stdout.splitlines()[-1].endswith("engine.py")


def test_an_engine_that_is_edited_after_the_build_runs_as_python_until_make_builds_it_again(
    native, tmp_path
):
    tree = tmp_path / "tree"
    shutil.copytree(native, tree, symlinks=True)
    packages = next((tree / ".venv" / "lib").glob("python*/site-packages"))
    (packages / "needed.pth").write_text(f"{tree / 'src'}\n{sysconfig.get_path('purelib')}")
    with (tree / "src" / "market_maker" / "engine" / "ladder.py").open("a") as ladder:
        ladder.write("\n# something else\n")
    walk = (".venv/bin/python", "-m", "market_maker", "walk", "--seconds", "1")
    said = made(tree, "env", *ports(), *walk)
    assert "engine interpreted: engine/ladder.py was changed after it was built" in said
    strict = ran(*walk, cwd=tree, env={**OF_A_PERSON, "MM_ENGINE": "native"})
    assert strict.returncode == 2
    assert "engine/ladder.py was changed" in strict.stderr
    assert made(tree, "env", "MM_ENGINE=interpreted", *BUILD) == ""
    assert "The native engine is built" in made(tree, *BUILD)
    assert "engine native\n" in made(tree, "env", *ports(), *walk)
