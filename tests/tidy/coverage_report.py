"""Coverage by package against floors that only rise: `python -m tests.tidy.coverage_report FILE`.

FILE: what pytest-cov wrote as JSON. Exit code 1 where a package is below its floor in
coverage_floors.toml, or, where it stands in none, below NEW. `--raise` writes
the floors that can rise, and lowers none.
"""

import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

FLOORS = Path(__file__).parent / "coverage_floors.toml"
PACKAGE = "src/market_maker/"
SLACK = 2.0
"""Points that examples and timing may cost between two runs."""
NEW = {"line": 75, "branch": 50}
"""The floor of a package that has none yet."""


class Measured(NamedTuple):
    """Per cent of lines and of branches that the fast tests run; 100 where there are none."""

    line: float
    branch: float


def measured(report: dict) -> dict[str, Measured]:
    """By package; a module that stands alone is a package of its own."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for name, each in report["files"].items():
        package = name.removeprefix(PACKAGE).split("/")[0].removesuffix(".py")
        summary = each["summary"]
        for place, field in enumerate(
            ("covered_lines", "num_statements", "covered_branches", "num_branches")
        ):
            sums[package][place] += summary[field]
    return {
        package: Measured(_per_cent(lines, of), _per_cent(branches, of_branches))
        for package, (lines, of, branches, of_branches) in sorted(sums.items())
    }


def _per_cent(part: int, whole: int) -> float:
    return 100.0 if whole == 0 else 100.0 * part / whole


def below(found: dict[str, Measured], floors: dict[str, dict[str, float]]) -> list[str]:
    """What is wrong, a line each: a package below its floor."""
    return [
        f"{package}: {kind} coverage {value:.1f} % is below the floor of {floor[kind]} %"
        for package, seen in found.items()
        for floor in (floors.get(package, NEW),)
        for kind, value in (("line", seen.line), ("branch", seen.branch))
        if value < floor[kind]
    ]


def raised(
    found: dict[str, Measured], floors: dict[str, dict[str, float]]
) -> dict[str, dict[str, int]]:
    """Floors as high as SLACK below what was measured, and none lower than it was."""
    return {
        package: {
            kind: max(int(value - SLACK), int(floors.get(package, {}).get(kind, 0)))
            for kind, value in (("line", seen.line), ("branch", seen.branch))
        }
        for package, seen in found.items()
    }


def to_raise(found: dict[str, Measured], floors: dict[str, dict[str, float]]) -> list[str]:
    """Which floors can rise, a line each."""
    return [
        f"{package}: the floor of {kind} coverage can rise from {floors[package][kind]} to {new} %"
        for package, kinds in raised(found, floors).items()
        if package in floors
        for kind, new in kinds.items()
        if new > floors[package][kind]
    ]


def as_toml(floors: dict[str, dict[str, int]]) -> str:
    """The file of floors."""
    head = "# Per cent of lines and branches that the fast tests run. A floor only rises:\n"
    head += "# `make coverage ARGS=--raise` writes what can.\n\n"
    lines = [
        f"{package} = {{ line = {kinds['line']}, branch = {kinds['branch']} }}\n"
        for package, kinds in sorted(floors.items())
    ]
    return head + "".join(lines)


def main(report: Path, *, rise: bool = False) -> int:
    """Print the table; returns the exit code."""
    found = measured(json.loads(report.read_text("utf-8")))
    floors = tomllib.loads(FLOORS.read_text("utf-8")) if FLOORS.is_file() else {}
    if rise:
        FLOORS.write_text(as_toml(raised(found, floors)), "utf-8")
        floors = raised(found, floors)
    print(f"{'package':20} {'line %':>7} {'floor':>6} {'branch %':>9} {'floor':>6}")  # noqa: T201
    for package, seen in found.items():
        floor = floors.get(package, NEW)
        row = f"{package:20} {seen.line:7.1f} {floor['line']:6} {seen.branch:9.1f}"
        print(f"{row} {floor['branch']:6}")  # noqa: T201
    wrong = below(found, floors)
    print("\n".join([*to_raise(found, floors), *wrong]))  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), rise="--raise" in sys.argv))
