"""Live states of the pools, for readers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TypeAlias

from msgspec import structs

from market_maker.execution.engines import RunningPool
from market_maker.execution.running_pools import RunningPools
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.lifecycle import Command
from market_maker.model.pool import PoolConfig
from market_maker.model.records import StateRecord
from market_maker.model.units import NANOS_PER_MS
from market_maker.operations.pool_line import in_one_line
from market_maker.operations.status import pool_status
from market_maker.operations.views import Glance, PoolStatus, PoolStatusView, ResetView
from market_maker.ports import Store, Unit

PAGE = 500

STORED_WITHIN_S = 1.0
"""Time limit for reads of the database; after it the engines answer alone."""

Known: TypeAlias = tuple[PoolConfig, StateRecord | None, bool]
"""A configuration, the last move of a pool without an engine, and whether the pool is deleted."""


LEFT = "deleted with a position: it counts until it is flat"


class Overview:
    """Configurations come from the store, everything else from the runners; while the store is
    away the runners answer alone, and say so."""

    def __init__(self, store: Store, pools: RunningPools) -> None:
        self._store, self._pools = store, pools
        self._within_s = STORED_WITHIN_S

    async def status(self, symbol: str) -> PoolStatusView:
        """One pool. Raises NotFoundError; StoreUnavailableError for one without an engine."""
        try:
            async with self._reading() as unit:
                known = await self._known(unit, symbol)
        except StoreUnavailableError:
            runner = self._pools.engine_host.get(symbol)
            if runner is None:
                raise
            return self._from_memory(runner)
        return self._view(*known)

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        """All pools, by symbol; those with an engine while the store is away."""
        return (await self._all())[0]

    async def summary(self) -> Glance:
        """All pools, counted and added up."""
        pools, available = await self._all()
        counts = Counter(str(pool.state) for pool in pools)
        engines = [pool.engine for pool in pools if pool.engine is not None]
        positions = [engine.net_position_usdt or Decimal(0) for engine in engines]
        return Glance(
            shadow_mode=self._pools.engine_host.shadow,
            counts={state: counts[state] for state in PoolStatus},
            open_orders=sum(pool.open_orders for pool in pools),
            unknown_orders=sum(pool.unknown_orders for pool in pools),
            net_position_usdt=sum(positions, Decimal(0)),
            gross_position_usdt=sum(map(abs, positions), Decimal(0)),
            net_pnl_usdt=sum((engine.pnl.net for engine in engines), Decimal(0)),
            loop_lag_ms=self._pools.engine_host.lag_ns / NANOS_PER_MS,
            records_available=available,
            venue=self._pools.venue,
            pools=tuple(map(in_one_line, pools)),
        )

    async def reset(self) -> ResetView:
        """Where to go."""
        pools = await self.statuses()
        stopped = [
            each for each in pools if each.state is not PoolStatus.ACTIVE and not each.deleted
        ]
        ready = [each for each in stopped if each.active_members]
        return ResetView(
            message="nothing is reset here: review each pool, then start it by its own address",
            resume=tuple(f"/v1/pools/{each.symbol}/{_start(each.state)}" for each in ready),
            without_members=tuple(each.symbol for each in stopped if not each.active_members),
        )

    async def _all(self) -> tuple[tuple[PoolStatusView, ...], bool]:
        """All pools, and whether the store had a say in it."""
        try:
            async with self._reading() as unit:
                known = [row async for row in self._every(unit)]
        except StoreUnavailableError:
            return tuple(map(self._from_memory, self._pools.engine_host.runners())), False
        return tuple(self._view(*each) for each in sorted(known, key=_symbol)), True

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Unit]:
        """Raises StoreUnavailableError also where it takes too long."""
        try:
            async with asyncio.timeout(self._within_s), self._store.reading() as unit:
                yield unit
        except TimeoutError:
            raise StoreUnavailableError("the database does not answer in time") from None

    async def _every(self, unit: Unit) -> AsyncIterator[Known]:
        cursor, seen = None, set[str]()
        while True:
            page = await unit.pools.page(PAGE, cursor)
            for row in page.items:
                seen.add(row.config.symbol)
                yield await self._known(unit, row.config.symbol)
            cursor = page.next_cursor
            if cursor is None:
                break
        for runner in self._pools.engine_host.runners():
            if runner.config.symbol not in seen:
                yield runner.config, None, True

    async def _known(self, unit: Unit, symbol: str) -> Known:
        """The configuration, and of a pool without an engine the last move."""
        config = await self._pools.config(unit, symbol)
        running = self._pools.engine_host.get(symbol) is not None
        deleted = running and await unit.pools.get(symbol) is None
        return config, None if running else await unit.states.latest(symbol), deleted

    def _view(self, config: PoolConfig, last: StateRecord | None, deleted: bool) -> PoolStatusView:
        host = self._pools.engine_host
        view = pool_status(config, host.get(config.symbol), last, shadow=host.shadow)
        return structs.replace(view, deleted=True, reason=LEFT) if deleted else view

    def _from_memory(self, runner: RunningPool) -> PoolStatusView:
        view = pool_status(runner.config, runner, None, shadow=self._pools.engine_host.shadow)
        return structs.replace(view, records_available=False)


def _symbol(known: Known) -> str:
    return known[0].symbol


def _start(state: PoolStatus) -> Command:
    """The command that starts a stopped pool."""
    return Command.ENABLE if state is PoolStatus.NOT_RUNNING else Command.RESUME
