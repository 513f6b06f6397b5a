"""The order book of each perpetual: who trades there beside the clients.

A market answers at once: the way to the venue and back is the wire that the server is behind.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol, TypeAlias
from zlib import crc32

from market_maker.emulators.hyperliquid.universe import Perp
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.orders import Side
from market_maker.model.units import Nanos, Ticks
from market_maker.sandbox.market import SandboxMarket
from market_maker.sandbox.parameters import TraderParameters
from market_maker.sandbox.reports import Carries, CountedLevel, Heard, OrderRequest

MIN_NOTIONAL = Decimal(10)
"""Smallest value of an order that is not reduce-only, in the collateral's unit."""


class CoinMarket(Protocol):
    """One book. watched: a client subscribed to it. advance: let others trade until `now`. execute:
    do what is asked; every result, and every other event, is passed to `heard`."""

    def watched(self, now: Nanos) -> None: ...

    def advance(self, now: Nanos) -> None: ...

    def execute(self, now: Nanos, request: OrderRequest) -> None: ...

    def best(self, side: Side) -> Ticks | None: ...

    def levels(self, side: Side, most: int) -> tuple[CountedLevel, ...]: ...


MarketFactory: TypeAlias = Callable[[Perp, Nanos, Heard, Carries], CoinMarket]
"""Makes the market of a perpetual. It asks before an order that rests is filled, and cancels it
(CancelReason.MARGIN) where its account could not carry the trade."""


class SandboxCoinMarket:
    """The sandbox's traders. Their prices keep to the step of the venue."""

    def __init__(self, perp: Perp, now: Nanos, heard: Heard, carries: Carries, seed: int) -> None:
        self._market = SandboxMarket(
            instrument(perp),
            FeeSchedule(),
            seed=seed,
            start=now,
            parameters=perp.traders or TraderParameters(start_price=perp.price),
            step=perp.step,
            heard=heard,
            carries=carries,
        )

    def watched(self, now: Nanos) -> None:
        """Trading does not wait for it."""

    def advance(self, now: Nanos) -> None:
        self._market.advance(max(now, self._market.now))

    def execute(self, now: Nanos, request: OrderRequest) -> None:
        self._market.execute(max(now, self._market.now), request)

    def best(self, side: Side) -> Ticks | None:
        return self._market.best(side)

    def levels(self, side: Side, most: int) -> tuple[CountedLevel, ...]:
        return self._market.levels(side, most)


class EmptyMarket:
    """A perpetual that is not traded any more."""

    def watched(self, now: Nanos) -> None:
        pass

    def advance(self, now: Nanos) -> None:
        pass

    def execute(self, now: Nanos, request: OrderRequest) -> None:
        pass

    def best(self, side: Side) -> Ticks | None:  # noqa: ARG002  as every market
        return None

    def levels(self, side: Side, most: int) -> tuple[CountedLevel, ...]:  # noqa: ARG002
        return ()


def sandbox_markets(seed: int) -> MarketFactory:
    """Makes markets of the sandbox's traders, each with a seed of its own."""

    def make(perp: Perp, now: Nanos, heard: Heard, carries: Carries) -> CoinMarket:
        if perp.delisted:
            return EmptyMarket()
        return SandboxCoinMarket(perp, now, heard, carries, crc32(f"{seed}/{perp.name}".encode()))

    return make


def instrument(perp: Perp) -> Instrument:
    """The perpetual as the matching knows it."""
    return Instrument(perp.name, perp.tick, perp.lot, MIN_NOTIONAL)
