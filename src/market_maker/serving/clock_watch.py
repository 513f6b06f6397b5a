"""The computer's clock is watched: one that was set, or slept with the machine, is noticed within
a second, logged, and followed."""

from typing import Protocol

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.telemetry.logging import Logger

CHECK_INTERVAL_S = 1.0
STEP_MIN = Nanos(NANOS_PER_SECOND)
"""A difference below this is the ordinary disciplining of a clock."""

DOUBTED_FROM = Nanos(60 * NANOS_PER_SECOND)
DOUBTED_FOR = Nanos(3_600 * NANOS_PER_SECOND)
"""A step from the first on leaves the date in doubt for the second: it may be taken back."""

TOLD_FOR = Nanos(60 * NANOS_PER_SECOND)
"""How long /health names a step that was followed at once."""


class FollowingClock(Protocol):
    """A monotonic clock that can be brought back to the time of day."""

    def now(self) -> Nanos:
        """The time; never earlier than the last answer."""

    def drift(self) -> int:
        """How far the time of day is ahead of it, nanoseconds."""

    def gap(self) -> int:
        """The time of day less the monotonic clock, nanoseconds."""

    def rebase(self) -> Nanos:
        """Follow the time of day; returns how far it leapt forward."""


class ClockWatch:
    """steps: how often the computer's clock was found to have been set."""

    def __init__(self, clock: FollowingClock, log: Logger) -> None:
        self._clock, self._log = clock, log
        self._gap = clock.gap()
        self._stepped_at: Nanos | None = None
        self._step = 0
        self.steps = 0

    @property
    def drift_s(self) -> float:
        """Seconds by which the time of day is ahead of the clock that orders events."""
        return self._clock.drift() / NANOS_PER_SECOND

    @property
    def problem(self) -> str:
        """What is wrong with the time, empty when nothing is."""
        drift = self._clock.drift()
        if drift <= -STEP_MIN:
            behind = f"{-drift / NANOS_PER_SECOND:.0f} s"
            return f"the computer's clock was set back: times of orders run ahead of it by {behind}"
        if self._stepped_at is not None and self._clock.now() - self._stepped_at < TOLD_FOR:
            return f"the computer's clock was moved by {self._step / NANOS_PER_SECOND:+.0f} s"
        return ""

    @property
    def doubt(self) -> str:
        """Why the date may be wrong; empty when it is certain."""
        if self._clock.drift() <= -DOUBTED_FROM:
            return self.problem
        stepped = self._stepped_at is not None and abs(self._step) >= DOUBTED_FROM
        if stepped and self._clock.now() - (self._stepped_at or 0) < DOUBTED_FOR:
            return f"the computer's clock was moved by {self._step / NANOS_PER_SECOND:+.0f} s"
        return ""

    def check(self) -> Nanos:
        """Compare the two clocks; to be called every CHECK_INTERVAL_S. Returns how far the clock
        leapt forward just now."""
        gap = self._clock.gap()
        step = gap - self._gap
        if abs(step) < STEP_MIN:
            return Nanos(0)
        self._gap, self._step = gap, step
        self.steps += 1
        self._log.error(
            "clock moved", by_s=round(step / NANOS_PER_SECOND, 3), drift_s=round(self.drift_s, 3)
        )
        leapt = self._clock.rebase()
        self._stepped_at = self._clock.now()
        return leapt
