"""Deleting a pool: nothing of it may be open, and what it holds stays in every total."""

from decimal import Decimal

import msgspec

from market_maker.execution import left_behind
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.recovery import unreviewed_halt
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.errors import ConflictError, IllegalTransitionError
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import Lots
from market_maker.operations.emergency import PROVED_WITHIN_S
from market_maker.ports import Store, Unit

HELD = (
    "the pool's members hold a position: work it down first (POST /v1/mm/emergency/flatten with "
    '"unwind": true), or delete with "force": true, and it stays in every total until it is flat'
)


class PoolRemoval:
    """Where the pool's engine is, if it has one."""

    def __init__(self, store: Store, trail: AuditTrail, host: EngineHost) -> None:
        self._store, self._trail, self._host = store, trail, host

    async def remove(self, caller: Caller, symbol: str, *, force: bool = False) -> None:
        """Delete a pool that is not ACTIVE and has nothing open at the venue; orders, fills and
        states stay. Just after a stop it waits a moment for the venue's word. force: also with a
        position, whose engine then stays, PAUSED and without members, in every total. Raises
        NotFoundError, IllegalTransitionError while ACTIVE, ConflictError while orders may be open
        ("open_orders") or a position is left ("position")."""
        async with self._trail.refusals_kept(caller, "pool.delete", symbol):
            await self._wait_for_rest(symbol)
            self._check_at_rest(symbol)
            async with self._store.transaction() as unit:
                before = await unit.pools.lock(symbol)
                left = await self._position_left(unit, symbol)
                if left and not force:
                    raise ConflictError("position", f"{left:f}", HELD)
                # A start may have come in between; nothing is awaited from here to the commit
                # that it would not see.
                self._check_at_rest(symbol)
                await self._check_halt_kept(unit, symbol)
                await unit.pools.remove(symbol)
                await self._trail.append(
                    unit,
                    AuditEntry(
                        caller=caller, action="pool.delete", target=symbol, before=before.config
                    ),
                )
            self._host.stops.add(symbol)
            if left:
                self._host.configure(
                    msgspec.structs.replace(before.config, enabled=False, members=())
                )
            else:
                self._host.close(symbol)

    async def _position_left(self, unit: Unit, symbol: str) -> Decimal:
        """What the members hold, longs and shorts added up, base currency: by the engine, or else
        by the ledger."""
        runner = self._host.get(symbol)
        if runner is None or runner.failure is not None:
            return (await left_behind.positions(unit)).get(symbol, Decimal(0))
        lots = sum(abs(member.position) for member in runner.snapshot().members)
        return runner.instrument.quantity(Lots(lots))

    async def _check_halt_kept(self, unit: Unit, symbol: str) -> None:
        """A halt outlives its pool only where it is on record."""
        runner = self._host.get(symbol)
        if runner is None or runner.halt is None:
            return
        if await unreviewed_halt(unit, symbol) is None:
            problem = "the halt of the pool is not on record yet: try again"
            raise ConflictError("records", runner.halt.reason, problem)

    async def _wait_for_rest(self, symbol: str) -> None:
        runner = self._host.get(symbol)
        if runner is not None and runner.is_unproved:
            await self._host.proved([runner], PROVED_WITHIN_S)

    def _check_at_rest(self, symbol: str) -> None:
        runner = self._host.get(symbol)
        if runner is None:
            return
        if runner.state is PoolState.ACTIVE:
            raise IllegalTransitionError(PoolState.ACTIVE, "delete the pool", ("pause",))
        if runner.unconfirmed:
            count = len(runner.open_orders())
            problem = "the venue has not proved yet that no order of the pool is open: try again"
            raise ConflictError("open_orders", count, problem)
