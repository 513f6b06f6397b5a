"""What a watchdog cancels with follows from the settings."""

import asyncio

import pytest

from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidFieldError
from market_maker.serving.dead_men import cancels_at, dead_man_of
from market_maker.settings import settings_of
from market_maker.venues.hyperliquid.sweeping import HyperliquidDeadMan
from market_maker.venues.order_service.dead_man import OrderServiceDeadMan

KEY = {"WATCHDOG_HYPERLIQUID_KEY": "07" * 32, "HYPERLIQUID_NETWORK": "localhost"}
SERVICE = {"ORDER_SERVICE_URL": "http://127.0.0.1:9"}


def made(environ, tmp_path):
    async def make():
        async with dead_man_of(settings_of(environ, tmp_path), WallClock()) as dead_man:
            return dead_man

    return asyncio.run(make())


@pytest.mark.parametrize(
    ("environ", "kind", "where"),
    [
        ({}, type(None), "nothing"),
        (SERVICE, OrderServiceDeadMan, "the order service"),
        (KEY, HyperliquidDeadMan, "Hyperliquid (http://localhost:3001)"),
    ],
)
def test_one_venue_is_cancelled_at(environ, kind, where, tmp_path):
    assert type(made(environ, tmp_path)) is kind
    assert where in cancels_at(settings_of(environ))


def test_two_venues_are_one_too_many(tmp_path):
    with pytest.raises(InvalidFieldError, match="WATCHDOG_HYPERLIQUID_KEY"):
        made({**KEY, **SERVICE}, tmp_path)
