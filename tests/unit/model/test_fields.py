from decimal import Decimal
from typing import Annotated

import pytest
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import (
    bounds_of,
    check_fields,
    check_given,
    choice,
    fields_of,
    line,
    number,
    positive,
)
from market_maker.model.participant import Enrolment, ParticipantChange
from market_maker.model.pool import POOL_BOUNDS, Member, PoolConfig
from market_maker.operations.memberships import MemberChange


class Thing(Struct, frozen=True, kw_only=True):
    share: Annotated[Decimal, positive("100", "per cent", "A share.")]
    rows: Annotated[int, number("1", "10", "rows", "Rows.")] = 1
    words: Annotated[str, line(5, "Words.", 1)] = "a"
    word: Annotated[str | None, choice(("up", "down"), "A direction.")] = None


def thing(**fields):
    return Thing(**{"share": Decimal(1)} | fields)


def test_a_field_says_what_it_may_be():
    words = {name: field.words() for name, field in fields_of(Thing).items()}
    assert words == {
        "share": "a number above 0 to 100 per cent",
        "rows": "a whole number from 1 to 10 rows",
        "words": "a text of 1 to 5 characters on one line",
        "word": "one of up, down",
    }
    assert fields_of(Thing)["share"].meaning == "A share."
    assert [name for name, field in fields_of(Thing).items() if field.required] == ["share"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("share", Decimal(0)),
        ("share", Decimal("100.1")),
        ("share", Decimal("NaN")),
        ("rows", 0),
        ("rows", 11),
        ("words", ""),
        ("words", "123456"),
        ("words", "  "),
        ("word", "left"),
    ],
)
def test_what_a_field_may_not_be_is_refused_by_its_name(field, value):
    with pytest.raises(InvalidFieldError) as caught:
        check_fields(thing(**{field: value}), "things[1].")
    assert caught.value.field == f"things[1].{field}"


def test_what_is_within_bounds_passes():
    check_fields(thing(share=Decimal(100), rows=10, words="12345", word="up"))
    check_fields(thing(word=None))
    check_given(Thing, {"rows": 3})


def test_bounds_of_pools_are_those_of_their_fields():
    assert bounds_of(PoolConfig) == POOL_BOUNDS
    bare = [name for name, each in fields_of(PoolConfig).items() if not each.meaning]
    assert bare == ["members"]


@pytest.mark.parametrize(
    ("whole", "change"), [(Enrolment, ParticipantChange), (Member, MemberChange)]
)
def test_a_change_bounds_a_field_as_the_whole_does(whole, change):
    for name, field in fields_of(change).items():
        assert (field.allowed, field.kind) == (fields_of(whole)[name].allowed, field.kind), name
