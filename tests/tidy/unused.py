"""Code of the product that the product never uses: only its tests do, or nothing."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.tidy.tree import PACKAGE, name_of, parsed, source_files

Name = tuple[str, str]
"""Of a module, and of what it defines."""

_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_SEEN_BY_NAME = {"property", "cached_property", "staticmethod", "classmethod"}


def unused_names() -> Iterator[str]:
    """Functions, classes and constants of a module, as `path:name`, that no module of ours imports
    and the module itself does not use outside their own definition. Decorated ones are registered
    somewhere, and migrations are found by their folder."""
    used, _ = _uses()
    for path in _swept():
        for node in parsed(path).body:
            for name in _defined(node):
                if (_module(path), name) not in used and not name.startswith("__"):
                    yield f"{name_of(path)}:{name}"


def unused_members() -> Iterator[str]:
    """Methods and properties, as `path:Class.name`, whose name no attribute of ours has. What
    overrides a method says so by its decorator."""
    _, read = _uses()
    for path in _swept():
        for kind in parsed(path).body:
            if isinstance(kind, ast.ClassDef):
                for name in _methods(kind):
                    if name not in read:
                        yield f"{name_of(path)}:{kind.name}.{name}"


def _swept() -> Iterator[Path]:
    for path in source_files():
        if "migrations" not in path.parts and path.name != "__init__.py":
            yield path


def _methods(kind: ast.ClassDef) -> Iterator[str]:
    for node in kind.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            how = {each.id if isinstance(each, ast.Name) else "" for each in node.decorator_list}
            if not node.name.startswith("__") and how <= _SEEN_BY_NAME:
                yield node.name


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, _DEFINITIONS):
        return [] if node.decorator_list else [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets += [node.target] if isinstance(node, ast.AnnAssign) else []
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _uses() -> tuple[set[Name], set[str]]:
    """Which names of which modules are used, and the names of all attributes that are read."""
    used: set[Name] = set()
    read: set[str] = set()
    for path in source_files():
        uses = _Uses(_module(path))
        for statement in parsed(path).body:
            uses.of(statement)
        used |= uses.names
        used |= {(uses.modules.get(left, ""), name) for left, name in uses.attributes}
        read |= uses.read
    return used, read


class _Uses:
    """Of one module. modules: which module a name stands for, also where it is imported late."""

    def __init__(self, module: str) -> None:
        self.names: set[Name] = set()
        self.attributes: set[Name] = set()
        self.modules: dict[str, str] = {}
        self.read: set[str] = set()
        self._module = module

    def of(self, statement: ast.stmt) -> None:
        """Recursion is no use; a name in quotes is one."""
        own = getattr(statement, "name", None)
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) if name != own:
                    self.names.add((self._module, name))
                case ast.Constant(value=str(text)):
                    self.names.add((self._module, text))
                case ast.Attribute():
                    self._attribute(node)
                case ast.Call():
                    self._call(node)
                case ast.ImportFrom() | ast.Assign():
                    self._import(node)

    def _attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read.add(node.attr)
        if isinstance(node.value, ast.Name):
            self.attributes.add((node.value.id, node.attr))

    def _call(self, call: ast.Call) -> None:
        """A command's place: its module and its function, as text."""
        match call.args:
            case [ast.Constant(value=str(module)), ast.Constant(value=str(name)), *_]:
                self.names.add((module, name))

    def _import(self, node: ast.ImportFrom | ast.Assign) -> None:
        """At once, or late: `x = import_module("a.b")`."""
        match node:
            case ast.ImportFrom(module=module, names=names):
                for each in names:
                    self.names.add((module or "", each.name))
                    self.modules[each.asname or each.name] = f"{module}.{each.name}"
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(
                    func=ast.Name(id="import_module"), args=[ast.Constant(value=module)]
                ),
            ):
                self.modules[name] = str(module)
