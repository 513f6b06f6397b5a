"""What a watchdog can cancel with, by the settings: at an order service, at Hyperliquid."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import aiohttp

from market_maker.model.errors import InvalidFieldError
from market_maker.ports import Clock
from market_maker.ports.dead_man import DeadMan
from market_maker.serving.banner import without_password
from market_maker.serving.key_files import hyperliquid_key
from market_maker.settings import Settings
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.sweeping import HyperliquidDeadMan
from market_maker.venues.order_service.client import OrderServiceClient
from market_maker.venues.order_service.dead_man import OrderServiceDeadMan

CONNECTIONS_MAX = 100
WATCHDOG_KEY = "WATCHDOG_HYPERLIQUID_KEY"


def watchdog_key(settings: Settings) -> SigningKey | None:
    """Raises InvalidFieldError, InvalidDataError."""
    return hyperliquid_key(
        WATCHDOG_KEY, settings.watchdog_hyperliquid_key, settings.watchdog_hyperliquid_key_file
    )


@asynccontextmanager
async def dead_man_of(settings: Settings, clock: Clock) -> AsyncIterator[DeadMan | None]:
    """None where there is no venue that outlives the service. Raises InvalidFieldError,
    InvalidDataError for settings that do not fit."""
    key, url = watchdog_key(settings), settings.order_service_url
    if key is not None and url is not None:
        given = "ORDER_SERVICE_URL"
        raise InvalidFieldError(given, without_password(url), f"unset where {WATCHDOG_KEY} is set")
    if key is None and url is None:
        yield None
        return
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        if key is None:
            token = settings.watchdog_token
            yield OrderServiceDeadMan(OrderServiceClient(url or "", session, token=token))
        else:
            pauses = Random(clock.now())  # noqa: S311  nothing secret
            rest = Rest(settings.hyperliquid_url, session, clock, WeightBudget(pauses))
            yield HyperliquidDeadMan(rest, key, clock, settings.data_dir)


def cancels_at(settings: Settings) -> str:
    """Where, in words."""
    if watchdog_key(settings) is not None:
        return f"Hyperliquid ({settings.hyperliquid_url})"
    if settings.order_service_url is not None:
        return "the order service"
    return "nothing: the sandbox ends with the service"
