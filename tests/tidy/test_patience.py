"""No test is of how fast the machine is: what it waits for has a minute."""

import ast
from collections.abc import Iterable, Iterator

from tests.tidy.tree import ROOT, name_of, nodes, python_files

PATIENCE_S = 60
WAITS = {"timeout", "communicate", "wait", "join", "run", "result", "acquire", "get_message"}
"""Functions with a limit: their only argument, or the one called timeout."""

OTHERWISE = {
    "tests/unit/serving/test_key_expiry.py": "a limit of virtual time",
    "tests/e2e/test_clock_moved.py": "a pause between two questions",
}
"""Files in which a short limit is none of the machine's, and why."""


def short_limits(parts: Iterable[ast.AST]) -> Iterator[int]:
    """Lines that wait for less than a minute in real time."""
    for node in parts:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            named = [each.value for each in node.keywords if each.arg == "timeout"]
            alone = node.args if _is_of_time(node.func) else []
            limits = [each.value for each in (*named, *alone) if isinstance(each, ast.Constant)]
            if node.func.attr in WAITS and any(0 < seconds < PATIENCE_S for seconds in limits):
                yield node.lineno


def _is_of_time(function: ast.Attribute) -> bool:
    """asyncio.timeout, and what a process or a thread is waited for with."""
    if function.attr == "timeout":
        return True
    return ast.unparse(function.value).rpartition(".")[2] in {"process", "thread"}


def test_what_a_test_waits_for_has_a_minute() -> None:
    files = [path for path in python_files() if path.is_relative_to(ROOT / "tests")]
    found = {name_of(path): [*short_limits(nodes(path))] for path in files}
    short = {name: lines for name, lines in found.items() if lines}
    assert {name: lines for name, lines in short.items() if name not in OTHERWISE} == {}
    assert OTHERWISE.keys() <= short.keys()


def test_a_short_limit_is_found() -> None:
    planted = ast.parse(
        "asyncio.timeout(30)\n"
        "one.process.wait(5)\n"
        "run(words, timeout=60)\n"
        "subprocess.run(words, timeout=20)\n"
        "scene.wait(5)\n"
    )
    assert [*short_limits(ast.walk(planted))] == [1, 2, 4]
