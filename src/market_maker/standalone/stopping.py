"""When a maker is to end, and why."""

import asyncio
from collections.abc import Callable
from contextlib import suppress


class MakerStop:
    """Asked for once; asking again changes nothing and skips nothing. reason: empty until then."""

    def __init__(self, heard: Callable[[str], None] = lambda _reason: None) -> None:
        self._event = asyncio.Event()
        self._heard = heard
        self.reason = ""
        self.asked = self.key_ends = False

    def ask(self, reason: str) -> None:
        """A signal came, or the time is over."""
        if self._event.is_set():
            self._heard(f"{reason} again: the cancels go on and are not skipped")
            return
        self.reason, self.asked = reason, True
        self._event.set()

    def end_key(self, reason: str) -> None:
        """The venue is about to take the key no more."""
        self.key_ends = not self._event.is_set()
        self.end(reason)

    def end(self, reason: str) -> None:
        """The maker stopped by itself."""
        self.reason = self.reason or reason
        self._event.set()

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
