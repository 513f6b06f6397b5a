"""Margin for an isolated position, which can be added only once there is one."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

from market_maker.model.errors import VenueRefusedError, VenueUnavailableError
from market_maker.ports import AccountAtVenue

EMPTY = "empty position"
"""In the venue's refusal while there is none."""


async def add_after_fill(
    account: AccountAtVenue,
    symbol: str,
    amount: Decimal,
    filled: asyncio.Event,
    told: Callable[[str], None],
) -> bool:
    """Wait for a fill, then add `amount` of collateral once; whether the venue took it. A position
    that was closed again meanwhile waits for the next fill. An addition that was not answered is
    not sent again: it may have been made. `told` is called with one line about what happened."""
    while True:
        await filled.wait()
        try:
            await account.add_margin(symbol, amount)
        except VenueRefusedError as error:
            if EMPTY in str(error):
                filled.clear()
                continue
            told(f"isolated margin of {symbol} not added: {error}")
            return False
        except VenueUnavailableError as error:
            told(f"isolated margin of {symbol}: not known whether it was added ({error})")
            return False
        told(f"isolated margin of {symbol}: {amount:f} added")
        return True
