"""Live states of the pools, for readers."""

from collections import Counter
from decimal import Decimal

from market_maker.model.pool import PoolConfig
from market_maker.model.records import StateRecord
from market_maker.model.units import NANOS_PER_MS
from market_maker.ports import Unit
from market_maker.service.backroom import Backroom
from market_maker.service.status import pool_status
from market_maker.service.views import PoolStatusView, ResetView, Standing, SummaryView

PAGE = 500


class Overview:
    """Configurations come from the store, everything else from the stations."""

    def __init__(self, backroom: Backroom) -> None:
        self._back = backroom

    async def status(self, symbol: str) -> PoolStatusView:
        """One pool. Raises NotFoundError."""
        async with self._back.store.reading() as unit:
            config, last = await self._known(unit, symbol)
        return self._view(config, last)

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        """All pools, by symbol."""
        known: list[tuple[PoolConfig, StateRecord | None]] = []
        cursor = None
        async with self._back.store.reading() as unit:
            while True:
                page = await unit.pools.page(PAGE, cursor)
                known += [await self._known(unit, row.config.symbol) for row in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
        return tuple(self._view(config, last) for config, last in known)

    async def summary(self) -> SummaryView:
        """All pools, counted and added up."""
        pools = await self.statuses()
        counts = Counter(str(pool.state) for pool in pools)
        engines = [pool.engine for pool in pools if pool.engine is not None]
        positions = [engine.net_position_usdt or Decimal(0) for engine in engines]
        return SummaryView(
            shadow_mode=self._back.floor.shadow,
            counts={state: counts[state] for state in Standing},
            open_orders=sum(pool.open_orders for pool in pools),
            unknown_orders=sum(pool.unknown_orders for pool in pools),
            net_position_usdt=sum(map(abs, positions), Decimal(0)),
            net_pnl_usdt=sum((engine.pnl.net for engine in engines), Decimal(0)),
            loop_lag_ms=self._back.floor.lag_ns / NANOS_PER_MS,
            pools=pools,
        )

    async def reset(self) -> ResetView:
        """Where to go."""
        pools = await self.statuses()
        stopped = [pool.symbol for pool in pools if pool.state is not Standing.ACTIVE]
        return ResetView(
            message="nothing is reset here: review each pool, then resume it by itself",
            resume=tuple(f"/v1/pools/{symbol}/resume" for symbol in stopped),
        )

    async def _known(self, unit: Unit, symbol: str) -> tuple[PoolConfig, StateRecord | None]:
        """The configuration, and of a pool without an engine the last move."""
        config = await self._back.config(unit, symbol)
        running = self._back.floor.get(symbol) is not None
        return config, None if running else await unit.states.latest(symbol)

    def _view(self, config: PoolConfig, last: StateRecord | None) -> PoolStatusView:
        floor = self._back.floor
        return pool_status(config, floor.get(config.symbol), last, shadow=floor.shadow)
