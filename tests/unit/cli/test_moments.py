"""Moments are read as people write them, and written in UTC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.cli.moments import moment, spoken
from market_maker.model.errors import InvalidFieldError


@given(st.integers(10**18, 4 * 10**18))
def test_what_is_written_is_read_as_the_same_microsecond(at):
    assert moment("at", spoken(at)) == at - at % 1_000
    assert moment("at", str(at)) == at


@pytest.mark.parametrize(
    "text", ["2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-14T22:13:20.000+00:00"]
)
def test_one_moment_may_be_written_in_several_ways(text):
    assert moment("at", text) == 1_700_000_000 * 10**9


@pytest.mark.parametrize("text", ["yesterday", "2023-13-01T00:00", "2023-11-14T22:13+01:00", "17"])
def test_another_text_is_refused_by_its_field(text):
    with pytest.raises(InvalidFieldError, match="at"):
        moment("at", text)
