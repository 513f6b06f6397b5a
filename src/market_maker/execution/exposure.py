"""The limit on what all pools hold together: each engine gets an event with what the others leave
it.

Engines know one symbol each and stay replayable: what the others hold reaches them as an event.
Between two checks pools may use the same room at the same time; what that comes to is bounded by
their own limits, and over the limit they halt.
"""

from decimal import Decimal

from msgspec import Struct

from market_maker.execution.engine_host import EngineHost
from market_maker.execution.pool_runner import PoolRunner
from market_maker.model.events import ExposureTold
from market_maker.model.exact import ZERO
from market_maker.ports import Clock

COARSE_SHARE = Decimal("0.001")
"""Of the limit. Smaller changes of what the others hold are not worth a turn of every engine."""


class PoolExposure(Struct, frozen=True):
    """Of one pool, quote currency. held: |position| at the mid. reserved: the same were all the
    working orders of its worse side filled, >= held."""

    held: Decimal
    reserved: Decimal


class TotalExposure:
    """limit: USDT, > 0. A runner whose engine crashed counts with what it last held."""

    def __init__(self, engine_host: EngineHost, clock: Clock, limit: Decimal) -> None:
        self._engine_host, self._clock, self._limit = engine_host, clock, limit
        self._told: dict[str, PoolExposure] = {}

    async def step(self) -> None:
        """Check all pools, and notify those for which it matters."""
        runners = self._engine_host.runners()
        holdings = {runner.instrument.symbol: holding_of(runner) for runner in runners}
        held = sum((each.held for each in holdings.values()), ZERO)
        reserved = sum((each.reserved for each in holdings.values()), ZERO)
        for runner in runners:
            symbol = runner.instrument.symbol
            own = holdings[symbol]
            self._tell(runner, PoolExposure(held - own.held, reserved - own.reserved))
        self._told = {symbol: told for symbol, told in self._told.items() if symbol in holdings}

    def _tell(self, runner: PoolRunner, others: PoolExposure) -> None:
        symbol = runner.instrument.symbol
        before = self._told.get(symbol)
        if before is not None and not self._matters(before, others):
            return
        self._told[symbol] = others
        value = runner.instrument.tick_lots
        now = self._clock.now()
        limit = max(1, value(self._limit))  # 0 would mean that there is none
        runner.tell([ExposureTold(now, limit, value(others.held), value(others.reserved))])

    def _matters(self, before: PoolExposure, others: PoolExposure) -> bool:
        coarse = self._limit * COARSE_SHARE
        moved = max(abs(before.held - others.held), abs(before.reserved - others.reserved))
        # An exhausted limit is reported at once, whatever is left of the interval.
        full = (before.held > self._limit) != (others.held > self._limit)
        return moved >= coarse or full


def holding_of(runner: PoolRunner) -> PoolExposure:
    """What a pool holds, and could hold."""
    position, bids, asks = runner.lots
    instrument, mid_x2 = runner.instrument, runner.mid_x2
    worst = max(abs(position + bids), abs(position - asks), abs(position))
    return PoolExposure(
        instrument.notional(mid_x2, abs(position)) / 2, instrument.notional(mid_x2, worst) / 2
    )
