import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.api.body import BYTES_MAX, DEPTH_MAX, ITEMS_MAX, parse
from market_maker.api.literals import Number
from market_maker.api.problems import ProblemError

UNREADABLE = {
    "nothing": b"",
    "cut off": b'{"gamma": "0.1"',
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "a key twice": b'{"gamma": "1", "gamma": "2"}',
    "a key twice, written differently": b'{"gamma": "1", "g\\u0061mma": "2"}',
    "a key twice, further in": b'{"a": {"b": 1, "b": 1}}',
    "NaN": b'{"gamma": NaN}',
    "Infinity": b'{"gamma": Infinity}',
    "minus Infinity": b'{"gamma": -Infinity}',
    "an exponent": b'{"gamma": 1e5}',
    "a huge exponent": b'{"gamma": 1e400000}',
    "a small exponent": b'{"gamma": 1E-5}',
    "more digits than a number has": b'{"gamma": ' + b"9" * 5_000 + b"}",
    "a leading zero": b'{"gamma": 01}',
    "a hexadecimal number": b'{"gamma": 0x1}',
    "a NUL": b'{"notes": "a\\u0000b"}',
    "a NUL in a key": b'{"a\\u0000": 1}',
    "half a surrogate pair": b'{"notes": "\\ud800"}',
    "half a surrogate pair, further in": b'{"a": [{"b": "\\udfff"}]}',
    "a raw control character": b'{"notes": "a\x01b"}',
    "another encoding": '{"notes": "é"}'.encode("latin-1"),
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "too deep": b'{"a": ' * (DEPTH_MAX + 1) + b"1" + b"}" * (DEPTH_MAX + 1),
    "far too deep": b"[" * (BYTES_MAX // 2),
    "far too deep, unbalanced": b'{"a":' * (BYTES_MAX // 5),
    "a long list": b'{"a": [' + b",".join([b"1"] * (ITEMS_MAX + 1)) + b"]}",
    "two values": b"{} {}",
    "a comment": b"{} // x",
    "a trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_could_be_read_in_two_ways_is_not_read(raw):
    with pytest.raises(ProblemError) as caught:
        parse(raw)
    assert caught.value.problem.status == 400
    assert len(caught.value.problem.detail) < 200


def test_numbers_are_kept_as_they_were_written():
    given = parse(b'{"a": 0.10, "b": 1, "c": -0, "d": 123456789012345.123456789012}')
    assert given == {
        "a": Number("0.10"),
        "b": Number("1"),
        "c": Number("-0"),
        "d": Number("123456789012345.123456789012"),
    }


def test_brackets_in_texts_are_not_depth():
    assert parse(b'{"a": "' + b"[{" * 100 + b'\\"[["}') == {"a": "[{" * 100 + '"[['}


def test_the_depth_that_is_allowed_is_read():
    raw = b'{"a": ' * DEPTH_MAX + b'"x"' + b"}" * DEPTH_MAX
    assert parse(raw)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_a_json_library_writes_is_read_back(fields):
    try:
        assert parse(json.dumps(fields).encode()) == fields
    except ProblemError as error:
        assert "nested" in error.problem.detail  # noqa: PT017  hypothesis may nest too deep


@given(st.binary(max_size=200) | st.text(string.printable, max_size=200).map(str.encode))
def test_any_bytes_are_an_object_or_a_problem(raw):
    try:
        assert isinstance(parse(raw), dict)
    except ProblemError as error:
        assert error.problem.status == 400  # noqa: PT017
