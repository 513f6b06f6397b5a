"""The sandbox exchange's market data and nothing else: no account, no way to send an order."""

from market_maker.model.events import Event
from market_maker.model.units import Nanos
from market_maker.sandbox.market import SandboxMarket


class SandboxFeed:
    """ports.MarketData of one market."""

    def __init__(self, market: SandboxMarket, now: Nanos) -> None:
        self._market = market
        self._subscription = market.subscribe(now)

    def poll(self, now: Nanos) -> list[Event]:
        self._market.advance(now)
        return self._subscription.drain()

    def due(self, now: Nanos) -> Nanos:  # noqa: ARG002  the market has its own time
        return self._market.next_at

    def request_snapshot(self, now: Nanos) -> None:
        self._market.request_snapshot(now, self._subscription)
