"""The two clocks. Nobody else may ask the operating system for the time."""

import time

from market_maker.model.units import Nanos


class WallClock:
    """The time of day at start, carried on by the monotonic clock: it never goes back, whatever
    is done to the computer's clock meanwhile."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> Nanos:
        return Nanos(self._offset + time.monotonic_ns())

    def sleep(self, span: Nanos) -> None:
        time.sleep(max(0, span) / 1e9)


class SimClock:
    """A clock that stands still until it is told to move."""

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
