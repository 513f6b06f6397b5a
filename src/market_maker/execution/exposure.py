"""The limit on what all pools hold together: each engine gets an event with what the others leave
it.

Engines know one symbol each and stay replayable: what the others hold reaches them as an event.
Between two checks pools may use the same room at the same time; what that comes to is bounded by
their own limits, and over the limit they halt.
"""

from decimal import Decimal

from msgspec import Struct

from market_maker.execution.engines import Engines, RunningPool
from market_maker.model.events import ExposureTold
from market_maker.model.exact import ZERO
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock

COARSE_SHARE = Decimal("0.001")
"""Of the limit. Smaller changes of what the others hold are not worth a turn of every engine."""


TOLD_AGAIN = Nanos(5 * NANOS_PER_SECOND)
"""An engine that was made anew does not know the limit: after so long it is sent again."""


class PoolExposure(Struct, frozen=True):
    """Of one pool, quote currency. held: |position| at the mid. reserved: the same were all the
    working orders of its worse side filled, >= held."""

    held: Decimal
    reserved: Decimal


class TotalExposure:
    """limit: USDT, > 0. A runner whose engine crashed counts with what it last held."""

    def __init__(self, engine_host: Engines, clock: Clock, limit: Decimal) -> None:
        self._engine_host, self._clock, self._limit = engine_host, clock, limit
        self._told: dict[str, tuple[PoolExposure, Nanos]] = {}

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

    def _tell(self, runner: RunningPool, others: PoolExposure) -> None:
        symbol = runner.instrument.symbol
        before, now = self._told.get(symbol), self._clock.now()
        fresh = before is not None and now - before[1] < TOLD_AGAIN
        if before is not None and fresh and not self._matters(before[0], others):
            return
        self._told[symbol] = (others, now)
        value = runner.instrument.tick_lots
        limit = max(1, value(self._limit))  # 0 would mean that there is none
        told = ExposureTold(now, limit, value(others.held), value(others.reserved))
        self._engine_host.tell(symbol, told)

    def _matters(self, before: PoolExposure, others: PoolExposure) -> bool:
        coarse = self._limit * COARSE_SHARE
        moved = max(abs(before.held - others.held), abs(before.reserved - others.reserved))
        # An exhausted limit is reported at once, whatever is left of the interval.
        full = (before.held > self._limit) != (others.held > self._limit)
        return moved >= coarse or full


def holding_of(runner: RunningPool) -> PoolExposure:
    """What a pool holds, and could hold."""
    position, bids, asks = runner.lots
    instrument = runner.instrument
    mid_x2 = runner.mid_x2 or _cost_x2(runner)
    worst = max(abs(position + bids), abs(position - asks), abs(position))
    return PoolExposure(
        instrument.notional(mid_x2, abs(position)) / 2, instrument.notional(mid_x2, worst) / 2
    )


def _cost_x2(runner: RunningPool) -> int:
    """In the place of the mid until the market of a pool that was restored is seen, or where it
    never is: what a member paid, or got, at the most. Room that it takes up is no one else's."""
    paid = (member.average_price or 0.0 for member in runner.snapshot().members)
    return round(2 * max(paid, default=0.0))
