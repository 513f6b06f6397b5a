"""Background work, again and again: what is down now is tried again, and said once."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import Struct

from market_maker.model.errors import MakerError
from market_maker.telemetry.logging import Logger

RETRY_S = 1.0
"""How long after a failure a duty waits, beside its interval."""


REASONS_SAID = 5


class Outage:
    """One line per change of state: when work begins to fail, for each further reason, at most
    REASONS_SAID of them, and when it works again, with how often it failed. Reasons that take turns
    are no changes."""

    def __init__(self, log: Logger, work: str) -> None:
        self._log, self._work = log, work
        self._problems: set[str] = set()
        self._failures = 0

    def failed(self, problem: str) -> None:
        """It failed."""
        self._failures += 1
        if problem not in self._problems and len(self._problems) < REASONS_SAID:
            self._problems.add(problem)
            self._log.warning("background work failed", work=self._work, problem=problem)

    def worked(self) -> None:
        """It worked."""
        if self._failures:
            self._log.info("background work resumed", work=self._work, failures=self._failures)
            self._problems.clear()
            self._failures = 0


class Periodic(Struct, frozen=True):
    """A duty. name: in the log. every_s: seconds between the end of a step and the next one. step:
    does what is due; returns False where nothing was, which says nothing about an outage."""

    name: str
    every_s: float
    step: Callable[[], Awaitable[object]]


async def carry_out(
    duty: Periodic, log: Logger, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Do it every so often, until cancelled. What is down, or refused, now is tried again: that
    must not end the process, for engines quote without it."""
    outage = Outage(log, duty.name)
    while True:
        try:
            tried = await duty.step() is not False
        except (MakerError, OSError) as error:
            outage.failed(str(error))
            await sleep(RETRY_S)
        else:
            if tried:
                outage.worked()
        await sleep(duty.every_s)
