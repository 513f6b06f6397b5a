"""Hours, days and months of UTC as spans of nanoseconds: half open, and without leap seconds."""

import re

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos

NANOS_PER_DAY = 24 * NANOS_PER_HOUR
YEAR_MIN, YEAR_MAX = 1970, 2200
"""Nanoseconds of later years do not fit into 64 bits."""

_MONTHS = 12
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
_MONTH_ALLOWED = f"a month such as 2026-10, from {YEAR_MIN}-01 to {YEAR_MAX}-12"


class Month(Struct, frozen=True, order=True):
    """One calendar month. number: 1..12. Ordered by time."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """YYYY-MM."""
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def start(self) -> Nanos:
        """Its first nanosecond."""
        return Nanos(_days(self.year, self.number, 1) * NANOS_PER_DAY)

    @property
    def end(self) -> Nanos:
        """The first nanosecond of the month after it."""
        return self.next.start

    @property
    def next(self) -> "Month":
        """The month after it."""
        last = self.number == _MONTHS
        return Month(self.year + last, 1 if last else self.number + 1)

    @property
    def previous(self) -> "Month":
        """The month before it."""
        first = self.number == 1
        return Month(self.year - first, _MONTHS if first else self.number - 1)


def month_named(text: str) -> Month:
    """The month written YYYY-MM. Raises InvalidFieldError("month")."""
    match = _MONTH.fullmatch(text)
    if match is None:
        raise InvalidFieldError("month", text, _MONTH_ALLOWED)
    month = Month(int(match[1]), int(match[2]))
    if not (1 <= month.number <= _MONTHS and YEAR_MIN <= month.year <= YEAR_MAX):
        raise InvalidFieldError("month", text, _MONTH_ALLOWED)
    return month


def month_of(ts: Nanos) -> Month:
    """The month in which a moment lies."""
    year, number, _ = _date(ts // NANOS_PER_DAY)
    return Month(year, number)


def hour_of(ts: Nanos) -> Nanos:
    """The start of the hour in which a moment lies."""
    return Nanos(ts - ts % NANOS_PER_HOUR)


def day_of(ts: Nanos) -> Nanos:
    """The start of the day in which a moment lies."""
    return Nanos(ts - ts % NANOS_PER_DAY)


def day_text(ts: Nanos) -> str:
    """2026-10-31."""
    year, number, day = _date(ts // NANOS_PER_DAY)
    return f"{year:04d}-{number:02d}-{day:02d}"


def moment_text(ts: Nanos) -> str:
    """2026-10-31T23:59:59.123456789Z; the fraction is left out where it is 0."""
    seconds, fraction = divmod(ts % NANOS_PER_DAY, NANOS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    tail = f".{fraction:09d}" if fraction else ""
    return f"{day_text(ts)}T{hour:02d}:{minute:02d}:{second:02d}{tail}Z"


# Days and civil dates, with years that begin in March so that a leap day comes last. After Howard
# Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days.

_DAYS_PER_ERA = 146_097
"""400 years."""
_DAYS_TO_1970 = 719_468
"""From 0000-03-01."""


def _days(year: int, number: int, day: int) -> int:
    """Days from 1970-01-01 to a date."""
    march_year = year - (number <= 2)  # noqa: PLR2004 - January and February end a March year
    era, of_era = divmod(march_year, 400)
    of_year = (153 * ((number + 9) % 12) + 2) // 5 + day - 1
    of_era = of_era * 365 + of_era // 4 - of_era // 100 + of_year
    return era * _DAYS_PER_ERA + of_era - _DAYS_TO_1970


def _date(days: int) -> tuple[int, int, int]:
    """Year, month and day of the month."""
    era, of_era = divmod(days + _DAYS_TO_1970, _DAYS_PER_ERA)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    number = (shifted + 2) % 12 + 1
    return year + era * 400 + (number <= 2), number, day  # noqa: PLR2004 - as above
