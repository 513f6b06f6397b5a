"""A watchdog's own key: it runs for months, and an agent's key lasts half a year at most."""

import asyncio
from collections.abc import Awaitable, Callable

from market_maker.model.errors import VenueRefusedError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.ports import Clock
from market_maker.telemetry.logging import Logger
from market_maker.venues.hyperliquid.identity import EXPIRY_WARNING, KeyHolder

EVERY_S = 6 * 3_600.0
_DAY_S = 86_400


async def remind(
    holder: Callable[[], Awaitable[KeyHolder]], clock: Clock, log: Logger, every_s: float = EVERY_S
) -> None:
    """Ask every `every_s` whose the key is, and log it while it is about to expire or may not act,
    until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        expires_at, problem = None, ""
        try:
            expires_at = (await holder()).expires_at
        except VenueUnavailableError:
            continue
        except VenueRefusedError as error:
            problem = str(error)
        if problem:
            log.error("watchdog key refused: nothing can be cancelled with it", problem=problem)
        elif expires_at is not None and expires_at - clock.now() < EXPIRY_WARNING:
            days = (expires_at - clock.now()) / (_DAY_S * NANOS_PER_SECOND)
            log.warning("watchdog key expires", days=round(days, 1), advice="approve it again")
