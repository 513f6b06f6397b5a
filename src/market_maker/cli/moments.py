"""Moments as people write and read them."""

import re
from datetime import UTC, datetime
from decimal import Decimal

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos

ALLOWED = "UTC as in 2026-11-20T23:15:00.250Z, or nanoseconds since 1970"
NANOS_DIGITS = 19
_WRITTEN = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(\.[0-9]{1,9})?(?:Z|\+00:00)?",
    re.ASCII,
)


def moment(field: str, text: str) -> Nanos:
    """What `text` says. Raises InvalidFieldError that names `field`."""
    if text.isascii() and text.isdecimal() and len(text) == NANOS_DIGITS:
        return Nanos(int(text))
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise InvalidFieldError(field, text, ALLOWED)
    day, time, fraction = match.groups()
    try:
        whole = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidFieldError(field, text, ALLOWED) from None
    nanos = Decimal(fraction or 0) * NANOS_PER_SECOND
    return Nanos(int(whole.timestamp()) * NANOS_PER_SECOND + int(nanos))


def spoken(at: Nanos) -> str:
    """In UTC, to the microsecond."""
    seconds, nanos = divmod(at, NANOS_PER_SECOND)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{whole}.{nanos // 1_000:06d}Z"
