"""What can be traded at Hyperliquid, for pools that trade there."""

from collections.abc import Mapping
from decimal import Decimal

from market_maker.model.instrument import Instrument
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.universe import Universe


class HyperliquidInstruments:
    """ports.Instruments. mids: by coin, as of when they were asked for. What is delisted is not
    listed."""

    def __init__(self, universe: Universe, mids: Mapping[str, Decimal]) -> None:
        self._markets = {m.coin: m for m in universe.markets.values() if not m.delisted}
        self._mids = dict(mids)

    def find(self, symbol: str) -> Instrument | None:
        market = self._markets.get(symbol)
        return None if market is None else market.instrument()

    def reference_price(self, symbol: str) -> Decimal | None:
        return self._mids.get(symbol)

    def symbols(self) -> tuple[str, ...]:
        return tuple(sorted(self._markets))


async def load_mids(rest: Rest, universe: Universe) -> dict[str, Decimal]:
    """Of every dex in `universe`, by coin. Raises VenueError."""
    dexes = sorted({market.dex for market in universe.markets.values()})
    found: dict[str, Decimal] = {}
    for dex in dexes:
        found |= await rest.ask(ask("allMids", dex=dex or None))
    return found
