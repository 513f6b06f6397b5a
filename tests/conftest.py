"""How hypothesis behaves: no deadline anywhere, on CI the same examples every time. The slow stage
of `make test` asks for the profile "usual" and `make check` for "quick": fewer examples, and fewer
seeds of simulations that count them with tests.examples; `make thorough` tries all of them."""

import gc
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from market_maker.research.kernel_cache import prepare_kernel, prepare_venue
from tests.shares import ByFile, Share, is_left_out, longest_first, seconds_by_file

# Inherits what hypothesis has loaded by itself: its "ci" profile (derandomised) where CI is set.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("usual", settings.get_profile("patient"), max_examples=40)
settings.register_profile("quick", settings.get_profile("patient"), max_examples=10)
settings.load_profile("patient")

LISTED = 60
"""Files of the slow stage, with what each took."""

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


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile | None:
    """For --dist loadfile, ByFile."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the kernels once, before the workers start and all do it at once."""
    if not hasattr(session.config, "workerinput"):
        prepare_venue()
        prepare_kernel(wait=True)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Which files the slow stage spent its time in."""
    if config.getoption("share") != Share.REST:
        return
    reports = [each for kind in terminalreporter.stats.values() for each in kind]
    tests = (each for each in reports if isinstance(each, pytest.TestReport))
    terminalreporter.section("longest files")
    for seconds, name in seconds_by_file(tests)[:LISTED]:
        terminalreporter.write_line(f"{seconds:.0f}s {name}")


def pytest_collection_finish() -> None:
    """From here on the collector works as usual, without what was collected."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which files are handed out."""
    longest_first(items)
