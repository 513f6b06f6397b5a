import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.api.literals import read_time, write_time


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
    assert read_time(text) == nanos


NO_TIMES = [
    "", "0", "9223372036854775808", "2026-04-01", "2026-04-01T00:00:00", "2026-04-01 00:00:00Z",
    "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-04-01T24:00:00Z", "2026-04-01T00:00:60Z",
    "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "2026-04-01T00:00:00+0000",
    "2026-04-01T00:00:00.Z", "2026-04-01T00:00:00.0000000001Z", "3000-01-01T00:00:00Z",
    "２026-04-01T00:00:00Z", "2026-04-01T00:00:00Z\n", "now",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIMES)
def test_a_time_without_a_zone_or_a_day_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says
        read_time(text)


@given(st.integers(0, 7_000_000_000 * 10**9))
def test_a_time_that_was_written_is_read_back(nanos):
    assert read_time(write_time(nanos)) == nanos


@given(st.integers(0, 7 * 10**18), st.integers(0, 7 * 10**18))
def test_written_times_sort_like_times(one, other):
    assert (write_time(one) < write_time(other)) == (one < other)
