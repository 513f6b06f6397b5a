"""Background work, again and again: what is down now is tried again, and said once."""

import asyncio
from collections.abc import Awaitable, Callable

from market_maker.model.errors import MakerError
from market_maker.telemetry.logging import Logger

RETRY_S = 1.0


class Outage:
    """One line per change of state: when work begins to fail, when the reason changes, and when it
    works again, with how often it failed."""

    def __init__(self, log: Logger, work: str) -> None:
        self._log, self._work = log, work
        self._problem, self._failures = "", 0

    def failed(self, problem: str) -> None:
        """It failed."""
        self._failures += 1
        if problem != self._problem:
            self._problem = problem
            self._log.warning("background work failed", work=self._work, problem=problem)

    def worked(self) -> None:
        """It worked."""
        if self._problem:
            self._log.info("background work resumed", work=self._work, failures=self._failures)
            self._problem, self._failures = "", 0


async def again(log: Logger, step: Callable[[], Awaitable[object]], interval_s: float) -> None:
    """Do it every so often, until cancelled. A failure must not end the process: engines quote
    without it."""
    outage = Outage(log, step.__qualname__)
    while True:
        try:
            await step()
        except (MakerError, OSError) as error:
            outage.failed(str(error))
            await asyncio.sleep(RETRY_S)
        else:
            outage.worked()
        await asyncio.sleep(interval_s)
