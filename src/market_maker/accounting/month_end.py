"""The schedule of settlement: months are closed by themselves, soon after they are over.

It finds months that are not closed, so that one which ended while the service was down, or
whose closing was cut off, is made up for.
"""

from collections.abc import Callable

from market_maker.accounting.settling import Settling
from market_maker.execution.alarms import SERVICE
from market_maker.model.calendar import Month, month_of
from market_maker.model.errors import DomainError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.telemetry.logging import Logger

DELAY = Nanos(600 * NANOS_PER_SECOND)
"""After a month's end, so that its last fills are stored: 00:10 UTC on the 1st."""

CHECK_INTERVAL = Nanos(600 * NANOS_PER_SECOND)


class MonthEnd:
    """problem: why a month could not be closed when that was tried last; empty when it was. doubt:
    why the date may be wrong, empty when it is certain: no closing can be undone."""

    def __init__(
        self, settling: Settling, clock: Clock, log: Logger, doubt: Callable[[], str] = str
    ) -> None:
        self._settling, self._clock, self._log = settling, clock, log
        self._doubt = doubt
        self._due = Nanos(0)
        self._has_checked = False
        self._waits = False
        self.problem = ""

    async def step(self) -> tuple[str, ...]:
        """Close every month that is to be closed, if the check is due, the oldest first; returns
        which. Raises StoreUnavailableError."""
        now = self._clock.now()
        if now < self._due:
            return ()
        over = month_of(Nanos(now - DELAY))
        closed = []
        try:
            if not self._has_checked:
                # What closed it may have been cut off.
                await self._settling.complete_latest(SERVICE)
            for month in await self._settling.open_months():
                if month < over and not self._has_to_wait(month):
                    await self._close(month)
                    closed.append(month.name)
            self.problem = ""
        except DomainError as error:
            if self.problem != str(error):
                self._log.error("month not closed", problem=str(error))
            self.problem = str(error)
        self._has_checked = True
        self._due = Nanos(min(over.end + DELAY, now + CHECK_INTERVAL))
        return tuple(closed)

    def _has_to_wait(self, month: Month) -> bool:
        doubt = self._doubt()
        if doubt and not self._waits:
            self._log.warning("month not closed yet", month=month.name, reason=doubt)
        self._waits = bool(doubt)
        return self._waits

    async def _close(self, month: Month) -> None:
        done = await self._settling.close(SERVICE, month.name)
        self._log.info("month closed", month=month.name, records=len(done.created))
