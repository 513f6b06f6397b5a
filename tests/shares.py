"""How a test run is shared out.

Among workers: file by file, so that what a file sets up is set up once, and the longest files
first, so that none is left to a single worker at the end. Among the targets of make: `--share`
names whose tests are wanted, and no file is read that has none of them.
"""

import os
import re
import resource
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest
from msgspec import Struct
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

LONGEST = (
    "tests/e2e/test_panel.py",
    "tests/e2e/test_native_engine.py",
    "tests/e2e/test_settlement_month.py",
    "tests/simulation/test_session.py",
    "tests/e2e/test_platform.py",
    "tests/simulation/test_hyperliquid_drill.py",
    "tests/e2e/test_full_disk.py",
    "tests/unit/research/test_kernel_cache.py",
    "tests/e2e/test_settle_drill.py",
    "tests/e2e/test_sweep_cli.py",
    "tests/e2e/test_hyperliquid_maker.py",
    "tests/unit/standalone/test_action_pace.py",
    "tests/e2e/test_workers.py",
    "tests/unit/venues/recorded/test_mutated_captures.py",
    "tests/e2e/test_schemathesis.py",
    "tests/unit/standalone/test_troubleshooting.py",
    "tests/e2e/test_kill_nine.py",
    "tests/e2e/test_first_compilation.py",
    "tests/e2e/test_frozen_service.py",
    "tests/simulation/test_session_oracles.py",
    "tests/e2e/test_two_services.py",
    "tests/unit/research/test_compiled_replay.py",
    "tests/e2e/test_dead_man.py",
    "tests/simulation/test_replay_parity.py",
    "tests/e2e/test_backup.py",
    "tests/unit/standalone/test_maker.py",
    "tests/e2e/test_hyperliquid_operations_doc.py",
    "tests/e2e/test_sweeps_doc.py",
    "tests/e2e/test_serve_kafka.py",
    "tests/unit/cli/test_equal_turnover.py",
    "tests/e2e/test_operations_doc.py",
    "tests/e2e/test_sweep_cluster.py",
    "tests/clients/test_ccxt.py",
    "tests/contract/store/test_ledger_check.py",
    "tests/e2e/test_walk_cli.py",
    "tests/contract/store/test_money_plans.py",
    "tests/e2e/test_sigterm.py",
    "tests/simulation/test_flow.py",
    "tests/e2e/test_cuts.py",
    "tests/simulation/test_payday.py",
    "tests/contract/bus/test_secured_kafka.py",
    "tests/unit/cli/test_simulate_quotes.py",
    "tests/e2e/test_shutdown_timeout.py",
    "tests/contract/store/test_settlements.py",
    "tests/e2e/test_observability.py",
    "tests/golden/test_replay_recordings.py",
    "tests/e2e/test_serve.py",
    "tests/unit/engine/test_random_venue.py",
    "tests/e2e/test_readme.py",
    "tests/contract/store/test_owners.py",
    "tests/e2e/test_database_restart.py",
    "tests/unit/sandbox/test_market.py",
    "tests/e2e/test_demo_cli.py",
    "tests/unit/research/test_clamp_tables.py",
    "tests/e2e/test_kill_without_http.py",
    "tests/e2e/test_two_venues.py",
    "tests/e2e/test_whole_platform.py",
    "tests/e2e/test_registry_away.py",
    "tests/e2e/test_drawdown.py",
    "tests/contract/bus/test_kafka.py",
)
"""Half a minute and more each on a busy machine, as `make test` prints them at its end."""

WAITING = (
    "tests/clients/",
    "tests/contract/bus/",
    "tests/contract/topics/",
    "tests/e2e/",
    "tests/unit/standalone/test_maker.py",
)
COMPUTING = (
    "tests/e2e/test_compare_cli.py",
    "tests/e2e/test_estimates_cli.py",
    "tests/e2e/test_first_compilation.py",
    "tests/e2e/test_native_engine.py",
    "tests/e2e/test_replay_cli.py",
    "tests/e2e/test_sweep_cli.py",
    "tests/e2e/test_sweep_cluster.py",
    "tests/e2e/test_sweeps_doc.py",
)
"""Which files wait for processes and clocks much of their time, and which of those places take a
core for as long as they last, as most others do."""

STANDS_BACK = 5
"""By how much, as `nice` counts."""

MORE_WORKERS = 2
"""Than there are cores: they begin with what waits."""


LEFT_TO_TEST = (
    "tests/contract/",
    "tests/e2e/",
    "tests/golden/",
    "tests/reference/",
    "tests/simulation/",
    "tests/unit/api/",
    "tests/unit/accounting/test_settling.py",
    "tests/unit/bus/test_kafka.py",
    "tests/unit/cli/test_fair_price.py",
    "tests/unit/journaling/test_journal.py",
    "tests/unit/research/",
    "tests/unit/serving/",
    "tests/unit/standalone/test_dry_run.py",
    "tests/unit/test_smart_maker.py",
)
"""Whose fast tests `make test` runs and measures, and `make check` does without: it has the rules
of the house and the other unit tests. A request to the API, a service that starts or a replay
costs many times what they do, and a client library's thread is waited for."""

MARKED = re.compile(r"\bmark\.(slow|thorough)\b")
WHOLE = re.compile(rf"^pytestmark = .*{MARKED.pattern}", re.MULTILINE)
HERE = Path(__file__).parents[1]
OWN_PRIORITY = os.getpriority(os.PRIO_PROCESS, 0)


class Share(StrEnum):
    """Whose tests: `make check`'s, or the slow and thorough ones. Where coverage is measured every
    file is read: what reading it imports counts."""

    CHECK = "check"
    REST = "rest"


def is_left_out(path: Path, share: Share, root: Path = HERE) -> bool:
    """Whether a file of tests has none of that share. One whose tests are all slow or thorough says
    so in `pytestmark`; any other that has one names the mark, or a conftest above it does."""
    if share is Share.REST:
        above = (folder / "conftest.py" for folder in path.parents if folder.is_relative_to(root))
        return not any(_says(each, MARKED) for each in (path, *above))
    return path.relative_to(root).as_posix().startswith(LEFT_TO_TEST) or _says(path, WHOLE)


@cache
def _says(path: Path, words: re.Pattern[str]) -> bool:
    return path.exists() and words.search(path.read_text("utf-8")) is not None


def waits(name: str) -> bool:
    """Whether a file of tests waits much of its time."""
    return name.startswith(WAITING) and name not in COMPUTING


def stand_back(name: str) -> None:
    """Let files that wait go before one that computes: they have limits in wall time. Who is not
    root cannot go back, and stands back from then on."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, OWN_PRIORITY + (0 if waits(name) else STANDS_BACK))


def workers_for(cores: int) -> int:
    """Of the slow stage, whose tests together take less than half of a core each."""
    return cores + MORE_WORKERS


class ByFile(LoadFileScheduling):
    """A file is run by one worker; all of tests/tidy is, which parses every file of ours once.

    In the slow stage, which has more workers than cores, as many as there are cores take what
    computes first and the others what waits, so that there is always something of both.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        slow = config.getoption("share") == Share.REST
        self._computing = max(1, self.numnodes - MORE_WORKERS) if slow else 0

    def _split_scope(self, nodeid: str) -> str:
        tidy = "tests/tidy/"
        return tidy if nodeid.startswith(tidy) else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if self._computing:
            computes = self.nodes.index(node) < self._computing
            fitting = (name for name in self.workqueue if waits(name) is not computes)
            name = next(fitting, next(iter(self.workqueue)))
            self.workqueue.move_to_end(name, last=False)
        super()._assign_work_unit(node)


def longest_first(items: list[pytest.Item]) -> None:
    """Put LONGEST first, then the other files that have a slow test. Where none of a file's tests
    is slow or thorough, as in the other stages, it keeps its place."""
    places = {name: place for place, name in enumerate(LONGEST)}
    slow = {_file(item) for item in items if item.get_closest_marker("slow")}
    thorough = {_file(item) for item in items if item.get_closest_marker("thorough")}

    def rank(item: pytest.Item) -> int:
        name = _file(item)
        others = len(LONGEST) if name in slow else len(LONGEST) + 1
        return places.get(name, others) if name in slow | thorough else others

    items.sort(key=rank)


class Spent(Struct):
    """Seconds of a file, set-up and all, and what it took of a core meanwhile."""

    name: str
    wall: float = 0.0
    processor: float = 0.0


def spent_by_file(reports: Iterable[pytest.TestReport]) -> list[Spent]:
    """The longest first."""
    found: dict[str, Spent] = {}
    for report in reports:
        name = report.nodeid.partition("::")[0]
        spent = found.setdefault(name, Spent(name))
        spent.wall += report.duration
        spent.processor += getattr(report, "processor", 0.0)
    return sorted(found.values(), key=lambda spent: -spent.wall)


def processor_seconds() -> float:
    """What this process has taken so far, and its children that have ended."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
