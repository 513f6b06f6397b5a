"""Start, stop and look: lifecycle commands, and live states."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from market_maker.model.actions import RecordRefusal
from market_maker.model.caller import Caller, Role
from market_maker.model.errors import (
    ConflictError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidFieldError,
    NotFoundError,
    StoreUnavailableError,
)
from market_maker.model.lifecycle import Command, PoolState, allowed
from market_maker.model.pool import PoolConfig
from market_maker.service.audit import Entry
from market_maker.service.backroom import Backroom
from market_maker.service.emergency import Emergency
from market_maker.service.floor import SERVICE
from market_maker.service.notes import Note
from market_maker.service.overview import Overview
from market_maker.service.recorder import Recorder
from market_maker.service.recovery import full_config, take_up
from market_maker.service.station import Station
from market_maker.service.status import pool_state
from market_maker.service.views import (
    EmergencyView,
    PoolStatusView,
    ResetView,
    Standing,
    StateView,
    SummaryView,
)

START_RECORDED_WITHIN_S = 5.0
"""A start that is not on record by then is taken back."""

STOP_RECORDED_WITHIN_S = 1.0
"""A stop is answered by then; what is not on record yet is as soon as the database is back."""


class Review(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looked at a halt, and what they found."""

    reviewed_by: str
    note: str


class Controls:
    """A stop is carried out first and recorded then; a start that cannot be recorded is taken
    back. A stop always wins: a start that overlaps with one is a ConflictError."""

    def __init__(self, backroom: Backroom, recorder: Recorder) -> None:
        self._back, self._recorder, self._floor = backroom, recorder, backroom.floor
        self._recorded_within_s = START_RECORDED_WITHIN_S
        self._emergency = Emergency(backroom.floor, recorder, backroom.clock)
        self._overview = Overview(backroom)
        self._starting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def enable(self, caller: Caller, symbol: str) -> StateView:
        """NOT_RUNNING or PAUSED -> ACTIVE; makes the engine if there is none, or a new one after
        a crash. Raises NotFoundError, IllegalTransitionError when HALTED (the message names the
        reason), ConflictError ("members": none is active; "open_orders": of an earlier run;
        "state": stopped meanwhile)."""
        async with self._start(caller, "pool.enable", symbol) as (config, stops):
            station = self._floor.get(symbol)
            if station is not None and station.halt is not None:
                state = f"{station.state} (halted: {station.halt.reason})"
                raise IllegalTransitionError(state, Command.ENABLE, (Command.RESUME,))
            station = await self._running(config)
            entry = Entry(caller=caller, action="pool.enable", target=symbol, reason="enabled")
            return await self._activate(station, Command.ENABLE, entry, stops)

    async def resume(self, caller: Caller, symbol: str, review: Review | None = None) -> StateView:
        """PAUSED or HALTED -> ACTIVE. Raises as `enable`, IllegalTransitionError when
        NOT_RUNNING, ForbiddenError for whoever is not risk once it was halted,
        ConflictError("cause") while the cause of a halt holds, and where
        REQUIRE_HALT_REVIEW wants a review InvalidFieldError("reviewed_by") without one and
        ConflictError("reviewed_by") for one by whoever halted the pool."""
        async with self._start(caller, "pool.resume", symbol) as (config, stops):
            station = self._floor.get(symbol)
            if station is None:
                raise IllegalTransitionError(
                    Standing.NOT_RUNNING, Command.RESUME, (Command.ENABLE,)
                )
            reason = "resumed" if station.halt is None else self._judge(caller, station, review)
            station = await self._running(config)
            entry = Entry(caller=caller, action="pool.resume", target=symbol, reason=reason)
            return await self._activate(station, Command.RESUME, entry, stops)

    async def pause(self, caller: Caller, symbol: str, reason: str = "") -> StateView:
        """ACTIVE -> PAUSED; every order is cancelled. A pool without an engine stays as it is.
        Raises NotFoundError, IllegalTransitionError when HALTED."""
        reason = reason or "paused"
        with self._floor.stops.carried_out(symbol):
            async with self._back.refusals_kept(caller, "pool.pause", symbol, reason):
                station = self._floor.get(symbol)
                entry = Entry(caller=caller, action="pool.pause", target=symbol, reason=reason)
                if station is not None:
                    refusal = self._floor.command(symbol, Command.PAUSE, entry)
                    if refusal is not None:
                        raise _illegal(station, Command.PAUSE)
                    config = station.config
                else:
                    config = await self._config(symbol)
                    self._recorder.put(Note(None, config.version, None, entry))
                await self._recorder.flushed(STOP_RECORDED_WITHIN_S)
        return pool_state(config, station, shadow=self._floor.shadow)

    async def kill(self, caller: Caller, reason: str = "") -> EmergencyView:
        """Every engine HALTED, its orders cancelled. Never waits for the database, never raises
        a DomainError."""
        return await self._emergency.kill(caller, reason)

    async def flatten(
        self, caller: Caller, reason: str = "", *, unwind: bool = False
    ) -> EmergencyView:
        """Every engine PAUSED, its orders cancelled. unwind: ACTIVE engines first work their
        positions down with reduce-only quotes, and pause when they are gone. As `kill`."""
        return await self._emergency.flatten(caller, reason, unwind=unwind)

    async def reset(self) -> ResetView:
        """Changes nothing; says where to go."""
        return await self._overview.reset()

    async def status(self, symbol: str) -> PoolStatusView:
        """One pool, live. Raises NotFoundError."""
        return await self._overview.status(symbol)

    async def statuses(self) -> tuple[PoolStatusView, ...]:
        """All pools, by symbol."""
        return await self._overview.statuses()

    async def summary(self) -> SummaryView:
        """All pools at a glance (GET /mm/status)."""
        return await self._overview.summary()

    # starting

    @asynccontextmanager
    async def _start(
        self, caller: Caller, action: str, symbol: str
    ) -> AsyncIterator[tuple[PoolConfig, int]]:
        """One start of a pool at a time, and none while a stop is being carried out."""
        stops = self._floor.stops
        async with self._back.refusals_kept(caller, action, symbol):
            before = stops.count(symbol)
            if stops.under_way(symbol) or self._floor.closing:
                raise ConflictError("state", "stopping", "a stop is being carried out")
            await self._config(symbol)
            async with self._starting[symbol]:
                config = await self._config(symbol)
                if not any(member.active for member in config.members):
                    raise ConflictError("members", 0, "a pool needs an active member to quote")
                yield config, before

    async def _config(self, symbol: str) -> PoolConfig:
        async with self._back.store.reading() as unit:
            return await full_config(unit, symbol)

    async def _running(self, config: PoolConfig) -> Station:
        """The pool's station; made, or made anew after a crash, from what is stored."""
        back, symbol = self._back, config.symbol
        station = self._floor.get(symbol)
        if station is not None and station.failure is None:
            return station
        if station is not None:
            if station.unconfirmed:
                raise _unproved(station, "the broken engine's orders may still be open")
            if not await self._recorder.flushed(self._recorded_within_s):
                raise StoreUnavailableError("what the broken engine did is not stored yet")
        start = await take_up(back.store, back.instrument(symbol), back.clock.now())
        station = await self._floor.open(start)
        try:
            # Whatever was changed while it was being opened.
            await back.refresh(symbol)
        except NotFoundError:
            self._floor.close(symbol)
            raise
        return station

    async def _activate(
        self, station: Station, command: Command, entry: Entry, stops: int
    ) -> StateView:
        symbol = station.instrument.symbol
        self._check_not_stopped(station, stops)
        if station.strays != 0:
            raise _unproved(station, "orders of an earlier run may still be open")
        refusal = self._floor.command(symbol, command, entry)
        if refusal is not None:
            raise _refused(station, command, refusal)
        if not await self._recorder.flushed(self._recorded_within_s):
            reason = f"the {command} could not be recorded"
            self._floor.command(
                symbol,
                Command.PAUSE,
                Entry(caller=SERVICE, action="pool.pause", target=symbol, reason=reason),
            )
            raise StoreUnavailableError(reason)
        self._check_not_stopped(station, stops)
        return pool_state(station.config, station, shadow=self._floor.shadow)

    def _check_not_stopped(self, station: Station, stops: int) -> None:
        symbol = station.instrument.symbol
        if self._floor.stops.count(symbol) != stops or self._floor.get(symbol) is not station:
            raise ConflictError("state", station.state, "it was stopped meanwhile")

    def _judge(self, caller: Caller, station: Station, review: Review | None) -> str:
        """The reason to resume after a halt, if there may be one."""
        halt = station.halt
        assert halt is not None
        if not caller.has(Role.RISK):
            raise ForbiddenError(f"only {Role.RISK} may resume a pool that was halted")
        cause = station.cause() if station.state is not PoolState.HALTED else None
        if cause is not None:
            raise ConflictError("cause", cause, f"halted ({halt.reason}), and the cause holds")
        if review is None:
            if self._back.require_halt_review:
                allowed = f"who reviewed the halt ({halt.reason}), with a note"
                raise InvalidFieldError("reviewed_by", None, allowed)
            return f"resumed after halt: {halt.reason}"
        if self._back.require_halt_review and halt.by in (review.reviewed_by, caller.subject):
            raise ConflictError("reviewed_by", halt.by, "who halted a pool does not review it")
        return (
            f"resumed after halt ({halt.reason}), reviewed by {review.reviewed_by}: {review.note}"
        )


def _unproved(station: Station, problem: str) -> ConflictError:
    current = "unknown" if station.strays is None else station.strays
    return ConflictError("open_orders", current, f"{problem}: wait until the venue says zero")


def _illegal(station: Station, command: Command) -> IllegalTransitionError:
    state = f"{station.state} ({station.reason})"
    return IllegalTransitionError(state, command, allowed(station.state))


def _refused(
    station: Station, command: Command, refusal: RecordRefusal
) -> ConflictError | IllegalTransitionError:
    if station.state is PoolState.HALTED and command is Command.RESUME:
        return ConflictError("cause", station.reason, refusal.reason)
    return _illegal(station, command)
