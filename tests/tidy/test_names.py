"""One word per thing, and a test for every module. Each test's name is the rule."""

from collections import Counter
from pathlib import Path

from tests.tidy.names import (
    glossary_code_names,
    glossary_rows,
    modules_without_test,
    names_of_code,
    one_word,
    packages_using,
    public_classes,
    vague_functions,
    words_of,
)
from tests.tidy.reach import steps_to
from tests.tidy.tree import PACKAGE, ROOT

LOAD_BEARING_FROM = 3
"""A class that so many packages import is a word that every reader needs."""

OTHERS_PROTOCOLS = ("venues/", "emulators/")
"""Packages whose names are, in part, another's."""

TESTED_ELSEWHERE = Path(__file__).parent / "tested_elsewhere.txt"
"""Modules whose tests stand in a scenario of another name. The list may only become shorter."""

STEPS_MAX = 4
"""So many imports may lead from a test to a module of which it holds the claims."""


def listed_modules() -> dict[str, str]:
    """The modules of the list, each with its test."""
    lines = TESTED_ELSEWHERE.read_text("utf-8").splitlines()
    parts = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {module: test for module, _, test in parts}


def test_no_public_class_is_defined_in_two_packages() -> None:
    twice = {name: sorted(where) for name, where in public_classes().items() if len(where) > 1}
    assert twice == {}


def test_every_class_that_many_packages_import_stands_in_the_glossary() -> None:
    """Errors are explained where they are defined; criteria by what they select."""
    used = {
        name
        for name, where in packages_using().items()
        if len(where) >= LOAD_BEARING_FROM and not name.endswith(("Error", "Criteria"))
    }
    assert sorted(used - glossary_code_names()) == []


def test_every_class_that_the_glossary_explains_exists() -> None:
    assert sorted(glossary_code_names() - public_classes().keys()) == []


def test_no_word_of_the_glossary_has_two_rows() -> None:
    rows = Counter(one_word(word) for row in glossary_rows() for word in set(row.words))
    assert {word: count for word, count in rows.items() if count > 1} == {}


def test_a_class_named_by_a_word_of_the_glossary_stands_in_that_words_row() -> None:
    """In any row where it is the plural: a collection of the same."""
    rows = {one_word(word): row for row in glossary_rows() for word in row.words}
    wrong = {
        name: sorted(where)
        for name, where in public_classes().items()
        if one_word(name) in rows
        and name not in rows[one_word(name)].classes
        and not (name.endswith("s") and name in glossary_code_names())
    }
    assert wrong == {}


def test_no_name_holds_a_word_that_the_glossary_refuses() -> None:
    rows = glossary_rows()
    allowed = {part for row in rows for word in row.words + row.allowed for part in words_of(word)}
    refused = {one_word(word) for row in rows for word in row.refused} - allowed
    wrong = {
        name: place
        for name, place in names_of_code().items()
        if not place.startswith(OTHERS_PROTOCOLS) and refused & set(words_of(name))
    }
    assert wrong == {}


def test_no_function_is_called_by_a_word_that_hides_what_it_does() -> None:
    """See VAGUE for what to write instead."""
    assert vague_functions() == []


def test_every_module_has_a_test_module_of_its_name_or_stands_in_the_list() -> None:
    """Put the test at tests/unit/<package>/test_<module>.py."""
    assert sorted(modules_without_test() - listed_modules().keys()) == []


def test_the_test_that_stands_beside_a_module_in_the_list_reaches_it() -> None:
    """By its imports, in STEPS_MAX steps at most."""
    wrong = {
        module: test
        for module, test in listed_modules().items()
        if not (ROOT / test).is_file()
        or not 1 <= (steps_to(ROOT / test, ROOT / module) or 0) <= STEPS_MAX
    }
    assert wrong == {}


def test_a_test_reaches_what_it_imports_and_no_other_part_of_the_core() -> None:
    test = ROOT / "tests" / "unit" / "estimators" / "test_kalman.py"
    assert steps_to(test, PACKAGE / "estimators" / "kalman.py") == 1
    assert steps_to(test, PACKAGE / "api" / "app.py") is None


def test_the_list_of_modules_tested_elsewhere_only_becomes_shorter() -> None:
    """Take out of the list what has its own test by now, or is gone."""
    assert sorted(listed_modules().keys() - modules_without_test()) == []
