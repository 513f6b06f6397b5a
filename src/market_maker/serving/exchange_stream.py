"""The exchange's topics in the place of the order service's own stream: one symbol's."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import cast

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import Event
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.ports import Clock
from market_maker.venues.exchange.facts import EngineNews
from market_maker.venues.exchange.feed import Fact, SymbolFeed
from market_maker.venues.exchange.reader import ExchangeReader
from market_maker.venues.order_service.stream import Hear, fits
from market_maker.venues.order_service.wire import (
    MarketEvent,
    News,
    Opened,
    WireMarket,
)

RETRY_S = 0.5

Opening = Callable[[], Awaitable[Opened]]
"""Asks the order service for its grid and its newest trade, which the topics do not name. Raises
VenueUnavailableError where it does not answer."""


class ExchangeStream:
    """accounts: whose news is wanted; the topics carry those of all accounts."""

    def __init__(
        self, reader: ExchangeReader, instrument: Instrument, clock: Clock, opening: Opening
    ) -> None:
        self._reader, self._instrument, self._clock = reader, instrument, clock
        self._opening = opening
        self._feed: SymbolFeed | None = None
        self.accounts: list[str] = []

    async def run(self, hear: Hear) -> None:
        """Follow until cancelled, from when the order service has said that its grid is ours."""

        def told(fact: Fact) -> None:
            if isinstance(fact, EngineNews):
                if fact.account_id in self.accounts:
                    news = News(fact.account_id, fact.client_order_id, fact.event)
                    hear(news, fact.event.ts_recv)
            else:
                hear(WireMarket(cast("MarketEvent", fact)), _received(fact))

        await self._open(hear)
        self._feed = self._reader.follow(self._instrument, told)
        try:
            await asyncio.Event().wait()
        finally:
            self._reader.leave(self._instrument.symbol)

    def listen(self, account: str) -> None:
        self.accounts.append(account)

    def snap(self) -> None:
        """It comes by itself: until it does, there is no book."""
        if self._feed is not None:
            self._feed.lost(self._clock.now(), "waiting for the exchange's next snapshot")

    async def _open(self, hear: Hear) -> None:
        """Until the service has our grid there is no market: but its lists may be asked."""
        heard = False
        while True:
            with suppress(VenueUnavailableError):
                opened = await self._opening()
                if not heard:
                    hear(opened, self._clock.now())
                    heard = True
                if fits(opened, self._instrument):
                    return
            await asyncio.sleep(RETRY_S)


def _received(fact: Event) -> Nanos:
    """When the broker had it, so that time spent in Kafka counts as our lag."""
    at: Nanos = fact.ts_recv
    return at
