"""The one service on a database: proved again when the session that proves it is cut.

PostgreSQL restarts, and sessions are cut, without another service taking over. So a lost session
pauses nothing at once: ownership is proved again as soon as the database answers. Until then no
order is put on record, so that none goes out; what cannot be proved within GRACE pauses every pool,
and another owner ends this service.
"""

import asyncio
from typing import Protocol

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.stops import EVERYTHING
from market_maker.telemetry.logging import Logger

CHECK_INTERVAL_S = 1.0
"""How often the session is asked whether it is still there."""

RETRY_S = 0.2
"""How often ownership is claimed again while it is not proved."""

GRACE_S = 10.0
"""How long ownership may stay unproved before quoting pauses."""


class Claim(Protocol):
    """What proves ownership: storage.tenancy.Tenancy. problem: why it is not held."""

    problem: str

    async def holds(self) -> bool:
        """Whether it is held."""

    async def regain(self) -> bool:
        """Whether it is held again. Raises InvalidDataError where another service has it."""


class Ownership:
    """Watches the claim, and stops what must not happen without it."""

    def __init__(
        self,
        claim: Claim,
        engine_host: EngineHost,
        intent_log: IntentLog,
        log: Logger,
        *,
        grace_s: float = GRACE_S,
    ) -> None:
        self._claim, self._engine_host, self._intent_log = claim, engine_host, intent_log
        self._log, self._grace_s = log, grace_s

    async def run(self) -> None:
        """Until cancelled. Raises InvalidDataError where another service has taken the database."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            await self.check()

    async def check(self) -> None:
        """Ask once; where it is lost, until it is proved again."""
        if await self._claim.holds():
            return
        self._log.warning("ownership of the database lost", problem=self._claim.problem)
        self._intent_log.hold = f"ownership of the database is not proved: {self._claim.problem}"
        try:
            async with asyncio.timeout(self._grace_s):
                await self._regain()
        except TimeoutError:
            await self._pause_and_regain()
        self._intent_log.hold = ""
        self._log.info("ownership of the database proved")

    async def _regain(self) -> None:
        while not await self._claim.regain():  # noqa: ASYNC110  the database sends no event
            await asyncio.sleep(RETRY_S)

    async def _pause_and_regain(self) -> None:
        problem = f"{self._claim.problem} for {self._grace_s:g} s"
        self._log.error("ownership of the database not proved in time", problem=problem)
        with self._engine_host.stops.carried_out(EVERYTHING):
            self._engine_host.pause_all(f"ownership of the database lost: {problem}")
            await self._regain()
