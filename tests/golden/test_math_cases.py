"""Every numeric case of the mathematical specification that belongs to what is built.

The files in cases/ are the project's own copy. Where the shared file lies beside the repository,
the copy is compared with it.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.golden.math_adapters import ADAPTERS

OWN = sorted((Path(__file__).parent / "cases").glob("*.json"))
SHARED = Path(__file__).parents[3] / "shared" / "cases" / "math_open.json"


def read(path):
    if not path.exists():
        return []
    cases = json.loads(path.read_text("utf-8"))["cases"]
    return [case for case in cases if case["group"] in ADAPTERS]


OWN_CASES = [case for path in OWN for case in read(path)]
SHARED_CASES = read(SHARED)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in OWN_CASES])
def test_the_case_holds(case):
    got = ADAPTERS[case["group"]](case["inputs"])
    if case["kind"] in {"statistical", "optimum"}:
        differences = list(statistical(got, case["expected"], case["tol"]))
    else:
        differences = list(compare(got, case["expected"], case["tol"], case["group"]))
    assert differences == []


@pytest.mark.parametrize("group", ADAPTERS)
def test_each_group_has_a_case(group):
    assert [case["id"] for case in OWN_CASES if case["group"] == group] != []


def test_our_copy_says_what_the_shared_file_says():
    if not SHARED_CASES:
        pytest.skip("../shared/cases is not there")
    keys = ("group", "kind", "inputs", "expected", "tol")
    shared = {case["id"]: [case[key] for key in keys] for case in SHARED_CASES}
    assert {case["id"]: [case[key] for key in keys] for case in OWN_CASES} == shared


def test_no_case_stands_in_two_files():
    ids = [case["id"] for case in OWN_CASES]
    assert [name for name in ids if ids.count(name) > 1] == []


def compare(got, expected, tol, where):
    """Differences between nested results beyond abs + rel x |expected|."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            yield from compare(got[key], value, tol, f"{where}.{key}")
    elif isinstance(expected, list):
        if len(got) != len(expected):
            yield f"{where}: {len(got)} items instead of {len(expected)}"
        for i, (one, other) in enumerate(zip(got, expected, strict=False)):
            yield from compare(one, other, tol, f"{where}[{i}]")
    elif not agrees(got, expected, tol):
        yield f"{where}: {got!r} instead of {expected!r}"


def agrees(got, expected, tol):
    if isinstance(got, Decimal):
        return abs(got - Decimal(expected)) <= Decimal(tol["abs"])
    if isinstance(expected, bool | str | None):
        return got == expected
    return abs(got - expected) <= tol["abs"] + tol["rel"] * abs(expected)


def statistical(got, expected, tol):
    """Differences beyond tolerances named <quantity>_abs or <quantity>_rel; alpha is alpha_jump."""
    for name, allowed in tol.items():
        start, _, kind = name.rpartition("_")
        quantity = next(q for q in expected if q == start or q.startswith(f"{start}_"))
        scale = abs(expected[quantity]) if kind == "rel" else 1.0
        if not abs(got[quantity] - expected[quantity]) <= allowed * scale:
            yield f"{quantity}: {got[quantity]} instead of {expected[quantity]} +- {allowed}"
