"""A planned move of a symbol from one worker to another: stop, cancel, prove, give up there; take
up, recover, reconcile here. The pool is ACTIVE again only if it was, and nothing else has changed
it meanwhile: any stop, and any new configuration, leaves it PAUSED."""

import asyncio
from collections.abc import Callable
from functools import partial

from market_maker.engine.learnt import Learnt
from market_maker.execution.pool_runner import PoolRunner
from market_maker.execution.recovery import PoolStart
from market_maker.journaling.audit import AuditEntry
from market_maker.model.caller import Caller
from market_maker.model.errors import ConflictError, InvalidDataError, NotFoundError
from market_maker.model.lifecycle import Command, PoolState
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.operations.status import pool_state
from market_maker.operations.views import StateView
from market_maker.serving.handed_estimates import handed, taken
from market_maker.serving.trading_life import TradingLife, TradingSide
from market_maker.serving.worker_wire import HandedEstimates, Released
from market_maker.telemetry.logging import Logger

PROVED_WITHIN_S = 10.0
RECORDED_WITHIN_S = 5.0
POLL_S = 0.02

STAYS = "the pool stays where it was, PAUSED: try again"


class HandOver:
    """Of one worker, which hands symbols over and takes others up."""

    def __init__(self, side: TradingSide, life: TradingLife, log: Logger) -> None:
        self._side, self._life, self._log = side, life, log

    async def release(self, caller: Caller, symbol: str, reason: str) -> Released:
        """Raises NotFoundError where there is no engine, ConflictError where it is not proved that
        nothing is open, or not all is on record, StoreUnavailableError."""
        side, host = self._side, self._side.engine_host
        with host.stops.carried_out(symbol):
            runner = host.get(symbol)
            if runner is None:
                raise NotFoundError("engine of", symbol)
            was_active = runner.state is PoolState.ACTIVE and not runner.unwinding
            entry = AuditEntry(caller=caller, action="pool.move", target=symbol, reason=reason)
            if runner.state is PoolState.ACTIVE:
                host.command(symbol, Command.PAUSE, entry)
            if not await host.proved([runner], PROVED_WITHIN_S):
                raise ConflictError("open_orders", len(runner.open_orders()), STAYS)
            recorded = await side.intent_log.flushed(RECORDED_WITHIN_S)
            if not (recorded and await side.recorder.flushed(RECORDED_WITHIN_S)):
                raise ConflictError("records", "waiting", STAYS)
            released = Released(was_active, runner.config.version, handed(runner, side.clock.now()))
            # Nothing starts it meanwhile. Where the database does not answer it stays here.
            await side.lease.give_up(symbol)
            host.close(symbol)
        return released

    async def take_over(self, caller: Caller, symbol: str, released: Released) -> StateView:
        """Raises ConflictError where another worker has it."""
        host = self._side.engine_host
        before = host.stops.count(symbol)
        await self._side.lease.take(symbol)
        await self._life.open_pools([symbol], partial(self._learnt, released.estimates))
        runner = host.get(symbol)
        if runner is None:
            raise NotFoundError("engine of", symbol)
        proved = await self._holds(lambda: runner.strays == 0 and not runner.unconfirmed)
        fits = await self._holds(lambda: self._is_reconciled(symbol))
        same = runner.config.version == released.version and runner.state is PoolState.PAUSED
        stopped = host.stops.count(symbol) != before or host.stops.under_way(symbol)
        if released.was_active and proved and fits and same and not stopped:
            return await self._side.controls.enable(caller, symbol)
        return self._state(runner)

    def _learnt(self, estimates: HandedEstimates | None, start: PoolStart) -> Learnt | None:
        """What the engine begins with; it warms up where that is nothing."""
        symbol = start.instrument.symbol
        try:
            learnt, problem = taken(estimates, start, self._side.clock.now())
        except InvalidDataError as error:
            learnt, problem = None, str(error)
        if problem:
            self._log.warning("estimates not taken over", symbol=symbol, problem=problem)
        return learnt

    def _state(self, runner: PoolRunner) -> StateView:
        return pool_state(runner.config, runner, shadow=self._side.engine_host.shadow)

    def _is_reconciled(self, symbol: str) -> bool:
        """Whether everything was compared with the venue's lists, and fits; where nothing is sent
        there is nothing to compare."""
        counters = self._side.reconciliation.counters(symbol)
        if counters is None:
            return self._side.engine_host.shadow
        return counters.checked_at is not None and not counters.mismatch

    async def _holds(self, condition: Callable[[], bool]) -> bool:
        """Whether it comes to hold in time."""
        clock = self._side.clock
        deadline = clock.now() + int(PROVED_WITHIN_S * NANOS_PER_SECOND)
        while not condition():
            if clock.now() >= deadline:
                return False
            await asyncio.sleep(POLL_S)
        return True
