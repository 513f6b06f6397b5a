"""How hypothesis behaves: no deadline anywhere, and the same examples every time, so that what one
machine finds in order another one does. The slow stage of `make test` asks for the profile "usual"
and `make check` for "quick": fewer examples, and fewer seeds of simulations that count them with
tests.examples. `make thorough` searches: it tries all of them, and other examples each time."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from market_maker.research import kernel_cache
from tests.shares import (
    ByFile,
    Share,
    is_left_out,
    longest_first,
    processor_seconds,
    spent_by_file,
    stand_back,
    workers_for,
)
from tests.support.grpc_loop import GrpcLoops
from tests.support.patient_loop import PatientLoop

settings.register_profile(
    "searching",
    deadline=None,
    derandomize=False,  # also where CI is set
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("patient", settings.get_profile("searching"), derandomize=True)
settings.register_profile("usual", settings.get_profile("patient"), max_examples=40)
settings.register_profile("quick", settings.get_profile("patient"), max_examples=10)
settings.load_profile("patient")

LISTED = 60
"""Files of the slow stage, with what each took."""

PREPARE = (
    f"from {kernel_cache.__name__} import prepare_kernel, prepare_venue\n"
    "prepare_venue(); prepare_kernel(wait=True)"
)

OF_A_TERMINAL = (
    "COLORTERM",
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "LINES",
    "NO_COLOR",
    "PY_COLORS",
    "TERMINAL_WIDTH",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
)
"""What typer and rich go by. A test, and what it starts, is shown nothing of where it is run."""

for name in OF_A_TERMINAL:
    os.environ.pop(name, None)  # noqa: TID251 - of this process and those that it starts

# What tests measure is the source, whatever was built beside it; those of the native engine differ.
os.environ["MM_ENGINE"] = "interpreted"  # noqa: TID251 - of this process and those that it starts

# Collecting makes a million objects that stay; walking them again and again finds nothing.
gc.disable()


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in the background of a script; what tests start and interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """--share of tests.shares."""
    parser.addoption("--share", choices=[share.value for share in Share], help="whose tests")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file that has no test of the share is not read."""
    share = config.getoption("share")
    if share is None or not collection_path.name.startswith("test_"):
        return None
    return is_left_out(collection_path, Share(share)) or None


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Iterator[None]:
    """`-n auto` of the slow stage: one for every core, and those of tests that wait."""
    cores = yield
    return workers_for(cores) if config.getoption("share") == Share.REST else cores


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile | None:
    """For --dist loadfile, ByFile."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the kernels once, before the workers start and all do it at once. In a process of its
    own: where this one runs the tests itself, they find no more loaded than in a worker."""
    if not hasattr(session.config, "workerinput"):
        subprocess.run([sys.executable, "-c", PREPARE], check=True)


class SlowStage:
    """What computes stands back for what waits; reports, which workers send on, say what each
    test took of a core."""

    def __init__(self) -> None:
        self._so_far = processor_seconds()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before its fixtures are made."""
        stand_back(item.nodeid.partition("::")[0])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Iterator[None]:
        """Add it to what a report says."""
        report = yield
        before, self._so_far = self._so_far, processor_seconds()
        report.processor = self._so_far - before
        return report


def pytest_configure(config: pytest.Config) -> None:
    """Where the slow stage is wanted, it has a plugin of its own."""
    if config.getoption("share") == Share.REST:
        config.pluginmanager.register(SlowStage())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Which files the slow stage spent its time in."""
    if config.getoption("share") != Share.REST:
        return
    reports = [each for kind in terminalreporter.stats.values() for each in kind]
    tests = (each for each in reports if isinstance(each, pytest.TestReport))
    terminalreporter.section("longest files")
    for spent in spent_by_file(tests)[:LISTED]:
        line = f"{spent.wall:.0f}s, {spent.processor:.0f}s of a core, {spent.name}"
        terminalreporter.write_line(line)


def pytest_collection_finish() -> None:
    """From here on the collector works as usual, without what was collected."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which files are handed out."""
    longest_first(items)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    """What asynchronous tests run on."""
    return "asyncio", {"loop_factory": PatientLoop}


@pytest.fixture(scope="session")
def grpc_loops() -> Iterator[GrpcLoops]:
    """The loops of tests that use gRPC."""
    with GrpcLoops() as loops:
        yield loops
