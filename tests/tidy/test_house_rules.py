"""House rules that no linter knows. Each test's name is the rule, its message is what to change."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tidy.reach import imported
from tests.tidy.tree import (
    PACKAGE,
    PURE_PACKAGES,
    ROOT,
    functions,
    name_of,
    nodes,
    parsed,
    pure_files,
    python_files,
    source_files,
    tracked_files,
)

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400
KERNEL_LINES_MAX = 120
# Kernels longer than an ordinary function, each with the reason why it is not cut.
# "src/market_maker/<package>/kernels.py:<function>": "why one loop"
LONG_KERNELS: dict[str, str] = {}

# Where `except Exception` may stand: whatever kills an actor ends there.
SUPERVISORS = {"src/market_maker/execution/supervisor.py"}

# What the core may import besides the standard library and itself.
CORE_LIBRARIES = {"llvmlite", "market_maker", "msgspec", "numba", "numpy"}

# Cut in pieces, so that this file does not match itself.
FOREIGN = {
    "a package registry's address": "|".join(
        (
            "index" + "-url",
            "find" + "-links",
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "registry" + r"\.(?:npmjs|yarnpkg)\.",
            "repo" + r"1?\.maven\.",
            "registry *=" + " *http",
            '"resolved": *' + '"http',
        )
    ),
    "a path of one machine": r"(?<![\w.$}])/(?:" + "wor[k]|roo[t]|hom[e]" + r")/",
}
# Text that is kept byte for byte as another project wrote it.
VERBATIM = {"LICENSE"}


def is_kernel(path: Path) -> bool:
    """Loops over arrays, compiled by numba, stand in modules called kernels."""
    return path.stem == "kernels" or path.stem.endswith("_kernels")


def test_no_function_is_longer_than_fifty_lines_and_a_long_kernel_has_a_reason() -> None:
    too_long = []
    for where, path, node in functions():
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        excused = is_kernel(path) and f"{name_of(path)}:{node.name}" in LONG_KERNELS
        if lines > (KERNEL_LINES_MAX if excused else FUNCTION_LINES_MAX):
            too_long.append(f"{where}: {lines} lines")
    assert not too_long, "\n".join(too_long)


def test_every_long_kernel_that_is_excused_still_exists() -> None:
    known = {f"{name_of(path)}:{node.name}" for _, path, node in functions() if is_kernel(path)}
    assert sorted(LONG_KERNELS.keys() - known) == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in python_files()}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def private_imports(path: Path) -> Iterator[str]:
    """Imports of another package's private module or private name."""
    own = path.relative_to(PACKAGE).parts[0]
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            root, *parts = name.split(".")
            foreign = root != "market_maker" or parts[:1] != [own.removesuffix(".py")]
            if foreign and any(p.startswith("_") and not p.startswith("__") for p in parts):
                yield f"{name_of(path)}:{node.lineno}: {name}"


def test_no_package_imports_what_is_private_to_another() -> None:
    assert [line for path in source_files() for line in private_imports(path)] == []


def test_broad_except_stands_only_in_the_supervisor_and_where_cleaning_up_raises_again() -> None:
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in source_files()
        if name_of(path) not in SUPERVISORS
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and is_broad(node)
    ]
    assert found == []


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches everything; `except BaseException: ...; raise` only cleans up."""
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {node.id for node in types if isinstance(node, ast.Name)}
    last = handler.body[-1]
    cleans_up = isinstance(last, ast.Raise) and last.exc is None
    return "Exception" in names or ("BaseException" in names and not cleans_up)


@pytest.mark.parametrize("what", FOREIGN)
def test_no_tracked_file_names(what: str) -> None:
    pattern = re.compile(FOREIGN[what])
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in tracked_files()
        if name_of(path) not in VERBATIM
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


def text_of(path: Path) -> str:
    """The text of a file; nothing for a binary one."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", "replace")


def test_the_patterns_for_foreign_addresses_and_paths_catch_what_they_are_for() -> None:
    address, machine = (re.compile(pattern) for pattern in FOREIGN.values())
    assert address.search("--extra-index" + "-url x")
    assert address.search("https://files.python" + "hosted.org/packages")
    assert machine.search('open("/ro' + 'ot/x")')
    assert machine.search("cd /ho" + "me/someone/x")
    assert not machine.search("docs/wor" + "k/plan and $HOME/ho" + "me/x")


def test_the_changelog_has_a_heading_for_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[?v?{re.escape(version)}\b", changelog, re.MULTILINE)


def test_every_package_says_in_one_line_what_it_is() -> None:
    inits = {path for path in source_files() if path.name == "__init__.py"}
    docs = {name_of(path): ast.get_docstring(parsed(path)) for path in inits}
    assert sorted(name for name, doc in docs.items() if not doc or len(doc.splitlines()) > 1) == []
    folders = {path.parent for path in source_files()}
    assert (
        sorted(name_of(folder) for folder in folders if folder / "__init__.py" not in inits) == []
    )


def imported_roots(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level name of everything that a file imports."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, (node.module or "").partition(".")[0]


def test_the_core_imports_four_libraries_besides_the_standard_one() -> None:
    found = [
        f"{name_of(path)}:{line}: {root}"
        for path in pure_files()
        for line, root in imported_roots(path)
        if root not in CORE_LIBRARIES and root not in sys.stdlib_module_names
    ]
    assert found == []


def test_the_forbidden_contract_names_every_pure_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = (c for c in settings["contracts"] if c["type"] == "forbidden")
    existing = {f"market_maker.{name}" for name in PURE_PACKAGES if (PACKAGE / name).is_dir()}
    assert set(contract["source_modules"]) == existing


def test_each_decision_on_record_has_a_number_of_its_own() -> None:
    titles = {
        path.name: path.read_text(encoding="utf-8").split("\n", 1)[0]
        for path in sorted((ROOT / "docs" / "adr").glob("*.md"))
    }
    numbers = [int(name[:4]) for name in titles]
    assert len(set(numbers)) == len(numbers), "two decisions have one number"
    wrong = [name for name, title in titles.items() if not title.startswith(f"# {int(name[:4])}. ")]
    assert wrong == [], "the title is not '# NUMBER. Title'"


def test_only_modules_that_make_tables_take_what_knows_those_that_were_read() -> None:
    """Who wants every table asks every_table.py: METADATA has what the process has read so far."""
    taking = {
        path
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        and node.module == "market_maker.storage.columns"
        and any(each.name == "METADATA" for each in node.names)
    }
    whole = PACKAGE / "storage" / "every_table.py"
    assert {name_of(path) for path in taking - {whole} - imported(whole)} == set()
