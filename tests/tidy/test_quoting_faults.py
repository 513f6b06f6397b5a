"""Every fault that was measured in quoting has the test that holds it, and the page names it."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "comparing-strategies.md"

_ROW = re.compile(r"^\| (\d+) \| [^|]+ \| `([\w/]+)`: `(\w+)` \|$", re.MULTILINE)


def functions(module):
    tree = ast.parse((TESTS / f"{module}.py").read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_of_the_eleven_faults_has_a_test_that_exists():
    rows = _ROW.findall(PAGE.read_text("utf-8"))
    assert {int(number) for number, _, _ in rows} == set(range(1, 12))
    missing = [row for row in rows if row[2] not in functions(row[1])]
    assert missing == []
