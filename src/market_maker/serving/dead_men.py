"""What a watchdog can cancel with, by the settings: at an order service, at Hyperliquid."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from market_maker.model.connected import HYPERLIQUID
from market_maker.ports import Clock
from market_maker.ports.dead_man import DeadMan, VenueSweep, WatchedAccount
from market_maker.serving.key_files import hyperliquid_key
from market_maker.settings import Settings
from market_maker.venues.conversation import Conversation
from market_maker.venues.http import client_session
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.sweeping import HyperliquidDeadMan
from market_maker.venues.order_service.client import OrderServiceClient, courier_to
from market_maker.venues.order_service.dead_man import OrderServiceDeadMan

WATCHDOG_KEY = "WATCHDOG_HYPERLIQUID_KEY"
ORDER_SERVICE = ""
"""What accounts call the usual venue."""
_NEEDS = {ORDER_SERVICE: "ORDER_SERVICE_URL", HYPERLIQUID: WATCHDOG_KEY}


def watchdog_key(settings: Settings) -> SigningKey | None:
    """Raises InvalidFieldError, InvalidDataError."""
    return hyperliquid_key(
        WATCHDOG_KEY, settings.watchdog_hyperliquid_key, settings.watchdog_hyperliquid_key_file
    )


class DeadMen:
    """ports.dead_man.DeadMan, of all venues that are configured, by what accounts call them. An
    account at a venue that is not here is not known to be empty."""

    def __init__(self, by_venue: Mapping[str, DeadMan]) -> None:
        self._by_venue = dict(by_venue)
        self._without: list[str] = []
        self.again_s = max(each.again_s for each in self._by_venue.values())

    def all(self) -> tuple[DeadMan, ...]:
        """One for each venue."""
        return tuple(self._by_venue.values())

    @property
    def problem(self) -> str:
        """Why the last sweep is not whole."""
        problems = [each.problem for each in self._by_venue.values()]
        problems += [f"{_NEEDS[venue]} is not set here" for venue in self._without]
        return "; ".join(filter(None, problems))

    async def sweep(self, accounts: Sequence[WatchedAccount]) -> VenueSweep:
        venues = {account.venue for account in accounts}
        # Where no account is named, each venue is swept as far as its credential reaches.
        known = [venue for venue in self._by_venue if venue in venues or not venues]
        self._without = sorted(venues - set(known))
        swept = await asyncio.gather(
            *(
                self._by_venue[venue].sweep([each for each in accounts if each.venue == venue])
                for venue in known
            )
        )
        return VenueSweep(
            open=sum(each.open for each in swept),
            unanswered=sum(each.unanswered for each in swept) + len(self._without),
        )


@asynccontextmanager
async def dead_men_of(settings: Settings, clock: Clock) -> AsyncIterator[DeadMen | None]:
    """None where there is no venue that outlives the service. Raises InvalidFieldError,
    InvalidDataError for settings that do not fit."""
    key, url = watchdog_key(settings), settings.order_service_url
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(client_session())
        dead_men: dict[str, DeadMan] = {}
        if url is not None:
            courier = courier_to(url, settings.watchdog_token)
            client = OrderServiceClient(
                await stack.enter_async_context(courier),
                session,
                Conversation("order service", clock),
            )
            dead_men[ORDER_SERVICE] = OrderServiceDeadMan(client)
        if key is not None:
            pauses = Random(clock.now())  # noqa: S311  nothing secret
            rest = Rest(settings.hyperliquid_url, session, clock, WeightBudget(pauses))
            stack.push_async_callback(rest.hang_up)
            dead_men[HYPERLIQUID] = HyperliquidDeadMan(rest, key, clock, settings.data_dir)
        yield DeadMen(dead_men) if dead_men else None


def cancels_at(settings: Settings) -> str:
    """Where, in words."""
    where = []
    if settings.order_service_url is not None:
        where.append("the order service")
    if watchdog_key(settings) is not None:
        where.append(f"Hyperliquid ({settings.hyperliquid_url})")
    return " and ".join(where) or "nothing: the sandbox ends with the service"
