"""What a caller may write: numbers, texts, names and times, strictly, each with its JSON schema."""

from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from market_maker.api.filters import Moment
from market_maker.api.literals import Number, write_time
from market_maker.api.problems import ProblemError
from market_maker.api.reading import Body, Query, read_body, read_query
from market_maker.api.schemas import body_schema
from market_maker.model.fields import line, name, number, positive
from market_maker.model.units import Nanos


class Written(Struct, frozen=True, kw_only=True):
    """One field of every kind."""

    decimal: Annotated[Decimal | None, positive("100", "per cent", "A share.")] = None
    whole: Annotated[int | None, number("1", "1000", "rows", "Rows.")] = None
    time: Moment = None
    name: Annotated[str | None, name("A name.")] = None
    line: Annotated[str | None, line(5, "A line.", 1)] = None
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
def test_what_only_looks_like_a_decimal_is_refused(text):
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


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01t00:00:00.000000001z", 1),
        ("2026-04-01T00:00:00Z", 1_775_001_600_000_000_000),
        ("2026-04-01T00:00:00.5-00:30", 1_775_003_400_500_000_000),
    ],
)
def test_a_time_is_read_to_the_nanosecond(text, nanos):
    assert read("time", text) == nanos


NO_TIMES = [
    "", "0", "9223372036854775808", "2026-04-01", "2026-04-01T00:00:00", "2026-04-01 00:00:00Z",
    "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-04-01T24:00:00Z", "2026-04-01T00:00:60Z",
    "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "2026-04-01T00:00:00+0000",
    "2026-04-01T00:00:00.Z", "2026-04-01T00:00:00.0000000001Z", "3000-01-01T00:00:00Z",
    "２026-04-01T00:00:00Z", "2026-04-01T00:00:00Z\n", "now",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIMES)
def test_a_time_without_a_zone_or_a_day_is_refused(text):
    assert "a time with its zone" in refused("time", text)


@given(st.integers(0, 7_000_000_000 * 10**9))
def test_a_time_that_was_written_is_read_back(nanos):
    assert read("time", write_time(nanos)) == nanos


@given(st.integers(0, 7 * 10**18), st.integers(0, 7 * 10**18))
def test_written_times_sort_like_times(one, other):
    assert (write_time(one) < write_time(other)) == (one < other)


@pytest.mark.parametrize("name", ["BTCUSDT-PERP", "hyna:BTC", "kPEPE", "@107"[1:], "a" * 64])
def test_a_name_is_made_of_plain_characters(name):
    assert read("name", name) == name


@pytest.mark.parametrize(
    "name", ["", "a" * 65, "../x", "a b", "a\n", "ä", "a/b", "-a", "';--", "%00", "a\r\nb", "𝟙"]
)
def test_other_characters_make_no_name(name):
    refused("name", name)


def test_a_line_has_no_control_characters_and_an_end():
    assert read("line", "Añé☃") == "Añé☃"
    for wrong in ("", "123456", "a\nb", "a\x7f", "a\u2028", "a\x85", 5, None, Number("1")):
        refused("line", wrong)


def test_parameters_of_a_strategy_are_plain_values():
    given = {"a": Number("1"), "b": Number("0.5"), "c": "x", "d": True, "e": None}
    assert read("parameters", given) == {"a": 1, "b": 0.5, "c": "x", "d": True, "e": None}
    for wrong in ({"a": []}, {"a": {}}, {"a b": "x"}, [], "x"):
        refused("parameters", wrong)


def test_the_schema_of_a_decimal_has_its_pattern_and_bounds():
    schema = body_schema(Body(kind=Written))["properties"]["decimal"]
    text, figure = schema["anyOf"][0]["anyOf"]
    assert text == {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"}
    assert figure == {"type": "number", "exclusiveMinimum": 0, "maximum": 100}
    words = "A share. A number above 0 to 100 per cent, in plain digits, at most 12 decimals."
    assert schema["anyOf"][0]["description"] == words
