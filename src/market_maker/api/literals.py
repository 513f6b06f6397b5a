"""What a caller may write: numbers and times, strictly.

Numbers never pass through a float: a JSON number is kept as it was written until its field says
what it is.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from msgspec import Struct

from market_maker.model.units import NANOS_PER_SECOND, Nanos

DECIMAL_PATTERN = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"
SIGNED_PATTERN = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"
DECIMAL_WORDS = "in plain digits, at most 12 decimals"
WHOLE_PATTERN = r"^(0|[1-9][0-9]{0,18})$"
TIME_PATTERN = (
    r"^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""RFC 3339 with its zone, from 1970 to 2199, to the nanosecond."""
TIME_ALLOWED = "a time with its zone such as 2026-04-01T00:00:00Z, from 1970 to 2199"

SECONDS_KEPT = 4_096
"""The same second is written for many pools, and a pool's own again and again."""

_TIME = re.compile(TIME_PATTERN, re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Number(Struct, frozen=True):
    """A JSON number as it was written."""

    token: str


def written(value: object) -> str:
    """The text of a text or a number; empty for anything else."""
    if isinstance(value, Number):
        return value.token
    return value if isinstance(value, str) else ""


def read_time(text: str) -> Nanos:
    """A moment. Raises ValueError for what TIME_PATTERN does not match, for days that no month
    has, and for moments before 1970."""
    # The pattern's end also matches before a last line end; a full match does not.
    if not _TIME.fullmatch(text):
        raise ValueError(text)
    whole, rest = text[:19].upper(), text[19:].upper()
    zone = rest.lstrip(".0123456789")
    fraction = rest.removesuffix(zone).lstrip(".")
    seconds = (datetime.fromisoformat(whole + zone) - _EPOCH) // timedelta(seconds=1)
    if seconds < 0:
        raise ValueError(text)
    return Nanos(seconds * NANOS_PER_SECOND + int(fraction.ljust(9, "0")))


def write_time(moment: Nanos) -> str:
    """RFC 3339 in UTC with nine decimals of a second, so that text sorts like time."""
    seconds, nanos = divmod(moment, NANOS_PER_SECOND)
    return f"{_second(seconds)}.{nanos:09d}Z"


@lru_cache(SECONDS_KEPT)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
