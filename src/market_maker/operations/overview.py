"""Live states of the pools, for readers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal

from msgspec import Struct, structs

from market_maker.execution.engines import RunningPool
from market_maker.execution.recovery import full_configs
from market_maker.execution.running_pools import RunningPools
from market_maker.execution.spare_time import AT_WORK
from market_maker.journaling.audit import newest_seq
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.lifecycle import Command
from market_maker.model.pool import PoolConfig
from market_maker.model.records import PoolRecord
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.operations.pool_line import LEFT, ListedPool, in_one_line
from market_maker.operations.status import pool_status
from market_maker.operations.views import (
    Glance,
    PoolGlance,
    PoolStatus,
    PoolStatusView,
    ResetView,
)
from market_maker.ports import Store, Unit

PAGE = 500

STORED_WITHIN_S = 1.0
"""Time limit for reads of the database; after it the engines answer alone."""

STORED_LIFE = NANOS_PER_SECOND
"""How old the list of pools may be for those who ask several times a second."""

READ_AGAIN = 10 * NANOS_PER_SECOND
"""How long the list is used again while the audit log, which has every change of it, does not
grow."""

LINES_AT_ONCE = 3
"""Pools that are read in one turn of spare time."""


UNREAD = -1


class StoredList(Struct, frozen=True):
    """The pools as they were at `at`, and were read at `read_at`. running: those that had an engine
    then; audit: the newest record of the audit log, UNREAD where the store had no say in it."""

    at: Nanos
    read_at: Nanos
    pools: tuple[ListedPool, ...]
    running: frozenset[str]
    audit: int

    @property
    def available(self) -> bool:
        """Whether the store had a say in it."""
        return self.audit != UNREAD


class Overview:
    """Configurations come from the store, everything else from the runners; while the store is
    away the runners answer alone, and say so."""

    def __init__(self, store: Store, pools: RunningPools) -> None:
        self._store, self._pools = store, pools
        self._within_s = STORED_WITHIN_S
        self._stored: StoredList | None = None

    async def status(self, symbol: str) -> PoolStatusView:
        """One pool. Raises NotFoundError; StoreUnavailableError for one without an engine."""
        try:
            known = await self._known_now(symbol)
        except StoreUnavailableError:
            runner = self._pools.engine_host.get(symbol)
            if runner is None:
                raise
            return self._from_memory(runner)
        return self._view(known)

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        """All pools, by symbol; those with an engine while the store is away."""
        stored = await self._all(AT_WORK)
        if not stored.available:
            return tuple(map(self._from_memory, self._pools.engine_host.runners()))
        return tuple(map(self._view, stored.pools))

    async def summary(self) -> Glance:
        """All pools, counted and added up."""
        return await self._glance(await self._all(AT_WORK), AT_WORK)

    async def live_summary(self, now: Nanos, by: Nanos) -> Glance:
        """The same in spare time, done by `by`, for those who ask several times a second: what the
        store alone knows may be STORED_LIFE old, and a store that is away is waited for no more
        often."""
        stored = self._stored
        if stored is None or now - stored.at >= STORED_LIFE or self._has_news(stored):
            stored = self._stored = await self._all(now, stored)
        return await self._glance(stored, by)

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

    async def _glance(self, stored: StoredList, by: Nanos) -> Glance:
        host, lines = self._pools.engine_host, list[PoolGlance]()
        for number, each in enumerate(stored.pools):
            if number % LINES_AT_ONCE == 0:
                await host.spare.turn(by)
            if self._is_there(each):
                lines.append(self._line(each))
        await host.spare.turn(by)
        pools = tuple(lines)
        counts = Counter(str(pool.state) for pool in pools)
        positions = [pool.net_position_usdt or Decimal(0) for pool in pools]
        return Glance(
            as_of=max((pool.as_of for pool in pools if pool.as_of is not None), default=None),
            shadow_mode=host.shadow,
            counts={state: counts[state] for state in PoolStatus},
            open_orders=sum(pool.open_orders for pool in pools),
            unknown_orders=sum(pool.unknown_orders for pool in pools),
            net_position_usdt=sum(positions, Decimal(0)),
            gross_position_usdt=sum(map(abs, positions), Decimal(0)),
            net_pnl_usdt=_total(pool.net_pnl_usdt for pool in pools),
            day_net_pnl_usdt=_total(pool.day_net_pnl_usdt for pool in pools),
            loop_lag_ms=host.lag_ns / NANOS_PER_MS,
            records_available=stored.available,
            venue=self._pools.venue,
            pools=pools,
        )

    def _is_there(self, pool: ListedPool) -> bool:
        """A deleted pool is there as long as its engine."""
        return not pool.deleted or self._pools.engine_host.get(pool.config.symbol) is not None

    def _line(self, pool: ListedPool) -> PoolGlance:
        runner = self._pools.engine_host.get(pool.config.symbol)
        return in_one_line(pool, runner, self._pools.days)

    def _has_news(self, stored: StoredList) -> bool:
        """Whether an engine came or went since."""
        return self._symbols() != stored.running

    def _symbols(self) -> frozenset[str]:
        return frozenset(each.instrument.symbol for each in self._pools.engine_host.runners())

    async def _all(self, now: Nanos, before: StoredList | None = None) -> StoredList:
        """All pools, by symbol. before: as they were; what still holds of it is not read again."""
        try:
            async with self._reading() as unit:
                # Before the list: what is recorded meanwhile has the list read again.
                audit = await newest_seq(unit)
                if before is not None and self._holds(before, audit, now):
                    return structs.replace(before, at=now)
                running = self._symbols()
                found = [row async for row in self._every(unit)]
                await self._learn(unit, *found)
        except StoreUnavailableError:
            runners = self._pools.engine_host.runners()
            pools = tuple(self._running(each.config) for each in runners)
            return StoredList(now, now, pools, self._symbols(), UNREAD)
        return StoredList(now, now, tuple(sorted(found, key=_symbol)), running, audit)

    def _holds(self, before: StoredList, audit: int, now: Nanos) -> bool:
        is_young = now - before.read_at < READ_AGAIN
        return is_young and before.audit == audit and not self._has_news(before)

    @asynccontextmanager
    async def _reading(self, *, once: bool = False) -> AsyncIterator[Unit]:
        """Raises StoreUnavailableError also where it takes too long. once: one statement."""
        read = self._store.glimpse if once else self._store.reading
        try:
            async with asyncio.timeout(self._within_s), read() as unit:
                yield unit
        except TimeoutError:
            raise StoreUnavailableError("the database does not answer in time") from None

    async def _every(self, unit: Unit) -> AsyncIterator[ListedPool]:
        cursor, seen = None, set[str]()
        while True:
            page = await unit.pools.page(PAGE, cursor)
            seen |= {row.config.symbol for row in page.items}
            # What an engine has taken is known here: nothing more is asked of the store.
            host, idle = self._pools.engine_host, list[PoolRecord]()
            for row in page.items:
                runner = host.get(row.config.symbol)
                if runner is None:
                    idle.append(row)
                else:
                    yield self._running(runner.config)
            for config in await full_configs(unit, idle):
                yield await self._not_running(unit, config)
            cursor = page.next_cursor
            if cursor is None:
                break
        for runner in self._pools.engine_host.runners():
            if runner.config.symbol not in seen:
                yield self._running(runner.config, deleted=True)

    async def _known_now(self, symbol: str) -> ListedPool:
        runner = self._pools.engine_host.get(symbol)
        if runner is not None and self._pools.names.know(runner.config):
            # All but whether it was deleted is known here: one statement is enough.
            async with self._reading(once=True) as unit:
                deleted = await unit.pools.get(symbol) is None
            return self._running(runner.config, deleted=deleted)
        async with self._reading() as unit:
            known = await self._known(unit, symbol)
            await self._learn(unit, known)
        return known

    async def _known(self, unit: Unit, symbol: str) -> ListedPool:
        """The configuration, and of a pool without an engine the last move."""
        config = await self._pools.config(unit, symbol)
        if self._pools.engine_host.get(symbol) is None:
            return await self._not_running(unit, config)
        return self._running(config, deleted=await unit.pools.get(symbol) is None)

    async def _not_running(self, unit: Unit, config: PoolConfig) -> ListedPool:
        last = await unit.states.latest(config.symbol)
        return ListedPool(config, last, False, self._pools.venue_of(config))

    async def _learn(self, unit: Unit, *pools: ListedPool) -> None:
        """What the members of these are called, and who left something behind."""
        await self._pools.names.learn_former(unit, (each.config.symbol for each in pools))
        for each in pools:
            members = (member.participant_id for member in each.config.members)
            await self._pools.names.learn(unit, members)

    def _running(self, config: PoolConfig, *, deleted: bool = False) -> ListedPool:
        return ListedPool(config, None, deleted, self._pools.venue_of(config))

    def _view(self, pool: ListedPool) -> PoolStatusView:
        runner = self._pools.engine_host.get(pool.config.symbol)
        view = pool_status(pool.config, runner, pool.last, self._pools)
        return structs.replace(view, deleted=True, reason=LEFT) if pool.deleted else view

    def _from_memory(self, runner: RunningPool) -> PoolStatusView:
        view = self._view(self._running(runner.config))
        return structs.replace(view, records_available=False)


def _symbol(pool: ListedPool) -> str:
    return pool.config.symbol


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _start(state: PoolStatus) -> Command:
    """The command that starts a stopped pool."""
    return Command.ENABLE if state is PoolStatus.NOT_RUNNING else Command.RESUME
