"""Every file of tests in a process of its own, its tests in another order: `make alone`.

A worker of the test run has many files, and one may pass only because another one has imported
something before it. Here each runs in a copy of a process that has read libraries and nothing of
ours. Files that are not named: all of tests/, without their slow tests. Ends with 1 where one
fails, and shows what that wrote.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARIES = ("aiohttp", "hypothesis.stateful", "numba", "sqlalchemy.ext.asyncio", "uvicorn")
"""What many tests need, and takes long to import."""
FAST = "not slow and not thorough"
WELL = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
# Who copies a process has imported plugins before pytest could rewrite their asserts.
WORDS = ("-q", "-n0", "-pno:cacheprovider", "-Wignore::pytest.PytestAssertRewriteWarning")


class Shuffled:
    """A test run as a worker's, in which no kernel is loaded before a test does, and an order of
    its own."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def pytest_configure(self, config: pytest.Config) -> None:
        """Be a worker."""
        config.workerinput = {}  # type: ignore[attr-defined]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests of a file in their order."""
        random.Random(self._seed).shuffle(items)


def failing(files: Iterable[str], options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Files that fail alone, and what they wrote."""
    with tempfile.TemporaryDirectory() as folder:
        running: dict[int, tuple[str, Path]] = {}
        for number, name in enumerate(files):
            if len(running) == options.jobs:
                yield from _one_ended(running)
            written = Path(folder, str(number))
            running[_begun(name, written, options)] = name, written
        while running:
            yield from _one_ended(running)


def _begun(name: str, written: Path, options: argparse.Namespace) -> int:
    words = [*WORDS, "-m", options.mark, "--hypothesis-profile", options.profile, name]
    sys.stdout.flush()
    if (process := os.fork()) != 0:
        return process
    code = 1
    with suppress(BaseException), written.open("wb") as out:
        for descriptor in (1, 2):
            os.dup2(out.fileno(), descriptor)
        code = pytest.main(words, plugins=[Shuffled(options.seed)])
        sys.stdout.flush()
    os._exit(code)


def _one_ended(running: dict[int, tuple[str, Path]]) -> Iterator[tuple[str, str]]:
    process, status = os.wait()
    name, written = running.pop(process)
    if os.waitstatus_to_exitcode(status) not in WELL:
        yield name, written.read_text("utf-8", "replace")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.alone", description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--seed", type=int, default=1, help="of the order of a file's tests")
    parser.add_argument("--mark", default=FAST, help="which tests, as pytest's -m has it")
    parser.add_argument("--profile", default="quick", help="of hypothesis")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="files at a time")
    options = parser.parse_args()
    subprocess.run([sys.executable, "-m", "market_maker", "kernels"], check=True)
    for library in LIBRARIES:
        import_module(library)
    all_of_them = (path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/**/test_*.py"))
    failed = 0
    for name, wrote in failing(options.files or sorted(all_of_them), options):
        failed += 1
        sys.stdout.write(f"{wrote}\n{name}: fails alone\n")
    sys.stdout.write(f"{failed} files fail alone\n")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
