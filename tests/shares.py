"""How a test run is shared out.

Among workers: file by file, so that what a file sets up is set up once, and the longest files
first, so that none is left to a single worker at the end. Among the targets of make: `--share`
names whose tests are wanted, and no file is read that has none of them.
"""

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

LONGEST = (
    "tests/e2e/test_panel.py",
    "tests/e2e/test_platform.py",
    "tests/e2e/test_native_engine.py",
    "tests/e2e/test_full_disk.py",
    "tests/e2e/test_settlement_month.py",
    "tests/e2e/test_hyperliquid_maker.py",
    "tests/simulation/test_session.py",
    "tests/e2e/test_workers.py",
    "tests/e2e/test_schemathesis.py",
    "tests/e2e/test_kill_nine.py",
    "tests/simulation/test_hyperliquid_drill.py",
    "tests/contract/bus/test_secured_kafka.py",
    "tests/e2e/test_operations_doc.py",
    "tests/simulation/test_flow.py",
    "tests/e2e/test_sigterm.py",
    "tests/unit/research/test_compiled_replay.py",
    "tests/e2e/test_hyperliquid_operations_doc.py",
    "tests/e2e/test_settle_drill.py",
    "tests/e2e/test_two_services.py",
    "tests/unit/standalone/test_action_pace.py",
    "tests/e2e/test_backup.py",
    "tests/simulation/test_payday.py",
    "tests/e2e/test_dead_man.py",
    "tests/e2e/test_whole_platform.py",
    "tests/e2e/test_cuts.py",
    "tests/e2e/test_registry_away.py",
    "tests/e2e/test_shutdown_timeout.py",
    "tests/e2e/test_serve.py",
    "tests/unit/standalone/test_maker.py",
    "tests/clients/test_ccxt.py",
    "tests/e2e/test_demo_cli.py",
)
"""About half a minute and more each, as `make test` prints them at its end. What waits for
processes and what computes take turns, so that both cores have something to do."""


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


class ByFile(LoadFileScheduling):
    """A file is run by one worker; all of tests/tidy is, which parses every file of ours once."""

    def _split_scope(self, nodeid: str) -> str:
        tidy = "tests/tidy/"
        return tidy if nodeid.startswith(tidy) else super()._split_scope(nodeid)


def longest_first(items: list[pytest.Item]) -> None:
    """Put LONGEST first, then the other files that have a slow test."""
    places = {name: place for place, name in enumerate(LONGEST)}
    slow = {_file(item) for item in items if item.get_closest_marker("slow")}

    def rank(item: pytest.Item) -> int:
        name = _file(item)
        return places.get(name, len(LONGEST)) if name in slow else len(LONGEST) + 1

    items.sort(key=rank)


def seconds_by_file(reports: Iterable[pytest.TestReport]) -> list[tuple[float, str]]:
    """What each file took, set-up and all, the longest first."""
    found: Counter[str] = Counter()
    for report in reports:
        found[report.nodeid.partition("::")[0]] += report.duration
    return [(seconds, name) for name, seconds in found.most_common()]


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
