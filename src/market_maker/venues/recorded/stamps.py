"""Times of venues and recorders, in whatever unit, as nanoseconds since the Unix epoch."""

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import Nanos

_UNITS = (10**9, 10**6, 10**3, 1)
"""Nanoseconds in a second, a millisecond, a microsecond and a nanosecond."""

_FIRST, _LAST = 10**18, (1 << 63) - 1
"""2001 to 2262: so far apart are the units that a number is a time in one of them only."""


def nanos_of(field: str, stamp: int) -> Nanos:
    """A stamp in seconds, ms, us or ns; which of them, its size says. Raises InvalidFieldError."""
    for unit in _UNITS:
        if _FIRST <= stamp * unit <= _LAST:
            return Nanos(stamp * unit)
    allowed = "a time from 2001 to 2262 since the Unix epoch, in s, ms, us or ns"
    raise InvalidFieldError(field, stamp, allowed)


def nanos_of_text(field: str, text: str) -> Nanos:
    """The same from digits, or from seconds with decimals."""
    whole, point, fraction = text.partition(".")
    if not whole.isdecimal() or len(text) > 40 or (point and not fraction.isdecimal()):  # noqa: PLR2004  # digits of any time
        raise InvalidFieldError(field, text[:40], "a time since the Unix epoch")
    if not point:
        return nanos_of(field, int(whole))
    return Nanos(nanos_of(field, int(whole)) + int(fraction[:9].ljust(9, "0")))
