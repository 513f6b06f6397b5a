"""When a maker is to end, and why."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

_Answer = TypeVar("_Answer")


class StoppedError(Exception):
    """What was asked for is not waited for any more: the maker is to end."""


class MakerStop:
    """Asked for once; asking again changes nothing and skips nothing. reason: empty until then."""

    def __init__(self, heard: Callable[[str], None] = lambda _reason: None) -> None:
        self._event = asyncio.Event()
        self._heard = heard
        self._limit: asyncio.Timeout | None = None
        self.reason = ""
        self.asked = self.unfit = False

    def ask(self, reason: str) -> None:
        """A signal came, or the time is over."""
        if self._event.is_set():
            self._heard(f"{reason} again: the cancels go on and are not skipped")
            return
        self.reason, self.asked = reason, True
        self._set()

    def end_unfit(self, reason: str) -> None:
        """It must not go on, and starting it again would not help."""
        self.unfit = not self._event.is_set()
        self.end(reason)

    def end(self, reason: str) -> None:
        """The maker stopped by itself."""
        self.reason = self.reason or reason
        self._set()

    @property
    def is_set(self) -> bool:
        """Whether it is to end."""
        return self._event.is_set()

    async def wait(self, seconds: float | None = None) -> bool:
        """Until it is to end, for at most so long; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        return self.is_set

    async def cutting(self, work: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """What `work` returns. Raises StoppedError when the maker is to end before; `work` is
        cancelled then, so it must be something that may be left half done."""
        try:
            async with asyncio.timeout(0 if self.is_set else None) as self._limit:
                return await work()
        except TimeoutError:
            if self._limit is not None and self._limit.expired():
                raise StoppedError from None
            raise
        finally:
            self._limit = None

    def _set(self) -> None:
        self._event.set()
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())
