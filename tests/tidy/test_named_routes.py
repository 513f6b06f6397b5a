"""Every address that a text of ours names is one that the API has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_maker.api.openapi import describe
from market_maker.api.table import ROUTES
from tests.tidy.tree import PACKAGE, ROOT, name_of, nodes, source_files

NAMED = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE) )?(/v1/[A-Za-z0-9_{}/<>-]+[A-Za-z0-9_}>])")
ELSEWHERE = ("emulators/", "venues/order_service/", "venues/wallet/", "telemetry/spans.py")
"""Callers of other services' APIs: the order service, the wallet, the collector of spans."""
PLACE = re.compile(r"\{[^}/]*\}|<[^>/]*>")
"""{symbol}, <symbol>: a part that stands for anything."""

Known = list[tuple[list[str], frozenset[str]]]


def served() -> Known:
    """What the API has: addresses by their parts, and their methods."""
    return [
        (path.split("/"), frozenset(method.upper() for method in methods))
        for path, methods in describe(ROUTES)["paths"].items()
    ]


def meets(named: list[str], part_of: list[str]) -> bool:
    """Whether both may be one address: a place in either stands for anything."""
    pairs = zip(named, part_of, strict=False)
    return all(a == b or PLACE.fullmatch(a) or PLACE.fullmatch(b) for a, b in pairs)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every string; of one with values in it, {} in place of each."""
    inside = {id(part) for node in nodes(path) if isinstance(node, ast.JoinedStr)
              for part in node.values}  # fmt: skip
    for node in nodes(path):
        if isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.lineno, node.value


def unknown(text: str, known: Known) -> list[str]:
    """Addresses in `text` that the API does not have, or not with that method. One without a method
    may also be what several begin with."""
    wrong = []
    for method, path in NAMED.findall(text):
        named = path.split("/")
        met = [(parts, those) for parts, those in known if meets(named, parts)]
        whole = [those for parts, those in met if len(parts) == len(named)]
        begins = any(len(parts) > len(named) for parts, _ in met)
        good = any(method in those for those in whole) if method else bool(whole) or begins
        if not good:
            wrong.append(f"{method} {path}".strip())
    return wrong


def sources() -> Iterator[Path]:
    for path in source_files():
        if not path.relative_to(PACKAGE).as_posix().startswith(ELSEWHERE):
            yield path


@pytest.fixture(scope="module")
def known() -> Known:
    return served()


def test_every_address_in_a_text_is_served(known):
    found = {
        f"{name_of(path)}:{line}: {wrong}"
        for path in sources()
        for line, text in texts(path)
        for wrong in unknown(text, known)
    }
    assert found == set()


@pytest.mark.parametrize("page", ["operations.md", "rest-api.md", "settlement.md", "panel.md"])
def test_every_address_in_the_documents_is_served(known, page):
    assert unknown((ROOT / "docs" / page).read_text(), known) == []


def test_the_scan_sees_an_address_and_a_method_that_are_not_there(known):
    assert unknown("resume it by POST /v1/pools/{symbol}/resume", known) == []
    assert unknown("resume it by PUT /v1/pools/{symbol}/resume", known) == [
        "PUT /v1/pools/{symbol}/resume"
    ]
    assert unknown("see /v1/pool/BTC", known) == ["/v1/pool/BTC"]
