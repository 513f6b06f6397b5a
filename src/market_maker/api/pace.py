"""How often one token may ask: a bucket for reading, one for changing, and one for stopping that
nothing else can empty."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from market_maker.model.units import NANOS_PER_SECOND, Nanos

NAMES_MAX = 10_000
"""Names remembered; the one not seen for longest goes first, and would have a full bucket by
then."""


class Pace(StrEnum):
    """What a request is counted as. STOP: pause, kill and flatten. FAILURE: a refused token."""

    READ = "read"
    WRITE = "write"
    STOP = "stop"
    FAILURE = "failure"


class Rate(Struct, frozen=True):
    """per_second: for ever; burst: at once."""

    per_second: int
    burst: int


RATES: Mapping[Pace, Rate] = {
    Pace.READ: Rate(50, 100),
    Pace.WRITE: Rate(10, 40),
    Pace.STOP: Rate(20, 100),
    Pace.FAILURE: Rate(100, 500),
}


class SharedBuckets(Protocol):
    """Buckets that several processes of one service fill together."""

    async def wait(self, name: str, per_second: int, burst: int) -> Nanos | None:
        """As Limiter.wait; None where they cannot be reached."""


SHARED = (Pace.READ, Pace.WRITE)
"""A stop waits for no other process, and failures are counted by address."""


class PacedCallers:
    """Requests of one token, counted over all processes where `shared` can be reached, and by this
    process where it cannot."""

    def __init__(self, limiter: "Limiter", shared: SharedBuckets | None) -> None:
        self._limiter, self._shared = limiter, shared

    async def wait(self, name: str, pace: Pace, now: Nanos) -> Nanos:
        """As Limiter.wait."""
        if self._shared is not None and pace in SHARED:
            rate = self._limiter.rates[pace]
            # A token's id is its own secret: what is shared is a digest.
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            wait = await self._shared.wait(f"{pace}:{digest}", rate.per_second, rate.burst)
            if wait is not None:
                return wait
        return self._limiter.wait(name, pace, now)


class Limiter:
    """Counts requests by name and pace. A name's buckets share nothing, nor do names."""

    def __init__(self, rates: Mapping[Pace, Rate] = RATES) -> None:
        self.rates = rates
        # When a bucket will be full again (the "theoretical arrival time" of GCRA, ITU I.371).
        self._full_at: OrderedDict[tuple[str, Pace], Nanos] = OrderedDict()

    def wait(self, name: str, pace: Pace, now: Nanos) -> Nanos:
        """Count a request; 0 if it may go on, else how long to wait before the next."""
        rate = self.rates[pace]
        step = NANOS_PER_SECOND // rate.per_second
        full_at = max(now, self._full_at.pop((name, pace), now)) + step
        too_early = full_at - now - rate.burst * step
        self._remember(name, pace, full_at if too_early <= 0 else Nanos(full_at - step))
        return Nanos(max(0, too_early))

    def _remember(self, name: str, pace: Pace, full_at: int) -> None:
        self._full_at[name, pace] = Nanos(full_at)
        if len(self._full_at) > NAMES_MAX:
            self._full_at.popitem(last=False)
