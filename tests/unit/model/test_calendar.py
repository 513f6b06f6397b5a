from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.calendar import (
    Month,
    day_of,
    day_text,
    hour_of,
    moment_text,
    month_named,
    month_of,
)
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND

LAST = Month(2200, 12).end - 1
MOMENTS = st.integers(0, LAST)


def utc(ts):
    return datetime.fromtimestamp(ts // NANOS_PER_SECOND, UTC)


@given(MOMENTS)
def test_dates_are_those_of_the_standard_library(ts):
    then = utc(ts)
    assert day_text(ts) == then.strftime("%Y-%m-%d")
    assert month_of(ts) == Month(then.year, then.month)
    assert moment_text(ts).startswith(then.strftime("%Y-%m-%dT%H:%M:%S"))


@given(MOMENTS)
def test_a_moment_lies_in_its_hour_its_day_and_its_month(ts):
    assert hour_of(ts) <= ts < hour_of(ts) + NANOS_PER_HOUR
    assert day_of(ts) <= ts < day_of(ts) + 24 * NANOS_PER_HOUR
    assert month_of(ts).start <= ts < month_of(ts).end
    assert utc(day_of(ts)).strftime("%H%M%S") == "000000"


def test_months_tile_the_time_without_gap_or_overlap():
    month = Month(1970, 1)
    assert month.start == 0
    while month.year <= 2200:
        assert month.end == month.next.start
        assert month.next.previous == month
        assert month_of(month.end - 1) == month < month.next == month_of(month.end)
        month = month.next
    assert LAST < 2**63


def test_a_leap_february_has_29_days():
    assert day_text(Month(2024, 2).end - 1) == "2024-02-29"
    assert day_text(Month(2100, 2).end - 1) == "2100-02-28"
    assert day_text(Month(2000, 2).end - 1) == "2000-02-29"


def test_a_moment_is_written_with_all_its_nanoseconds_or_none():
    assert moment_text(Month(2026, 10).start) == "2026-10-01T00:00:00Z"
    assert moment_text(Month(2026, 11).start - 1) == "2026-10-31T23:59:59.999999999Z"


def test_a_month_is_read_as_it_is_written():
    assert month_named("2026-10") == Month(2026, 10)
    assert month_named("2026-10").name == "2026-10"


NO_MONTHS = (
    *("", "2026", "2026-1", "2026-13", "2026-00", "26-10", "2026-10-01", "2026/10", " 2026-10"),
    *("2026-10\n", "1969-12", "2201-01", "９９９９-10", "-026-10", "2026-1O", "x" * 10_000),
)


@pytest.mark.parametrize("text", NO_MONTHS)
def test_what_is_no_month_is_refused_by_name(text):
    with pytest.raises(InvalidFieldError) as caught:
        month_named(text)
    assert caught.value.field == "month"
    assert "2026-10" in caught.value.allowed
