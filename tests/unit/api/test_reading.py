"""What a caller may write: numbers, texts, names and times, strictly, each with its JSON schema."""

from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from market_maker.api.literals import Number
from market_maker.api.problems import ProblemError
from market_maker.api.reading import Body, Query, read_body, read_query
from market_maker.model.fields import line, name, number, positive
from market_maker.model.units import Nanos


class Written(Struct, frozen=True, kw_only=True):
    """One field of every kind."""

    decimal: Annotated[Decimal, positive("100", "per cent", "A share.")] = Decimal(1)
    whole: Annotated[int, number("1", "1000", "rows", "Rows.")] = 1
    time: Nanos = Nanos(0)
    title: Annotated[str, name("A name.")] = "x"
    text: Annotated[str, line(5, "A line.", 1)] = "x"
    parameters: dict[str, str | int | float | bool | None] = {}


class InAddress(Query, frozen=True, kw_only=True):
    whole: Annotated[int, number("1", "1000", "rows", "Rows.")] = 1


def read(field, value):
    """A field's value out of a body."""
    return getattr(read_body(Body(kind=Written), {field: value}).value, field)


def refused(field, value):
    """What is allowed, where a body is refused."""
    with pytest.raises(ProblemError) as caught:
        read(field, value)
    (flaw,) = caught.value.problem.flaws
    assert flaw.field == field
    return flaw.allowed


@pytest.mark.parametrize("text", ["1", "0.1", "100", "100.000", "0.000000000001", "99.99"])
def test_a_decimal_is_read_from_a_text_and_from_a_number_alike(text):
    assert read("decimal", text) == Decimal(text)
    assert format(read("decimal", Number(text)), "f") == text


NO_DECIMALS = [
    "", " 1", "1 ", "1\n", "+1", "-1", "-0", "0", "0.0", "100.0000001", "1e1", "1E1", "NaN", "nan",
    "Infinity", "-inf", "1_0", "1,0", ".5", "5.", "01", "0x1", "０.１", "١", "1.0000000000001",
    "1" * 5_000, "one", "null", "1.2.3", "\u200b1", "1\u00a0",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DECIMALS)
def test_what_only_resembles_a_decimal_is_refused(text):
    for value in (text, Number(text)):
        assert "above 0 to 100 per cent, in plain digits" in refused("decimal", value)


@pytest.mark.parametrize("value", [None, True, False, [], {}, 1, 1.5, Decimal(1), b"1"])
def test_a_decimal_is_written_as_text_or_number_only(value):
    refused("decimal", value)


@given(st.decimals(Decimal("0.000001"), 100, places=6))
def test_every_decimal_in_bounds_goes_through_unchanged(value):
    text = format(value, "f")
    assert read("decimal", text) == value
    assert read("decimal", Number(text)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_decimal_in_bounds_or_refused(text):
    try:
        assert 0 < read("decimal", text) <= 100
    except ProblemError as error:
        assert len(error.problem.flaws) == 1  # noqa: PT017


def test_a_whole_number_is_a_json_number_without_a_point():
    assert read("whole", Number("1000")) == 1_000
    for wrong in (Number("1.0"), Number("0"), Number("1001"), Number("-1"), "5", True, None):
        refused("whole", wrong)


def test_a_whole_number_in_an_address_is_text():
    assert read_query(InAddress, {"whole": "100"}).whole == 100
    for wrong in ("", "-1", "0", "1e2", "1000000000", "٣", "5.0"):
        with pytest.raises(ProblemError):
            read_query(InAddress, {"whole": wrong})


@pytest.mark.parametrize("name", ["BTCUSDT-PERP", "hyna:BTC", "kPEPE", "@107"[1:], "a" * 64])
def test_a_name_is_made_of_plain_characters(name):
    assert read("title", name) == name


@pytest.mark.parametrize(
    "name", ["", "a" * 65, "../x", "a b", "a\n", "ä", "a/b", "-a", "';--", "%00", "a\r\nb", "𝟙"]
)
def test_other_characters_make_no_name(name):
    refused("title", name)


def test_a_line_has_no_control_characters_and_an_end():
    assert read("text", "Añé☃") == "Añé☃"
    for wrong in ("", "123456", "a\nb", "a\x7f", "a\u2028", "a\x85", 5, None, Number("1")):
        refused("text", wrong)


def test_parameters_of_a_strategy_are_plain_values():
    given = {"a": Number("1"), "b": Number("0.5"), "c": "x", "d": True, "e": None}
    assert read("parameters", given) == {"a": 1, "b": 0.5, "c": "x", "d": True, "e": None}
    for wrong in ({"a": []}, {"a": {}}, {"a b": "x"}, [], "x"):
        refused("parameters", wrong)
