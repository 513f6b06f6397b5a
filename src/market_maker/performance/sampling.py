"""The presence sampler: every so often, at an unpredictable moment, who is on the book?

Each interval has one moment, drawn uniformly, so that quotes cannot be shown for the sample alone.
It runs beside the engine_host and lets the engines go first between pools.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Protocol

from market_maker.execution.engines import RunningPool
from market_maker.model.errors import InvalidFieldError
from market_maker.model.orders import Order
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.performance.presence import PresenceBook
from market_maker.ports import Clock
from market_maker.scoring.presence import presence, snapshot_record
from market_maker.scoring.q_score import Targets, targets_of

INTERVAL = Nanos(10 * NANOS_PER_SECOND)
INTERVAL_MIN, INTERVAL_MAX = NANOS_PER_SECOND // 10, NANOS_PER_HOUR

SLICE = Nanos(NANOS_PER_MS // 2)
"""Yield to the event loop after this much sampling."""


class PoolRunners(Protocol):
    """Where the runners are: the engine_host."""

    def runners(self) -> Sequence[RunningPool]:
        """All of them."""


class Sampler:
    """Takes the rounds. snapshots: of members, since the start, by symbol, eligible or not.
    missed: rounds that were not sampled in time."""

    def __init__(
        self,
        clock: Clock,
        engine_host: PoolRunners,
        book: PresenceBook,
        dice: Random,
        interval: Nanos = INTERVAL,
    ) -> None:
        if not INTERVAL_MIN <= interval <= INTERVAL_MAX:
            shown, allowed = f"{interval / NANOS_PER_SECOND:g}s", "100 ms to 1 h"
            raise InvalidFieldError("PERFORMANCE_SNAPSHOT_INTERVAL", shown, allowed)
        self._clock, self._engine_host, self._dice = clock, engine_host, dice
        self._interval = interval
        self._targets: dict[tuple[str, str], tuple[PoolConfig, Targets]] = {}
        self.book = book
        self.snapshots: Counter[str] = Counter()
        self.missed = 0
        self._due = self._moment(clock.now() // interval)

    @property
    def due(self) -> Nanos:
        """When the next round is to be taken."""
        return self._due

    async def step(self) -> bool:
        """Take a round if one is due, and store it; whether it was."""
        now = self._clock.now()
        if now < self._due:
            return False
        # A late step still samples for the interval that is over, and then for the
        # one that has begun.
        slot, due = now // self._interval, self._due // self._interval
        self.missed += max(0, slot - due - 1)
        self._due = self._moment(max(slot, due + 1))
        await self._sample_all(now)
        await self.book.write()
        return True

    def _moment(self, slot: int) -> Nanos:
        """Somewhere within an interval; every nanosecond of it is as likely."""
        return Nanos(slot * self._interval + self._dice.randrange(self._interval))

    async def _sample_all(self, now: Nanos) -> None:
        pause_at = self._clock.now() + SLICE
        for runner in self._engine_host.runners():
            self._sample(now, runner)
            if self._clock.now() >= pause_at:
                await asyncio.sleep(0)
                pause_at = self._clock.now() + SLICE

    def _sample(self, now: Nanos, runner: RunningPool) -> None:
        symbol, config = runner.instrument.symbol, runner.config
        members = [member for member in config.members if member.active]
        self.snapshots[symbol] += len(members)
        if not runner.quotable:
            return
        mid_x2 = runner.mid_x2
        orders: dict[str, list[Order]] = {}
        for order in runner.open_orders():
            orders.setdefault(order.member, []).append(order)
        for member in members:
            name = member.participant_id
            own = orders.get(name, ())
            seen = presence(own, mid_x2, runner.instrument, config.max_spread_bps)
            self.book.add(snapshot_record(symbol, name, now, seen, self._terms(config, member)))

    def _terms(self, config: PoolConfig, member: Member) -> Targets:
        """Worked out once for each configuration."""
        key = (config.symbol, member.participant_id)
        kept = self._targets.get(key)
        if kept is None or kept[0] is not config:
            kept = self._targets[key] = (config, targets_of(config, member))
        return kept[1]
