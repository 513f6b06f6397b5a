"""The files that the house rules are about."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "market_maker"
# Below ports: no I/O, no clock, no chance.
PURE_PACKAGES = (
    "model",
    "quoting",
    "estimators",
    "risk",
    "scoring",
    "settlement",
    "engine",
    "sandbox",
    "replay_venue",
    "decision_kernel",
)
HOLDERS = (ast.stmt, ast.excepthandler, ast.match_case)
"""Nodes that may hold statements."""


class Function(NamedTuple):
    """A function of ours and where it stands."""

    where: str
    path: Path
    node: ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """The path as it is written in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tracked_files() -> tuple[Path, ...]:
    """What is or would be committed; everything but dot and build folders where git is missing."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        names = [name for name in listed.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [name_of(path) for path in ROOT.rglob("*") if not _is_made(path)]
    return tuple(path for name in sorted(names) if (path := ROOT / name).is_file())


def _is_made(path: Path) -> bool:
    made = {"build", "dist", "node_modules", "__pycache__", ".git"}
    parts = path.relative_to(ROOT).parts
    return any(
        part in made or part.startswith(".venv") or part.endswith(("_cache", ".egg-info"))
        for part in parts
    )


@cache
def python_files() -> tuple[Path, ...]:
    """Every tracked Python file that was written by people."""
    return tuple(
        path for path in tracked_files() if path.suffix == ".py" and not path.stem.endswith("_pb2")
    )


@cache
def source_files() -> tuple[Path, ...]:
    """The product's own Python files."""
    return tuple(path for path in python_files() if path.is_relative_to(PACKAGE))


@cache
def pure_files() -> tuple[Path, ...]:
    """The Python files of the pure packages that exist."""
    roots = [PACKAGE / name for name in PURE_PACKAGES]
    return tuple(path for path in source_files() if any(map(path.is_relative_to, roots)))


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), name_of(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, walked once for all rules."""
    return tuple(ast.walk(parsed(path)))


@cache
def functions() -> tuple[Function, ...]:
    """Every function and method in the tracked Python files."""
    return tuple(
        Function(f"{name_of(path)}:{node.lineno} {node.name}", path, node)
        for path in python_files()
        for node in _definitions(parsed(path))
    )


def _definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Only statements hold functions, and most of a tree is expressions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        waiting += [child for child in ast.iter_child_nodes(node) if isinstance(child, HOLDERS)]
