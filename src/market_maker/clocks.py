"""The clocks. No other module may ask the operating system for the time."""

import time
from collections.abc import Callable

from market_maker.model.units import Nanos

SLEW = 10
"""A clock that is ahead runs slower by one part in so many, until the time of day has caught up."""


class WallClock:
    """The time of day at start, carried on by the monotonic clock: it never goes back, whatever
    is done to the computer's clock meanwhile.

    `rebase` has it follow a computer's clock that was set since. wall, monotonic: nanoseconds, of
    the operating system.
    """

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        # Replaced as a whole, because other threads read it: what is added to the monotonic clock,
        # how far that is ahead of the time of day, and since when it is drawn back.
        self._base = (wall() - monotonic(), 0, 0)

    def now(self) -> Nanos:
        offset, ahead, since = self._base
        elapsed = self._monotonic()
        if ahead:
            return Nanos(offset + elapsed - min(ahead, (elapsed - since) // SLEW))
        return Nanos(offset + elapsed)

    def drift(self) -> int:
        """How far the time of day is ahead of this clock, nanoseconds; below 0: behind it."""
        return self._wall() - self.now()

    def gap(self) -> int:
        """The time of day less the monotonic clock: it changes only when the computer's clock is
        set, or when the machine slept."""
        return self._wall() - self._monotonic()

    def rebase(self) -> Nanos:
        """Follow the time of day: forward at once, which is a leap by what is returned; backward
        by running slower, because a clock that goes back would order events wrongly."""
        drift, elapsed = self.drift(), self._monotonic()
        offset = self.now() - elapsed
        leap = max(0, drift)
        self._base = (offset + leap, max(0, -drift), elapsed)
        return Nanos(leap)

    def sleep(self, span: Nanos) -> None:
        time.sleep(max(0, span) / 1e9)


class TimeOfDay:
    """What the computer's clock shows now, corrections and suspended hours included. For what
    others have dated: it may go back."""

    def __init__(self, wall: Callable[[], int] = time.time_ns) -> None:
        self._wall = wall

    def now(self) -> Nanos:
        return Nanos(self._wall())

    def sleep(self, span: Nanos) -> None:
        time.sleep(max(0, span) / 1e9)


class ShiftedClock:
    """Another clock, so many nanoseconds ahead of it; behind it, below 0."""

    def __init__(self, clock: WallClock, ahead: Nanos) -> None:
        self._clock, self._ahead = clock, ahead

    def now(self) -> Nanos:
        return Nanos(self._clock.now() + self._ahead)

    def sleep(self, span: Nanos) -> None:
        self._clock.sleep(span)


class SimClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: Nanos) -> None:
        self._now = start

    def now(self) -> Nanos:
        return self._now

    def sleep(self, span: Nanos) -> None:
        self.advance_to(Nanos(self._now + span))

    def advance_to(self, moment: Nanos) -> None:
        """Move to `moment`, which may not lie in the past."""
        assert moment >= self._now, (moment, self._now)
        self._now = moment
