"""Pool lifecycle commands and live states."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from market_maker.execution.alarms import SERVICE
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.pool_runner import PoolRunner
from market_maker.execution.recovery import full_config, unreviewed_halt
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.journaling.record_request import RecordRequest
from market_maker.journaling.recorder import Recorder
from market_maker.model.actions import RecordRefusal, RecordState
from market_maker.model.caller import Caller
from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    NotFoundError,
    StoreUnavailableError,
)
from market_maker.model.lifecycle import Command, PoolState, allowed
from market_maker.model.loosening import check_may_lift
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.operations.emergency import ALL_POOLS, Emergency
from market_maker.operations.halt_reviews import HaltReviews, Review
from market_maker.operations.overview import Overview
from market_maker.operations.pool_removal import PoolRemoval
from market_maker.operations.status import pool_state
from market_maker.operations.views import (
    EmergencyView,
    Glance,
    PoolStatus,
    PoolStatusView,
    ResetView,
    StateView,
)
from market_maker.ports import Clock, Store

START_RECORDED_WITHIN_S = 5.0
"""A start that is not on record by then is taken back."""

STOP_RECORDED_WITHIN_S = 1.0
"""A stop is answered by then; what is not on record yet is as soon as the database is back."""


class Controls:
    """PoolControls of the engines of this process. A stop is carried out first and recorded then;
    a start that cannot be recorded is taken back. A stop always wins: a start that overlaps with
    one is a ConflictError."""

    def __init__(
        self,
        store: Store,
        trail: AuditTrail,
        clock: Clock,
        pools: RunningPools,
        recorder: Recorder,
        *,
        host: EngineHost,
        require_halt_review: bool,
        whose: str = ALL_POOLS,
        recorded_within_s: float = START_RECORDED_WITHIN_S,
    ) -> None:
        """whose: all pools of this process, as the audit log names them. recorded_within_s: until
        when a start has to be on record."""
        self._store, self._trail, self._clock = store, trail, clock
        self._pools, self._recorder, self._engine_host = pools, recorder, host
        self._reviews = HaltReviews(store, trail, required=require_halt_review)
        self._recorded_within_s = recorded_within_s
        self._emergency = Emergency(host, recorder, clock, whose)
        self._removal = PoolRemoval(store, trail, host)
        self._overview = Overview(store, pools)
        self._starting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def enable(self, caller: Caller, symbol: str) -> StateView:
        """NOT_RUNNING or PAUSED -> ACTIVE; makes the engine if there is none, or a new one after
        a crash. Raises NotFoundError, IllegalTransitionError when HALTED (the message names the
        reason), ConflictError ("members": none is active; "open_orders": of an earlier run;
        "state": stopped meanwhile)."""
        async with self._start(caller, "pool.enable", symbol) as (config, stops):
            halt = await self._halt(symbol)
            if halt is not None:
                state = f"{PoolState.HALTED} (halted: {halt.reason})"
                raise IllegalTransitionError(state, Command.ENABLE, (Command.RESUME,))
            runner = await self._running(config)
            entry = AuditEntry(caller=caller, action="pool.enable", target=symbol, reason="enabled")
            return await self._activate(runner, Command.ENABLE, entry, stops)

    async def resume(self, caller: Caller, symbol: str, review: Review | None = None) -> StateView:
        """PAUSED or HALTED -> ACTIVE. Raises as `enable`, IllegalTransitionError when
        NOT_RUNNING, ForbiddenError for callers without the role risk once it was halted,
        ConflictError("cause") while the cause of a halt holds, and as HaltReviews.reason."""
        async with self._start(caller, "pool.resume", symbol) as (config, stops):
            halt = await self._halt(symbol)
            if halt is None and self._engine_host.get(symbol) is None:
                raise IllegalTransitionError(
                    PoolStatus.NOT_RUNNING, Command.RESUME, (Command.ENABLE,)
                )
            reason = "resumed"
            if halt is not None:
                reason = await self._judge(caller, symbol, halt, review)
            runner = await self._running(config)
            entry = AuditEntry(caller=caller, action="pool.resume", target=symbol, reason=reason)
            return await self._activate(runner, Command.RESUME, entry, stops)

    async def check_may_start(self, caller: Caller, symbol: str) -> None:
        """Before anything of a pool is changed for a start: raises as `resume` where the pool was
        halted and the caller may not lift that, whatever its limits will be."""
        async with self._trail.refusals_kept(caller, "pool.resume", symbol):
            halt = await self._halt(symbol)
            if halt is not None:
                check_may_lift(caller)
                await self._reviews.reason(caller, symbol, halt, None)

    async def review(self, caller: Caller, symbol: str, note: str) -> Review:
        """Record the caller's review of the pool's halt; lifts nothing. Raises
        NotFoundError, IllegalTransitionError where there is no halt, ConflictError("reviewed_by")
        for the caller who halted it."""
        async with self._trail.refusals_kept(caller, "pool.review", symbol, note):
            await self._config(symbol)
            halt = await self._halt(symbol)
            if halt is None:
                runner = self._engine_host.get(symbol)
                state = PoolStatus.NOT_RUNNING if runner is None else str(runner.state)
                raise IllegalTransitionError(state, "review a halt", ())
            return await self._reviews.record(caller, symbol, halt, note)

    async def pause(self, caller: Caller, symbol: str, reason: str = "") -> StateView:
        """ACTIVE -> PAUSED; every order is cancelled. A pool without an engine stays as it is.
        Raises NotFoundError, IllegalTransitionError when HALTED."""
        reason = reason or "paused"
        with self._engine_host.stops.carried_out(symbol):
            async with self._trail.refusals_kept(caller, "pool.pause", symbol, reason):
                runner = self._engine_host.get(symbol)
                entry = AuditEntry(caller=caller, action="pool.pause", target=symbol, reason=reason)
                if runner is not None:
                    refusal = self._engine_host.command(symbol, Command.PAUSE, entry)
                    if refusal is not None:
                        raise _illegal(runner, Command.PAUSE)
                    config = runner.config
                else:
                    config = await self._config(symbol)
                    self._recorder.put(RecordRequest(None, config.version, None, entry))
                await self._recorder.flushed(STOP_RECORDED_WITHIN_S)
        return pool_state(config, runner, shadow=self._engine_host.shadow)

    async def kill(
        self, caller: Caller, reason: str = "", symbol: str = "", *, entered: bool = False
    ) -> EmergencyView:
        """Every engine HALTED, or one symbol's, its orders cancelled. Never waits for the database.
        Raises NotFoundError for a symbol without an engine, and else no DomainError."""
        return await self._emergency.kill(caller, reason, symbol, entered=entered)

    async def flatten(
        self,
        caller: Caller,
        reason: str = "",
        symbol: str = "",
        *,
        unwind: bool = False,
        entered: bool = False,
    ) -> EmergencyView:
        """Every engine PAUSED, or one symbol's, its orders cancelled. unwind: ACTIVE engines first
        work their positions down with reduce-only quotes, and pause when flat. As `kill`."""
        return await self._emergency.flatten(caller, reason, symbol, unwind=unwind, entered=entered)

    async def remove(self, caller: Caller, symbol: str, *, force: bool = False) -> None:
        """As PoolControls."""
        await self._removal.remove(caller, symbol, force=force)

    async def move(self, caller: Caller, symbol: str, worker: int) -> StateView:
        """As PoolControls."""
        async with self._trail.refusals_kept(caller, "pool.move", symbol, f"to worker {worker}"):
            await self._config(symbol)
            raise ConflictError("workers", 1, "all engines are in one process")

    async def reset(self) -> ResetView:
        """Changes nothing; says where to go."""
        return await self._overview.reset()

    async def status(self, symbol: str) -> PoolStatusView:
        """One pool, live. Raises NotFoundError."""
        return await self._overview.status(symbol)

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        """All pools, by symbol."""
        return await self._overview.statuses()

    async def summary(self) -> Glance:
        """All pools at a glance (GET /mm/status)."""
        return await self._overview.summary()

    async def live_summary(self, now: Nanos, by: Nanos) -> Glance:
        """As PoolControls."""
        return await self._overview.live_summary(now, by)

    # starting

    @asynccontextmanager
    async def _start(
        self, caller: Caller, action: str, symbol: str
    ) -> AsyncIterator[tuple[PoolConfig, int]]:
        """One start of a pool at a time, and none while a stop is being carried out."""
        stops = self._engine_host.stops
        async with self._trail.refusals_kept(caller, action, symbol):
            before = stops.count(symbol)
            if stops.under_way(symbol) or self._engine_host.closing:
                raise ConflictError("state", "stopping", "a stop is being carried out")
            await self._config(symbol)
            async with self._starting[symbol]:
                config = await self._config(symbol)
                if not any(member.active for member in config.members):
                    raise ConflictError("members", 0, "a pool needs an active member to quote")
                yield config, before

    async def _config(self, symbol: str) -> PoolConfig:
        async with self._store.reading() as unit:
            return await full_config(unit, symbol)

    async def _running(self, config: PoolConfig) -> PoolRunner:
        """The pool's runner; made, or made anew after a crash and where the exchange changed the
        instrument, from what is stored."""
        symbol = config.symbol
        instrument = self._pools.instrument(symbol)
        runner = self._engine_host.get(symbol)
        changed = runner is not None and runner.instrument != instrument
        settled = not changed or runner is None or runner.state is PoolState.ACTIVE
        if runner is not None and runner.failure is None and settled:
            return runner
        if runner is not None:
            if runner.unconfirmed:
                raise _unproved(runner, "the earlier engine's orders may still be open")
            if not await self._recorder.flushed(self._recorded_within_s):
                raise StoreUnavailableError("what the earlier engine did is not stored yet")
        start = await self._pools.take_up(instrument, self._clock.now())
        host = self._engine_host
        runner = await (host.reopen(start) if changed else host.open(start))
        try:
            # Whatever was changed while it was being opened.
            await self._pools.refresh(symbol)
        except NotFoundError:
            self._engine_host.close(symbol)
            raise
        return runner

    async def _activate(
        self, runner: PoolRunner, command: Command, entry: AuditEntry, stops: int
    ) -> StateView:
        symbol = runner.instrument.symbol
        self._check_not_stopped(runner, stops)
        if runner.strays != 0:
            raise _unproved(runner, "orders of an earlier run may still be open")
        refusal = self._engine_host.command(symbol, command, entry)
        if refusal is not None:
            raise _refused(runner, command, refusal)
        if not await self._recorder.flushed(self._recorded_within_s):
            reason = f"the {command} could not be recorded"
            self._engine_host.command(
                symbol,
                Command.PAUSE,
                AuditEntry(caller=SERVICE, action="pool.pause", target=symbol, reason=reason),
            )
            raise StoreUnavailableError(reason)
        self._check_not_stopped(runner, stops)
        return pool_state(runner.config, runner, shadow=self._engine_host.shadow)

    def _check_not_stopped(self, runner: PoolRunner, stops: int) -> None:
        symbol = runner.instrument.symbol
        if (
            self._engine_host.stops.count(symbol) != stops
            or self._engine_host.get(symbol) is not runner
        ):
            raise ConflictError("state", runner.state, "it was stopped meanwhile")

    async def _halt(self, symbol: str) -> RecordState | None:
        """The halt that is not lifted yet: the engine's, or of a pool without one, which may
        have been deleted since, what is on record."""
        runner = self._engine_host.get(symbol)
        if runner is not None:
            return runner.halt
        async with self._store.reading() as unit:
            return await unreviewed_halt(unit, symbol)

    async def _judge(
        self, caller: Caller, symbol: str, halt: RecordState, review: Review | None
    ) -> str:
        """The reason to resume after a halt, if there may be one."""
        check_may_lift(caller)
        runner = self._engine_host.get(symbol)
        at_work = runner is not None and runner.state is not PoolState.HALTED
        cause = runner.cause() if runner is not None and at_work else None
        if cause is not None:
            raise ConflictError("cause", cause, f"halted ({halt.reason}), and the cause holds")
        return await self._reviews.reason(caller, symbol, halt, review)


def _unproved(runner: PoolRunner, problem: str) -> ConflictError:
    current = "unknown" if runner.strays is None else runner.strays
    why = f" ({runner.proof.problem})" if runner.proof.problem else ""
    return ConflictError("open_orders", current, f"{problem}: wait until the venue says zero{why}")


def _illegal(runner: PoolRunner, command: Command) -> IllegalTransitionError:
    state = f"{runner.state} ({runner.reason})"
    return IllegalTransitionError(state, command, allowed(runner.state))


def _refused(
    runner: PoolRunner, command: Command, refusal: RecordRefusal
) -> ConflictError | IllegalTransitionError:
    if runner.state is PoolState.HALTED and command is Command.RESUME:
        return ConflictError("cause", runner.reason, refusal.reason)
    return _illegal(runner, command)
