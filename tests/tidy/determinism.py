"""What could make two runs of a pure package differ: clocks, chance, I/O, the order of a set.

A reader of one file, not a type checker: it follows the names, attributes and return types that
this file assigns or annotates as sets. A set that arrives unannotated is left to the simulation.
"""

# ruff: noqa: N815 - ast.NodeVisitor prescribes how its methods are called

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePath

# All else that exists can read a clock, draw a number or do I/O, or leads to what can.
ALLOWED_MODULES = frozenset(
    {"bisect", "collections", "contextlib", "ctypes", "decimal", "enum", "fractions", "functools"}
    | {"hashlib", "heapq", "itertools", "llvmlite", "market_maker", "math", "msgspec", "numba"}
    | {"numpy", "operator", "re", "types", "typing", "warnings"}
)
FORBIDDEN_BUILTINS: Mapping[str, str] = {
    "__import__": "imports stand at the top of a module",
    "compile": "what it runs is not read here",
    "eval": "what it runs is not read here",
    "exec": "what it runs is not read here",
    "globals": "leads to every module",
    "hash": "a string's differs between runs",
    "id": "differs between runs",
    "input": "the core does no I/O",
    "open": "the core does no I/O",
    "print": "the core does no I/O",
}
# The result shows the order of the argument; `sum`, because float addition is not associative.
ORDER_SHOWING = frozenset(
    {"accumulate", "array", "asarray", "chain", "deque", "dict", "enumerate", "extend", "filter"}
    | {"fromiter", "fromkeys", "iter", "islice", "join", "list", "map", "next", "reduce", "repr"}
    | {"starmap", "str", "sum", "tuple", "zip"}
)
# The result does not depend on that order, unless a `key` lets ties keep it.
ORDER_FREE = frozenset({"all", "any", "bool", "frozenset", "len", "max", "min", "set", "sorted"})
SET_TYPES = frozenset({"AbstractSet", "FrozenSet", "MutableSet", "Set", "frozenset", "set"})
SET_METHODS = frozenset({"copy", "difference", "intersection", "symmetric_difference", "union"})
# Of numpy: chance, and `datetime64("now")`. Of any object: its hash.
FORBIDDEN_ATTRIBUTES = frozenset({"__builtins__", "__hash__", "datetime64", "random"})
SET_OPERATORS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
ComprehensionNode = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def violations(source: str, filename: str) -> list[str]:
    """Every breach in the source, as `filename:line: what, and why`; sorted by line."""
    tree = ast.parse(source, filename)
    chance_allowed = "sandbox" in PurePath(filename).parts
    found = [*_imports(tree, chance_allowed=chance_allowed), *_calls(tree)]
    found += [*_attributes(tree, chance_allowed=chance_allowed), *_set_orders(tree)]
    return [f"{filename}:{line}: {text}" for line, text in sorted(found)]


Breach = tuple[int, str]


def _imports(tree: ast.Module, *, chance_allowed: bool) -> Iterator[Breach]:
    for line, name in _imported_names(tree):
        if chance_allowed and name in {"random", "random.Random"}:
            continue
        chance = name.startswith(("numpy.random", "random."))
        if chance or name.partition(".")[0] not in ALLOWED_MODULES:
            yield line, f"{name}: clocks, chance and I/O are none of the core's"


def _imported_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Full names of what is imported, and of what is taken from an imported `random`."""
    aliases = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
                if alias.name == "random":
                    aliases.add(alias.asname or alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _name(node.value) in aliases:
            yield node.lineno, f"random.{node.attr}"


def _attributes(tree: ast.Module, *, chance_allowed: bool) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr not in FORBIDDEN_ATTRIBUTES:
            continue
        # A trader's own seeded generator may be called so.
        if not (chance_allowed and node.attr == "random" and _name(node.value) != "np"):
            yield node.lineno, f"{node.attr}: differs between runs"


def _calls(tree: ast.Module) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_BUILTINS:
            yield node.lineno, f"{node.func.id}(): {FORBIDDEN_BUILTINS[node.func.id]}"
        if _last_name(node.func) == "Random" and not node.args and not node.keywords:
            yield node.lineno, "Random(): takes its seed from the machine; pass one"


def _set_orders(tree: ast.Module) -> list[Breach]:
    reader = _SetReader()
    reader.visit(tree)  # Learns the attributes and return types that ...
    reader.breaches.clear()
    reader.visit(tree)  # ... this reading judges by.
    return reader.breaches


class _SetReader(ast.NodeVisitor):
    """Finds the places where the order of a set becomes visible."""

    def __init__(self) -> None:
        self.breaches: list[Breach] = []
        self._scopes: list[dict[str, bool]] = []
        self._attributes: set[str] = set()
        self._functions: set[str] = set()
        self._containers: set[str] = set()

    # What is a set ----------------------------------------------------------------------------

    def _is_set(self, node: ast.expr | None) -> bool:
        match node:
            case ast.Name(id=name):
                known = (scope[name] for scope in reversed(self._scopes) if name in scope)
                return next(known, False)
            case ast.Attribute(attr=name):
                return name in self._attributes
            case ast.Subscript(value=container):
                return self._holds_sets(container)
            case ast.Call():
                return self._gives_set(node)
            case ast.BinOp(left=left, op=op, right=right):
                operands = (left, right)
                return isinstance(op, SET_OPERATORS) and any(
                    self._is_set(operand) or _is_keys_view(operand) for operand in operands
                )
            case _:
                literal = isinstance(node, ast.Set | ast.SetComp)
                return literal or any(map(self._is_set, _outcomes(node)))

    def _holds_sets(self, node: ast.expr) -> bool:
        """Whether it is a dictionary or list of sets, by any variable or attribute's name."""
        return _last_name(node) in self._containers

    def _gives_set(self, call: ast.Call) -> bool:
        match call.func:
            case ast.Name(id=name):
                return name in {"set", "frozenset"} or name in self._functions
            case ast.Attribute(value=owner, attr=name):
                of_a_set = self._is_set(owner) or _name(owner) in {"set", "frozenset"}
                held = name in {"get", "pop", "setdefault"} and self._holds_sets(owner)
                return name in self._functions or (name in SET_METHODS and of_a_set) or held
            case _:
                return False

    # Where names come from --------------------------------------------------------------------

    def visit_Module(self, node: ast.Module) -> None:
        self._in_scope({}, node.body)

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        if _is_set_type(node.returns):
            is_property = any(
                _last_name(d) in {"property", "cached_property"} for d in node.decorator_list
            )
            (self._attributes if is_property else self._functions).add(node.name)
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names = {a.arg: _is_set_type(a.annotation) for a in every}
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = arguments.defaults
        pairs = [*zip(positional[len(positional) - len(defaults) :], defaults, strict=True)]
        pairs += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        names |= {argument.arg: True for argument, value in pairs if self._is_set(value)}
        self._in_scope(names, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and _is_set_type(field.annotation):
                self._attributes.add(ast.unparse(field.target))
        self._in_scope({}, node.body)

    def _in_scope(self, names: dict[str, bool], body: list[ast.stmt]) -> None:
        self._scopes.append(names)
        for statement in body:
            self.visit(statement)
        self._scopes.pop()

    def _bind(self, target: ast.expr, *, is_set: bool) -> None:
        match target:
            case ast.Name(id=name):
                scope = self._scopes[-1]
                scope[name] = is_set
            case ast.Attribute(attr=name) if is_set:
                self._attributes.add(name)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._bind(part, is_set=False)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        is_set = self._is_set(node.value)
        for target in node.targets:
            if _makes_sets(node.value):
                self._containers.add(_last_name(target))
            if is_set and isinstance(target, ast.Tuple | ast.List):
                self._report(node, "unpacking")
            self._bind(target, is_set=is_set)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
        if _is_type_of_sets(node.annotation):
            self._containers.add(_last_name(node.target))
        self._bind(node.target, is_set=_is_set_type(node.annotation) or self._is_set(node.value))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, is_set=self._is_set(node.value))

    # Where order shows ------------------------------------------------------------------------

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        if self._is_set(node.iter):
            self._report(node, "a loop")
        self._bind(node.target, is_set=False)
        self.generic_visit(node)

    visit_AsyncFor = visit_For

    def visit_Call(self, node: ast.Call) -> None:
        name = _last_name(node.func)
        ties = any(keyword.arg == "key" for keyword in node.keywords)
        if name in ORDER_SHOWING or (name in {"max", "min", "sorted"} and ties):
            for argument in node.args:
                if self._is_set(argument):
                    self._report(node, f"{name}(){' with a key' if ties else ''}")
        if name == "pop" and isinstance(node.func, ast.Attribute) and self._is_set(node.func.value):
            self._report(node, "pop()")
        for child in ast.iter_child_nodes(node):
            if (
                name in ORDER_FREE
                and not ties
                and isinstance(child, ast.ListComp | ast.GeneratorExp)
            ):
                self._visit_comprehension(child, order_free=True)
            else:
                self.visit(child)

    def visit_ListComp(self, node: ComprehensionNode) -> None:
        self._visit_comprehension(node, order_free=False)

    visit_DictComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._visit_comprehension(node, order_free=True)

    def _visit_comprehension(self, node: ComprehensionNode, *, order_free: bool) -> None:
        if not order_free and any(self._is_set(part.iter) for part in node.generators):
            self._report(node, "a comprehension")
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        for part in node.elts:  # A set unpacked into a set stays a set.
            self.visit(part.value if isinstance(part, ast.Starred) else part)

    def visit_Starred(self, node: ast.Starred) -> None:
        if isinstance(node.ctx, ast.Load) and self._is_set(node.value):
            self._report(node, "unpacking")
        self.generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        if self._is_set(node.value):
            self._report(node, "yield from")
        self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        if self._is_set(node.value):
            self._report(node, "a formatted string")
        self.generic_visit(node)

    def _report(self, node: ast.stmt | ast.expr, where: str) -> None:
        self.breaches.append((node.lineno, f"{where} shows the order of a set; sort it first"))


def _is_set_type(annotation: ast.expr | None) -> bool:
    match annotation:
        case ast.Constant(value=str(text)):
            return _is_set_type(ast.parse(text, mode="eval").body)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_set_type(left) or _is_set_type(right)
        case ast.Subscript(value=ast.Name(id="Annotated" | "ClassVar" | "Final"), slice=inner):
            return _is_set_type(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        case ast.Subscript(value=origin):
            return _is_set_type(origin)
        case None:
            return False
        case _:
            return _last_name(annotation) in SET_TYPES


def _is_type_of_sets(annotation: ast.expr) -> bool:
    """`dict[str, set[int]]`, `list[set[int]]` and the like."""
    match annotation:
        case ast.Subscript(slice=ast.Tuple(elts=[*_, values])) | ast.Subscript(slice=values):
            return _is_set_type(values)
        case _:
            return False


def _makes_sets(value: ast.expr) -> bool:
    """`defaultdict(set)`."""
    match value:
        case ast.Call(func=called, args=[ast.Name(id="set")]):
            return _last_name(called) == "defaultdict"
        case _:
            return False


def _outcomes(node: ast.expr | None) -> list[ast.expr]:
    """What a choosing or naming expression may evaluate to."""
    match node:
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
        case ast.BoolOp(values=values):
            return values
        case ast.NamedExpr(value=value):
            return [value]
        case _:
            return []


def _is_keys_view(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) in {"keys", "items"}


def _name(node: ast.expr) -> str:
    """`a` of `a`; empty for anything longer."""
    return node.id if isinstance(node, ast.Name) else ""


def _last_name(node: ast.expr) -> str:
    """`c` of `a.b.c`; empty for what has no name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
