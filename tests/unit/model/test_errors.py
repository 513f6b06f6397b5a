import ast
import copy
from decimal import Decimal
from pathlib import Path

import pytest

from market_maker.model import errors
from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidDataError,
    InvalidFieldError,
    NotFoundError,
    UnknownFieldError,
    VenueUnavailableError,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1000, "1000"),
        (Decimal("2.50"), "2.50"),
        (Decimal("1E-13"), "0.0000000000001"),
        (Decimal("1E+400"), "1E+400"),
        (Decimal("NaN"), "NaN"),
        (float("inf"), "inf"),
        (True, "true"),
        ("3", "'3'"),
        ("", "''"),
        ([1, Decimal(2)], "a list"),
        ({"x": Decimal(1)}, "a table"),
        (2**1_000, "a number of very many digits"),
    ],
)
def test_a_refused_value_reads_as_it_was_written(value, text):
    error = InvalidFieldError("field", value, "something else")
    assert str(error) == f"field: {text} is not allowed; allowed: something else"
    assert (error.field, error.value, error.allowed) == ("field", value, "something else")


@pytest.mark.parametrize(
    ("named", "text"),
    [
        (("pool", "BTC"), "there is no pool 'BTC'"),
        (("pool", ""), "there is no pool ''"),
        (("version", "3", "of BTC"), "there is no version '3' of BTC"),
        (("journal", None, "in /here"), "there is no journal in /here"),
    ],
)
def test_what_is_not_there_is_named_and_where(named, text):
    assert str(NotFoundError(*named)) == text


def names_in(path):
    """What is called a name in a NotFoundError of a source file, its variables left out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotFoundError":
            texts = [
                part.value for part in ast.walk(node.args[1]) if isinstance(part, ast.Constant)
            ]
            yield " ".join(str(text) for text in texts).split()


def test_a_place_is_not_said_as_a_name():
    """With quotes about it: there is no journal 'in /here'."""
    for path in Path(errors.__file__).parents[1].rglob("*.py"):
        for words in names_in(path):
            assert not {"in", "of", "with"}.intersection(words), (path, words)


def test_a_long_value_is_cut():
    assert len(str(InvalidFieldError("field", "x" * 10_000, "less"))) < 120


def test_a_missing_field_is_not_called_a_value():
    assert str(InvalidFieldError("gamma", None, "a number")) == "gamma: missing; a number"


def test_an_unknown_field_is_distinguished_from_a_wrong_value():
    error = UnknownFieldError("gama", 1, "gamma, kappa")
    assert str(error) == "gama: there is no such field; allowed: gamma, kappa"


@pytest.mark.parametrize(
    "error",
    [
        InvalidFieldError("gamma", Decimal(0), "a number above 0"),
        UnknownFieldError("gama", 1, "gamma, kappa"),
        IllegalTransitionError("HALTED", "enable", ("resume",)),
        InvalidDataError("a.toml", "is not a text file"),
        NotFoundError("pool", "X"),
        ConflictError("version", 2, "changed meanwhile"),
        VenueUnavailableError("no answer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_another_process_arrives_as_it_was(error):
    arrived = copy.copy(error)  # the way that pickle goes
    assert type(arrived) is type(error)
    assert (str(arrived), vars(arrived)) == (str(error), vars(error))
