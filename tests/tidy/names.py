"""Names that a reader meets: public classes by package, modules without a test of their own."""

import ast
import re
from collections import defaultdict

from tests.tidy.tree import PACKAGE, ROOT, name_of, parsed, source_files

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
    """Source modules that hold code and have no tests/unit/<package>/test_<module>.py."""
    found = set()
    for path in source_files():
        if path.name.startswith("__") or "migrations" in path.parts:
            continue
        place = path.relative_to(PACKAGE).parent
        names = [f"test_{path.stem}.py", f"test_{path.stem.removesuffix('_')}.py"]
        tests = ROOT / "tests"
        folders = [UNIT / place, tests / "contract" / place.name, tests / "contract" / "store"]
        if not any((folder / name).is_file() for folder in folders for name in names):
            found.add(name_of(path))
    return found


def packages_using() -> dict[str, set[str]]:
    """For each public class of ours, the packages that import it."""
    known, users = public_classes(), defaultdict[str, set[str]](set)
    for path in source_files():
        package = package_of(path.relative_to(PACKAGE).parts)
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("market_maker"):
                for alias in node.names:
                    if alias.name in known:
                        users[alias.name].add(package)
    return users


def glossary_code_names() -> set[str]:
    """The class names that the glossary explains, in backticks."""
    return set(re.findall(r"`([A-Z]\w+)`", GLOSSARY.read_text("utf-8")))
