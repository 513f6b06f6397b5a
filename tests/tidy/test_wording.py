"""Plain English where people read. Each name is the rule; tests/tidy/wording.py has the words."""

import re
from pathlib import Path

import pytest

from tests.tidy.names import glossary_rows
from tests.tidy.tree import PACKAGE, ROOT, name_of, python_files
from tests.tidy.wording import Found, refused_in_names, refused_in_prose, refused_words

SWEPT = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/comparing-strategies.md",
    "docs/deployment.md",
    "docs/estimators.md",
    "docs/hyperliquid.md",
    "docs/hyperliquid-emulator.md",
    "docs/hyperliquid-maker.md",
    "docs/hyperliquid-operations.md",
    "docs/operations.md",
    "docs/order-service.md",
    "docs/panel.md",
    "docs/reading-a-report.md",
    "docs/recording-format.md",
    "docs/rest-api.md",
    "docs/settlement.md",
    "docs/strategies.md",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "adr").glob("*.md")),
)
"""Documents without refused words. The list may only become longer."""


OF_THE_CHECK = ("tests/tidy/wording.py", "tests/tidy/test_wording.py")


def test_no_sentence_has_a_refused_word() -> None:
    """Name the subject; see REFUSED for what to write instead. Released migrations stay."""
    paths = [path for path in swept() if "migrations" not in path.parts]
    assert [found for path in paths for found in refused_words(path)] == []


def test_no_name_of_a_test_has_a_refused_word() -> None:
    """The name of a test is its sentence."""
    assert [found for path in swept() for found in refused_in_names(path)] == []


def swept() -> list[Path]:
    """The product, its tests and its benchmarks; not the words of this check."""
    return [path for path in python_files() if name_of(path) not in OF_THE_CHECK]


@pytest.mark.parametrize("name", SWEPT)
def test_no_sentence_of_a_swept_document_has_a_refused_word(name: str) -> None:
    assert list(refused_in_prose(ROOT / name)) == []


def test_the_glossary_has_refused_words_only_where_it_refuses_them() -> None:
    listed = {word for row in glossary_rows() for word in row.refused}
    found = list(refused_in_prose(ROOT / "docs" / "glossary.md"))
    assert [one for one in found if one.word not in listed] == []


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ('"""Tells what happened."""', "Tells"),
        ("x = 1  # nobody knows", "nobody"),
        ('raise ValueError(f"{name} looks wrong")', "looks"),
        ('"""Returns what\nsomebody sent."""', "somebody"),
    ],
)
def test_the_check_finds_a_refused_word(line: str, word: str, tmp_path: Path) -> None:
    assert [found.word for found in in_file(tmp_path, line)] == [word]


@pytest.mark.parametrize(
    "line",
    [
        '"""`told` is called with the outcome."""',
        'f"not ready: {told}"',
        "told = 1",
        '"""Looked up by id, not looked up again."""',
        '{"gives": 1}',
    ],
)
def test_code_and_names_are_no_sentences(line: str, tmp_path: Path) -> None:
    assert in_file(tmp_path, line) == []


def test_the_words_of_a_tests_name_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text("def test_it_is_told():\n    told = test_bold()\n", encoding="utf-8")
    assert [found.word for found in refused_in_names(path)] == ["told"]


def in_file(folder: Path, line: str) -> list[Found]:
    path = folder / "one.py"
    path.write_text(line + "\n", encoding="utf-8")
    return list(refused_words(path))


def test_no_function_or_variable_of_a_command_or_a_bench_is_called_told() -> None:
    """A name that says neither what is passed on nor to whom."""
    named = re.compile(r"\b(def|as) (tell|told)\b|\b(tell|told)\(|\b(tell|told) = ")
    folders = (PACKAGE / "cli", ROOT / "bench", ROOT / "dev")
    files = (path for folder in folders for path in folder.rglob("*.py"))
    assert [name_of(path) for path in files if named.search(path.read_text("utf-8"))] == []
