"""Lines, files and functions of each package, before and now.

`python -m tests.support.house_table [REVISION]` prints the table of docs/architecture.md; the
revision of 0.2.0 unless another is named. It needs the repository's history.
"""

import argparse
import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from tests.tidy.names import package_of
from tests.tidy.tree import PACKAGE, ROOT, source_files

RELEASED = "089f622"
"""0.2.0."""

ALL = "all"
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


class Counted(NamedTuple):
    """Of one file."""

    package: str
    lines: int
    functions: int


def counted(place: str, text: str) -> Counted:
    """place: below the package of the product."""
    functions = sum(isinstance(node, _FUNCTIONS) for node in ast.walk(ast.parse(text)))
    return Counted(package_of(tuple(place.split("/"))), text.count("\n"), functions)


def now() -> Iterator[Counted]:
    """Of the working tree."""
    for path in source_files():
        yield counted(path.relative_to(PACKAGE).as_posix(), path.read_text("utf-8"))


def before(revision: str) -> Iterator[Counted]:
    """Of a commit; SystemExit with what git says where there is none."""
    below = PACKAGE.relative_to(ROOT).as_posix()
    for name in _git("ls-tree", "-r", "--name-only", revision, below).splitlines():
        if name.endswith(".py"):
            place = name.removeprefix(f"{below}/")
            yield counted(place, _git("show", f"{revision}:{name}"))


def rows(old: list[Counted], new: list[Counted]) -> Iterator[str]:
    """The table in Markdown: files, lines and functions, then lines of the median and of the
    longest file."""
    yield "| package | files | lines | functions | files now | lines | functions | median, max |"
    yield "|---|---|---|---|---|---|---|---|"
    one, other = _by_package(old), _by_package(new)
    for name in sorted(one.keys() | other.keys(), key=lambda name: (name == ALL, name)):
        sizes = [each.lines for each in other[name]]
        about = f"{median(sizes):.0f}, {max(sizes)}" if sizes else ""
        cells = (name, *_sums(one[name]), *_sums(other[name]), about)
        yield f"| {' | '.join(cells)} |"


def _by_package(files: list[Counted]) -> dict[str, list[Counted]]:
    found: dict[str, list[Counted]] = defaultdict(list)
    for each in files:
        found[each.package].append(each)
        found[ALL].append(each)
    return found


def _sums(files: list[Counted]) -> tuple[str, str, str]:
    if not files:
        return "", "", ""
    lines, functions = (sum(column) for column in list(zip(*files, strict=True))[1:])
    return f"{len(files):,}", f"{lines:,}", f"{functions:,}"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"error: git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def main(words: list[str] | None = None) -> None:
    """The command line. Raises SystemExit with one line for a revision that git does not have."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.house_table")
    parser.description = "Lines, files and functions of each package, before and now."
    parser.add_argument("revision", nargs="?", default=RELEASED, help="before (default: 0.2.0)")
    revision = parser.parse_args(words).revision
    sys.stdout.writelines(f"{row}\n" for row in rows(list(before(revision)), list(now())))


if __name__ == "__main__":
    main()
