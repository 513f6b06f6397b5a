"""Coverage by package against floors that only rise: `python -m tests.tidy.coverage_report FILE`.

FILE: what pytest-cov wrote as JSON. Exit code 1 where a package is below its floor in
coverage_floors.toml; without that file the table alone is printed.
"""

import json
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

FLOORS = Path(__file__).parent / "coverage_floors.toml"
PACKAGE = "src/market_maker/"


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
    """What is wrong, a line each: a package below its floor, or without one."""
    wrong = []
    for package, seen in found.items():
        floor = floors.get(package)
        if floor is None:
            wrong.append(f"{package}: no floor; it has line {seen.line:.1f}, {seen.branch:.1f}")
            continue
        wrong += [
            f"{package}: {kind} coverage {value:.1f} % is below the floor of {floor[kind]} %"
            for kind, value in (("line", seen.line), ("branch", seen.branch))
            if value < floor[kind]
        ]
    return wrong


def main(report: Path) -> int:
    """Print the table; returns the exit code."""
    found = measured(json.loads(report.read_text("utf-8")))
    floors = tomllib.loads(FLOORS.read_text("utf-8")) if FLOORS.is_file() else {}
    print(f"{'package':20} {'line %':>7} {'floor':>6} {'branch %':>9} {'floor':>6}")  # noqa: T201
    for package, seen in found.items():
        floor = floors.get(package, {"line": 0, "branch": 0})
        row = f"{package:20} {seen.line:7.1f} {floor['line']:6} {seen.branch:9.1f}"
        print(f"{row} {floor['branch']:6}")  # noqa: T201
    wrong = below(found, floors) if floors else []
    print("\n".join(wrong))  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
