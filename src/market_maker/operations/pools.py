"""Pool configurations: create, replace, and read."""

import msgspec

from market_maker.execution.engines import RunningPool
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.errors import NotFoundError
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.records import Page, PoolRecord
from market_maker.model.versions import checked_version
from market_maker.operations.feasibility import check_pool
from market_maker.operations.last_in_force import check_pool_limits, next_version
from market_maker.operations.views import PoolStatus, PoolView
from market_maker.ports import Clock, Store, Unit


class PoolDirectory:
    """Configurations, one per symbol. `members` and `version` of a given PoolConfig are ignored:
    members have methods of their own, the version is the store's."""

    def __init__(self, store: Store, trail: AuditTrail, clock: Clock, pools: RunningPools) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._pools = pools

    async def put(
        self, caller: Caller, config: PoolConfig, expected_version: int | None = None
    ) -> tuple[PoolView, bool]:
        """Create the pool, or replace its configuration if it exists (POST /pools); True when it
        is new. Raises as `replace`, and NotFoundError("instrument") for an unknown symbol. A pool
        that was deleted comes back with the limits it had, or tighter ones, unless risk says so."""
        async with self._trail.refusals_kept(caller, "pool.put", config.symbol):
            config = self._pools.at_venue(config)
            self._pools.instrument(config.symbol)
            async with self._store.glimpse() as unit:
                exists = await unit.pools.get(config.symbol) is not None
            if exists:
                return await self._replace(caller, config, expected_version), False
            if expected_version is not None:
                raise NotFoundError("pool", config.symbol)
            return await self._create(caller, config), True

    async def replace(
        self,
        caller: Caller,
        config: PoolConfig,
        expected_version: int | None = None,
        reason: str = "",
    ) -> PoolView:
        """Replace the whole configuration (PUT); in force on the engine's next cycle. Without
        expected_version it replaces what stood when the call began. Raises NotFoundError,
        ConflictError("version") for a lost update, InvalidFieldError where strategy, instrument
        or members do not fit, ForbiddenError where it loosens a limit and the caller is not
        risk."""
        async with self._trail.refusals_kept(caller, "pool.replace", config.symbol):
            config = self._pools.at_venue(config)
            return await self._replace(caller, config, expected_version, reason)

    async def get(self, symbol: str) -> PoolView:
        """Raises NotFoundError."""
        runner = self._pools.engine_host.get(symbol)
        if runner is None:
            async with self._store.reading() as unit:
                return await self._view(unit, _there(symbol, await unit.pools.get(symbol)))
        # Its members are known here: one statement is enough.
        async with self._store.glimpse() as unit:
            record = _there(symbol, await unit.pools.get(symbol))
        return self._shown(record, runner, runner.config.members)

    async def page(self, limit: int, cursor: str | None = None) -> Page[PoolView]:
        """By symbol."""
        async with self._store.reading() as unit:
            page = await unit.pools.page(limit, cursor)
            views = [await self._view(unit, record) for record in page.items]
        return Page(tuple(views), page.next_cursor, page.total)

    async def _create(self, caller: Caller, config: PoolConfig) -> PoolView:
        config = msgspec.structs.replace(config, members=())
        warnings = self.check(config)
        async with self._store.transaction() as unit:
            await check_pool_limits(unit, caller, config)
            version = await next_version(unit, config.symbol)
            record = await unit.pools.add(config, self._clock.now(), version)
            view = await self._view(unit, record, warnings)
            entry = AuditEntry(
                caller=caller, action="pool.create", target=config.symbol, after=record.config
            )
            await self._trail.append(unit, entry)
        # A pool that was deleted with a position has an engine still.
        await self._pools.refresh(config.symbol)
        return view

    async def _replace(
        self,
        caller: Caller,
        config: PoolConfig,
        expected_version: int | None,
        reason: str = "",
    ) -> PoolView:
        symbol = config.symbol
        async with self._store.glimpse() as unit:
            record = _there(symbol, await unit.pools.get(symbol))
        version = checked_version(record.config.version, expected_version)
        async with self._store.transaction() as unit:
            before = (await unit.pools.lock(symbol)).config
            await check_pool_limits(unit, caller, config)
            rows = await unit.members.of_pool(symbol)
            members = tuple(row.member for row in rows if row.member.active)
            warnings = self.check(msgspec.structs.replace(config, members=members))
            bare = msgspec.structs.replace(config, members=())
            record = await unit.pools.replace(bare, version, self._clock.now())
            view = await self._view(unit, record, warnings)
            await self._trail.append(
                unit,
                AuditEntry(
                    caller=caller,
                    action="pool.replace",
                    target=symbol,
                    before=before,
                    after=record.config,
                    reason=reason,
                ),
            )
        await self._pools.refresh(symbol)
        return view

    def check(self, config: PoolConfig) -> tuple[str, ...]:
        """Warnings about a configuration, saved or not. Raises InvalidFieldError as `replace`."""
        instrument = self._pools.instrument(config.symbol)
        return check_pool(instrument, config, self._pools.price(config.symbol))

    async def _view(
        self, unit: Unit, record: PoolRecord, warnings: tuple[str, ...] = ()
    ) -> PoolView:
        symbol = record.config.symbol
        members = (await self._pools.config(unit, symbol)).members
        return self._shown(record, self._pools.engine_host.get(symbol), members, warnings)

    def _shown(
        self,
        record: PoolRecord,
        runner: RunningPool | None,
        members: tuple[Member, ...],
        warnings: tuple[str, ...] = (),
    ) -> PoolView:
        return PoolView(
            config=record.config,
            venue=self._pools.venue_of(record.config),
            state=PoolStatus(runner.state) if runner else PoolStatus.NOT_RUNNING,
            active_members=sum(member.active for member in members),
            created_at=record.created_at,
            updated_at=record.updated_at,
            warnings=warnings,
        )


def _there(symbol: str, record: PoolRecord | None) -> PoolRecord:
    if record is None:
        raise NotFoundError("pool", symbol)
    return record
