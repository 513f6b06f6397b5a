"""How hypothesis behaves: no deadline anywhere, on CI the same examples every time, and fewer of
them in `make check`, which asks for the profile "quick"."""

import gc
import signal

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from market_maker.research.kernel_cache import prepare_kernel, prepare_venue

# Inherits what hypothesis has loaded by itself: its "ci" profile (derandomised) where CI is set.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("patient"), max_examples=20)
settings.load_profile("patient")

# Collecting makes a million objects that stay; walking them again and again finds nothing.
gc.disable()


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in the background of a script; what tests start and interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class OneTidyWorker(LoadFileScheduling):
    """A file is run by one worker; all of tests/tidy is, which parses every file of ours once."""

    def _split_scope(self, nodeid: str) -> str:
        tidy = "tests/tidy/"
        return tidy if nodeid.startswith(tidy) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling | None:
    """For --dist loadfile, OneTidyWorker."""
    return OneTidyWorker(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the kernels once, before the workers start and all do it at once."""
    if not hasattr(session.config, "workerinput"):
        prepare_venue()
        prepare_kernel(wait=True)


def pytest_collection_finish() -> None:
    """From here on the collector works as usual, without what was collected."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow tests first, and of them the longest: none is left to a single worker at the end."""

    def rank(item: pytest.Item) -> int:
        if item.get_closest_marker("slow") is None:
            return 2
        return 0 if "kill_nine" in item.nodeid else 1

    items.sort(key=rank)
