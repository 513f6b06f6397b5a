"""Clients that are not ours, each in an environment of its own, and the emulator that they drive.

They are installed by the tests themselves, from locks. Where that cannot be done the tests are not
run, which is said, and with CI=true they fail.
"""

import contextlib
import fcntl
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.drill import ROOT, address_in, market_maker
from tests.support.machine import not_run

HERE = Path(__file__).parent
PATIENCE_S = 600
SESSION_S = 300
ENDS_WITHIN_S = 60


@contextlib.contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """The address of a fresh one, whose accounts may schedule cancels at once."""
    log = folder / "hyperliquid.log"
    options = ("--port", "0", "--schedule-volume", "0")
    process = market_maker(log, "emulate", "hyperliquid", *options)
    try:
        yield address_in(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=ENDS_WITHIN_S)
    assert process.returncode == 0
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def session(tmp_path_factory, testrun_uid) -> Callable[[str, list[str], Path], dict]:
    """Runs a client's session against an emulator of its own; returns the object in its last line.
    A session is run once, however many processes test it."""
    shared = tmp_path_factory.getbasetemp().parent

    def once(name: str, command: list[str], folder: Path) -> dict:
        kept = shared / f"{testrun_uid}-{name}.json"
        with _alone(name):
            if not kept.exists():
                with emulator(tmp_path_factory.mktemp(name)) as url:
                    kept.write_text(_last_line([*command, url], folder))
        return json.loads(kept.read_text())

    return once


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """The interpreter that has hyperliquid-python-sdk and ccxt."""
    with _alone("clients"):
        _installed(["make", ".venv-clients/.locked"], ROOT)
    return ROOT / ".venv-clients" / "bin" / "python"


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """A folder in which Node finds @nktkas/hyperliquid."""
    with _alone("node"):
        folder = HERE / "node"
        done = folder / "node_modules" / ".locked"
        lock = (folder / "package-lock.json").read_text()
        if not done.exists() or done.read_text() != lock:
            _installed(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
            done.write_text(lock)
    return folder


def _last_line(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SESSION_S, check=False
    )
    assert done.returncode == 0, done.stdout[-1_000:] + done.stderr[-3_000:]
    return done.stdout.splitlines()[-1]


def _installed(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        problem = "" if done.returncode == 0 else done.stderr.strip()[-500:] or "it failed"
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if not problem:
        return
    not_run(f"{' '.join(command)}: {problem}")


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """One process of the test run at a time."""
    lock = ROOT / "tests" / "clients" / f".{name}.lock"
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
