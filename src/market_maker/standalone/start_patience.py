"""Waiting at the start for a venue that does not answer: too many requests (429), an upgrade (5xx),
no answer in time."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.ports import Clock
from market_maker.standalone.log_output import MakerLogger
from market_maker.standalone.stopping import MakerStop, StoppedError

PAUSE_MIN_S, PAUSE_MAX_S = 2.0, 30.0
"""Between two tries: doubled each time, and a random part of it, so that makers of one address do
not come back together."""

_Answer = TypeVar("_Answer")


class StartPatience:
    """Of one start: `within_s` from when it is made, for everything that is asked by it."""

    def __init__(self, clock: Clock, log: MakerLogger, stop: MakerStop, within_s: float) -> None:
        self._clock, self._log, self._stop, self._within_s = clock, log, stop, within_s
        self._deadline = clock.now() + int(within_s * NANOS_PER_SECOND)
        self._rng = Random(clock.now())  # noqa: S311  pauses, nothing secret
        self._tries = 0

    @property
    def waits(self) -> bool:
        """Whether there is any."""
        return self._within_s > 0

    async def until_answered(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """What `ask` returns, asked again while the venue does not answer; it changes nothing
        there, so an end does not wait for it. Raises the venue's last VenueUnavailableError when
        the time is over or an end is asked for, and at once whatever else `ask` raises."""
        try:
            return await self.until_done(lambda: self._stop.cutting(ask))
        except StoppedError:
            waited = f"stopped ({self._stop.reason}) before the venue answered"
            raise VenueUnavailableError(waited) from None

    async def until_done(self, act: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The same for what changes something at the venue: a try is never left half done."""
        while True:
            try:
                return await act()
            except VenueUnavailableError as error:
                await self._wait(error)

    async def _wait(self, error: VenueUnavailableError) -> None:
        left = (self._deadline - self._clock.now()) / NANOS_PER_SECOND
        if self._within_s and left <= 0:
            waited = f"given up after {self._within_s:.0f} s (start_within_secs)"
            raise VenueUnavailableError(f"{error}; {waited}") from None
        if left <= 0:
            raise error
        pause = min(PAUSE_MAX_S, PAUSE_MIN_S * 2 ** min(self._tries, 10))
        pause = min(left, pause * (0.5 + 0.5 * self._rng.random()))
        self._tries += 1
        self._log.warning(
            "Venue does not answer: the start is tried again",
            problem=str(error),
            again_in_s=round(pause, 1),
            given_up_in_s=round(left),
        )
        if await self._stop.wait(pause):
            raise VenueUnavailableError(f"stopped ({self._stop.reason}) while waiting: {error}")
