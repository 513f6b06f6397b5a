"""How long things take between us and the venue."""

from random import Random

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_MS, Nanos


class Latency(Struct, frozen=True, kw_only=True):
    """Each way takes its base and up to its jitter more, uniformly; nanoseconds, 0 or more.

    entry: our requests to the venue. response: its private reports to us. feed: its market data
    to us. Raises InvalidFieldError.
    """

    entry: Nanos = Nanos(4 * NANOS_PER_MS)
    entry_jitter: Nanos = Nanos(2 * NANOS_PER_MS)
    response: Nanos = Nanos(4 * NANOS_PER_MS)
    response_jitter: Nanos = Nanos(2 * NANOS_PER_MS)
    feed: Nanos = Nanos(3 * NANOS_PER_MS)
    feed_jitter: Nanos = Nanos(2 * NANOS_PER_MS)

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if value < 0:
                raise InvalidFieldError(field.name, value, "0 nanoseconds or more")


class Channel:
    """A way on which nothing overtakes."""

    def __init__(self, base: Nanos, jitter: Nanos, rng: Random) -> None:
        self._base = base
        self._jitter = jitter
        self._rng = rng
        self._last = 0

    def arrival(self, sent: Nanos) -> Nanos:
        """When what is sent at `sent` arrives: never before what was sent earlier."""
        due = sent + self._base + (self._rng.randint(0, self._jitter) if self._jitter else 0)
        self._last = max(self._last, due)
        return Nanos(self._last)
