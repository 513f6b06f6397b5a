import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.topics.framing import HEAD, framed, schema_id_of


@pytest.mark.parametrize("number", [0, 1, 258, 2**32 - 1])
def test_the_number_of_the_schema_stands_in_front_of_the_body(number: int) -> None:
    value = framed(number, b"body")
    assert schema_id_of(value) == number
    assert value[HEAD:] == b"body"


def test_the_framing_is_a_zero_and_four_bytes_the_greatest_first() -> None:
    assert framed(258, b"!") == b"\x00\x00\x00\x01\x02!"


@pytest.mark.parametrize(
    "value", [b"", b"\x00\x00\x00\x00", b"\x01\x00\x00\x00\x01body", b"{}abcde"]
)
def test_what_is_not_framed_is_refused(value: bytes) -> None:
    with pytest.raises(InvalidDataError, match="number of its schema"):
        schema_id_of(value)
