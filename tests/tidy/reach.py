"""Which modules a test reaches by its imports: its own, those of the conftest.py beside and above
it, and, from tests/e2e, which start the program, those of the command line."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.tidy.tree import ROOT, name_of, nodes, python_files


def steps_to(test: Path, module: Path) -> int | None:
    """How many imports lead from `test` to `module`: 1 where it imports it itself; None where no
    way does."""
    seen, front, steps = {test}, {test}, 0
    while front:
        if module in seen:
            return steps
        front = {each for path in front for each in imported(path)} - seen
        seen |= front
        steps += 1
    return None


@cache
def imported(path: Path) -> frozenset[Path]:
    """Our files that a file imports, of the product and of tests. A package stands for itself; a
    module named by a text, as the commands are, is imported late."""
    known = _files()
    names = [*_names(path), *_unsaid(path)]
    return frozenset(known[name] for name in names if name in known)


def _unsaid(path: Path) -> Iterator[str]:
    """What a test uses without an import of it."""
    if not path.name.startswith("test_"):
        return
    folders = [each.name for each in path.parents if each.is_relative_to(ROOT / "tests")][::-1]
    yield from (".".join([*folders[:end], "conftest"]) for end in range(2, len(folders) + 1))
    if "e2e" in folders:
        yield "market_maker.cli.main"


def _names(path: Path) -> Iterator[str]:
    for node in nodes(path):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{each.name}" for each in names)
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.Constant(value=str(text)) if text.startswith("market_maker."):
                yield text


@cache
def _files() -> dict[str, Path]:
    """By their dotted names."""
    return {
        name_of(path)
        .removeprefix("src/")
        .removesuffix(".py")
        .removesuffix("/__init__")
        .replace("/", "."): path
        for path in python_files()
    }
