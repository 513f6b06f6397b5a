"""The size of a stamp says its unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.venues.recorded.stamps import nanos_of, nanos_of_text


@given(st.integers(1_000_000_000, 9_223_372_036))
def test_one_moment_in_every_unit_is_one_moment(seconds):
    moments = {nanos_of("ts", seconds * 10**power) for power in (0, 3, 6, 9)}
    assert moments == {seconds * 10**9}


@pytest.mark.parametrize("stamp", [0, -1, 999_999_999, 10**20])
def test_what_is_a_time_in_no_unit_is_refused_by_its_field(stamp):
    with pytest.raises(InvalidFieldError, match="ts"):
        nanos_of("ts", stamp)


def test_a_text_may_have_decimals_of_a_second():
    assert nanos_of_text("ts", "1700000000.25") == 1_700_000_000_250_000_000
    assert nanos_of_text("ts", "1700000000250") == 1_700_000_000_250_000_000
    for text in ("", "abc", "-1700000000", "1700000000.x", "1" * 41):
        with pytest.raises(InvalidFieldError):
            nanos_of_text("ts", text)
