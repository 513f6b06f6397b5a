"""Every broken rule is a problem with a name, a status and what it is about."""

import pytest

from market_maker.api.problems import SAFE_INTEGER_MAX, SHOWN_LENGTH_MAX, TITLES, of_error, plain
from market_maker.model.errors import (
    ConflictError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidFieldError,
    NotFoundError,
)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InvalidFieldError("gamma", -1, "above 0"), "invalid-field"),
        (NotFoundError("pool", "X"), "not-found"),
        (ForbiddenError("only risk"), "forbidden"),
        (ConflictError("version", 4, "read it again"), "conflict"),
        (IllegalTransitionError("HALTED", "pause", ("resume",)), "illegal-transition"),
    ],
)
def test_each_kind_of_error_has_its_own(error, kind):
    found = of_error(error)
    assert (found.type, (found.status, found.title)) == (kind, TITLES[kind])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "gamma: missing; required: a number"),
        (True, "gamma: true is not allowed; allowed: a number"),
        ("1e3", "gamma: '1e3' is not allowed; allowed: a number"),
    ],
)
def test_a_value_is_shown_as_it_was_typed(value, said):
    assert of_error(InvalidFieldError("gamma", value, "a number")).detail == said


def test_what_is_shown_of_a_value_is_short_and_plain():
    assert plain({"a": 1}) == "an object"
    assert plain([1]) == "a list"
    assert plain(SAFE_INTEGER_MAX) == SAFE_INTEGER_MAX
    assert plain(SAFE_INTEGER_MAX + 1) == str(SAFE_INTEGER_MAX + 1)
    assert len(plain("x" * 1_000)) == SHOWN_LENGTH_MAX + 1
    assert plain("\ud800") == "?"
