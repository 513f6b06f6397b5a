"""Live states of the pools, for readers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TypeAlias

from msgspec import structs

from market_maker.execution.pool_runner import PoolRunner
from market_maker.execution.running_pools import RunningPools
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.pool import PoolConfig
from market_maker.model.records import StateRecord
from market_maker.model.units import NANOS_PER_MS
from market_maker.operations.status import pool_status
from market_maker.operations.views import PoolStatus, PoolStatusView, ResetView, SummaryView
from market_maker.ports import Store, Unit

PAGE = 500

STORED_WITHIN_S = 1.0
"""A database that takes longer counts as away: who looks wants to see the engines."""

Known: TypeAlias = tuple[PoolConfig, StateRecord | None]


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

    async def summary(self) -> SummaryView:
        """All pools, counted and added up."""
        pools, available = await self._all()
        counts = Counter(str(pool.state) for pool in pools)
        engines = [pool.engine for pool in pools if pool.engine is not None]
        positions = [engine.net_position_usdt or Decimal(0) for engine in engines]
        return SummaryView(
            shadow_mode=self._pools.engine_host.shadow,
            counts={state: counts[state] for state in PoolStatus},
            open_orders=sum(pool.open_orders for pool in pools),
            unknown_orders=sum(pool.unknown_orders for pool in pools),
            net_position_usdt=sum(map(abs, positions), Decimal(0)),
            net_pnl_usdt=sum((engine.pnl.net for engine in engines), Decimal(0)),
            loop_lag_ms=self._pools.engine_host.lag_ns / NANOS_PER_MS,
            records_available=available,
            pools=pools,
        )

    async def reset(self) -> ResetView:
        """Where to go."""
        pools = await self.statuses()
        stopped = [pool.symbol for pool in pools if pool.state is not PoolStatus.ACTIVE]
        return ResetView(
            message="nothing is reset here: review each pool, then resume it by itself",
            resume=tuple(f"/v1/pools/{symbol}/resume" for symbol in stopped),
        )

    async def _all(self) -> tuple[tuple[PoolStatusView, ...], bool]:
        """All pools, and whether the store had a say in it."""
        try:
            async with self._reading() as unit:
                known = [row async for row in self._every(unit)]
        except StoreUnavailableError:
            return tuple(map(self._from_memory, self._pools.engine_host.runners())), False
        return tuple(self._view(config, last) for config, last in known), True

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Unit]:
        """Raises StoreUnavailableError also where it takes too long."""
        try:
            async with asyncio.timeout(self._within_s), self._store.reading() as unit:
                yield unit
        except TimeoutError:
            raise StoreUnavailableError("the database does not answer in time") from None

    async def _every(self, unit: Unit) -> AsyncIterator[Known]:
        cursor = None
        while True:
            page = await unit.pools.page(PAGE, cursor)
            for row in page.items:
                yield await self._known(unit, row.config.symbol)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _known(self, unit: Unit, symbol: str) -> Known:
        """The configuration, and of a pool without an engine the last move."""
        config = await self._pools.config(unit, symbol)
        running = self._pools.engine_host.get(symbol) is not None
        return config, None if running else await unit.states.latest(symbol)

    def _view(self, config: PoolConfig, last: StateRecord | None) -> PoolStatusView:
        host = self._pools.engine_host
        return pool_status(config, host.get(config.symbol), last, shadow=host.shadow)

    def _from_memory(self, runner: PoolRunner) -> PoolStatusView:
        view = pool_status(runner.config, runner, None, shadow=self._pools.engine_host.shadow)
        return structs.replace(view, records_available=False)
