"""The venue's own dead man's switch, kept wound up.

It cancels every order of the account at a moment that is put off again and again; when this program
stops, the moment comes. The venue allows it only to accounts that have traded enough, fires it ten
times a day at most, and counts each putting off as an action: it is one of two safety nets, the
other is a watchdog process. Source: Hyperliquid docs, "Schedule cancel".
"""

import asyncio
from collections.abc import Callable

from market_maker.model.account import DeadManState
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import AccountAtVenue, Clock

HORIZON = Nanos(60 * NANOS_PER_SECOND)
"""How far off the moment is: the longest that orders outlive us. At one renewal in twenty seconds
a day takes 4,320 of an account's actions."""

RENEW_EVERY_S = 20.0
ASK_AGAIN_S = 3_600.0
"""After a refusal: the account may have traded enough by then."""


async def keep_wound(
    account: AccountAtVenue,
    clock: Clock,
    told: Callable[[DeadManState], None],
    *,
    horizon: Nanos = HORIZON,
    renew_every_s: float = RENEW_EVERY_S,
) -> None:
    """Put the moment off until cancelled; then leave it as it is: a process that ends cancels
    first. `told` is called with every change of state, a refusal included."""
    before: DeadManState | None = None
    while True:
        try:
            state = await account.schedule_cancel(Nanos(clock.now() + horizon))
        except VenueUnavailableError as error:
            state = DeadManState(before.at if before else None, str(error))
        if before is None or state.problem != before.problem:
            told(state)
        before = state
        refused = state.at is None and state.problem
        await asyncio.sleep(ASK_AGAIN_S if refused else renew_every_s)
