"""Names that a reader meets: public classes by package, modules without a test of their own."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.tidy.tree import PACKAGE, ROOT, name_of, nodes, parsed, source_files

GLOSSARY = ROOT / "docs" / "glossary.md"
UNIT = ROOT / "tests" / "unit"


def package_of(path_parts: tuple[str, ...]) -> str:
    """The package that a source file stands in; a single module is its own."""
    return path_parts[0].removesuffix(".py")


def folder_of(path_parts: tuple[str, ...]) -> str:
    """The innermost package that a source file stands in, dotted; a single module is its own."""
    return ".".join(path_parts[:-1]) or package_of(path_parts)


def public_classes() -> dict[str, set[str]]:
    """The packages, innermost ones, in which each public class, or type alias, is defined."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in source_files():
        package = folder_of(path.relative_to(PACKAGE).parts)
        for node in parsed(path).body:
            name = _defined(node)
            if name is not None and not name.startswith("_"):
                found[name].add(package)
    return found


def _defined(node: ast.stmt) -> str | None:
    if isinstance(node, ast.ClassDef):
        return node.name
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        annotation = node.annotation
        is_alias = isinstance(annotation, ast.Name) and annotation.id == "TypeAlias"
        return node.target.id if is_alias else None
    return None


def modules_without_test() -> set[str]:
    """Source modules that do something and have no test module of their name: below tests/unit or
    tests/contract, or tests/e2e/test_<command>_cli.py for a command. Values, tables and protocols
    do nothing."""
    return {
        name_of(path)
        for path in source_files()
        if not path.name.startswith("__") and "migrations" not in path.parts
        if not any(test.is_file() for test in _tests_of(path)) and _does_something(path)
    }


def _tests_of(path: Path) -> Iterator[Path]:
    place, tests = path.relative_to(PACKAGE).parent, ROOT / "tests"
    stem = path.stem.removesuffix("_")
    for folder in (UNIT / place, tests / "contract" / place.name, tests / "contract" / "store"):
        yield folder / f"test_{path.stem}.py"
        yield folder / f"test_{stem}.py"
    if place.name == "cli":
        yield tests / "e2e" / f"test_{stem}_cli.py"


def _does_something(path: Path) -> bool:
    return any(
        isinstance(node, ast.Lambda)
        or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not all(isinstance(each, ast.Expr) for each in node.body)
        )
        for node in nodes(path)
    )


def packages_using() -> dict[str, set[str]]:
    """For each public class of ours, the packages that import it."""
    known, users = public_classes(), defaultdict[str, set[str]](set)
    for path in source_files():
        package = package_of(path.relative_to(PACKAGE).parts)
        for node in nodes(path):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("market_maker."):
                origin = (node.module or "").partition(".")[2]
                for alias in node.names:
                    if any(origin.startswith(folder) for folder in known.get(alias.name, ())):
                        users[alias.name].add(package)
    return users


def glossary_code_names() -> set[str]:
    """The class names that the glossary explains, in backticks."""
    return set(_CODE_NAME.findall(GLOSSARY.read_text("utf-8")))


class GlossaryRow(NamedTuple):
    """words: of the left-hand column; allowed: those that a bracket of the right-hand column allows
    for something else; refused: the others of it. classes: in backticks, anywhere in the row."""

    words: tuple[str, ...]
    refused: tuple[str, ...]
    allowed: tuple[str, ...]
    classes: frozenset[str]


def glossary_rows() -> list[GlossaryRow]:
    """The rows of all tables of the glossary."""
    lines = GLOSSARY.read_text("utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    return [_row(*row) for row in cells if row[0].strip() != "word"]


def _row(left: str, meaning: str, right: str) -> GlossaryRow:
    words = _BRACKET.sub(r", \1", left).replace(":", ",").replace(";", ",")
    return GlossaryRow(
        tuple(word.strip() for word in words.split(",") if word.strip()),
        tuple(word.strip() for word in _BRACKETED.sub("", right).split(",") if word.strip()),
        tuple(found[0].strip() for found in _BRACKETED.findall(right)),
        frozenset(_CODE_NAME.findall(meaning + right)),
    )


def one_word(name: str) -> str:
    """A name or phrase as one word in the singular: own_orders, OwnOrder, own orders are one."""
    return _singular("".join(words_of(name)))


def words_of(name: str) -> list[str]:
    """The words of a name or phrase, each in the singular, in lower case."""
    return [_singular(word.lower()) for word in _WORD.findall(name)]


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def names_of_code() -> dict[str, str]:
    """Each public class and each module, with the file it stands in."""
    found = {}
    for path in source_files():
        place = path.relative_to(PACKAGE).as_posix()
        found[path.stem] = place
        for node in parsed(path).body:
            name = _defined(node)
            if name is not None and not name.startswith("_"):
                found[name] = place
    return found


_CODE_NAME = re.compile(r"`([A-Z]\w+)`")
_BRACKET = re.compile(r"\(([^)]*)\)")
_BRACKETED = re.compile(r"([^,()]+)\(([^)]*)\)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


VAGUE = {"look": "what is read, asked, compared or counted", "look_at": "the same"}
"""Names of functions that hide what is done, and what is written instead."""


def vague_functions() -> list[str]:
    """Functions of the source whose name is one of these."""
    return [
        f"{name_of(path)}:{node.lineno}: {node.name}"
        for path in source_files()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.strip("_") in VAGUE
    ]
