"""Start, stop and look: lifecycle commands, and live states."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from market_maker.model.caller import Caller
from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidFieldError,
    StoreUnavailableError,
)
from market_maker.model.lifecycle import Command, PoolState, advance, allowed
from market_maker.model.pool import PoolConfig
from market_maker.service.audit import Entry
from market_maker.service.backroom import Backroom
from market_maker.service.emergency import Emergency
from market_maker.service.floor import Floor
from market_maker.service.notes import Note
from market_maker.service.recorder import Recorder
from market_maker.service.recovery import full_config, take_up
from market_maker.service.station import Station
from market_maker.service.status import pool_state, pool_status
from market_maker.service.views import (
    EmergencyView,
    PoolStatusView,
    ResetView,
    StateView,
    SummaryView,
)
from market_maker.service.overview import reset_view, summary_view

RECORDED_WITHIN_S = 5.0
"""A start that is not on record by then is taken back."""

STOP_RECORDED_WITHIN_S = 1.0
"""A stop is answered by then, on record or not; it is recorded when the database is back."""

PAGE = 500


class Review(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looked at a halt, and what they found."""

    reviewed_by: str
    note: str


class Controls:
    """A stop is carried out first and recorded then; a start that cannot be recorded is taken
    back. A stop always wins: a start that overlaps with one is a ConflictError."""

    def __init__(self, backroom: Backroom, recorder: Recorder) -> None:
        self._back, self._recorder = backroom, recorder
        self._floor: Floor = backroom.floor
        self._emergency = Emergency(backroom.floor, recorder, backroom.clock)
        self._starting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._stopping: defaultdict[str, int] = defaultdict(int)

    async def enable(self, caller: Caller, symbol: str) -> StateView:
        """NOT_RUNNING or PAUSED -> ACTIVE; makes the engine if there is none, or a new one after
        a crash. Raises NotFoundError, IllegalTransitionError when HALTED or without an active
        member (the message names the reason), ConflictError."""
        async with self._start(caller, "pool.enable", symbol) as stops:
            config = await self._config(symbol)
            station = self._floor.get(symbol)
            if station is not None and station.halt is not None:
                state = f"{station.state} (halted: {station.halt.reason})"
                raise IllegalTransitionError(state, Command.ENABLE, (Command.RESUME,))
            station = await self._station(config)
            entry = Entry(caller=caller, action="pool.enable", target=symbol, reason="enabled")
            return await self._activate(station, Command.ENABLE, entry, stops)

    async def pause(self, caller: Caller, symbol: str, reason: str = "") -> StateView:
        """ACTIVE -> PAUSED; every order is cancelled. A pool without an engine stays as it is.
        Raises NotFoundError, IllegalTransitionError when HALTED."""
        self._stopping[symbol] += 1
        try:
            async with self._back.refusals_kept(caller, "pool.pause", symbol, reason):
                return await self._pause(caller, symbol, reason or "paused")
        finally:
            self._stopping[symbol] -= 1

    async def resume(self, caller: Caller, symbol: str, review: Review | None = None) -> StateView:
        """PAUSED or HALTED -> ACTIVE. Raises NotFoundError, IllegalTransitionError when
        NOT_RUNNING, ConflictError("cause") while the cause of a halt holds,
        InvalidFieldError("reviewed_by") or ConflictError("reviewed_by") where
        REQUIRE_HALT_REVIEW wants a review by somebody else."""
        async with self._start(caller, "pool.resume", symbol) as stops:
            config = await self._config(symbol)
            station = self._floor.get(symbol)
            if station is None:
                raise IllegalTransitionError("NOT_RUNNING", Command.RESUME, (Command.ENABLE,))
            reason = "resumed"
            if station.halt is not None:
                reason = self._reviewed(caller, station, review)
            station = await self._station(config)
            entry = Entry(caller=caller, action="pool.resume", target=symbol, reason=reason)
            return await self._activate(station, Command.RESUME, entry, stops)

    async def kill(self, caller: Caller, reason: str = "") -> EmergencyView:
        """Every engine HALTED, its orders cancelled. Never waits for the database, never raises
        a DomainError."""
        with self._stops_everything():
            return await self._emergency.kill(caller, reason)

    async def flatten(
        self, caller: Caller, reason: str = "", *, unwind: bool = False
    ) -> EmergencyView:
        """Every engine PAUSED, its orders cancelled. unwind: ACTIVE engines with a position first
        work it down with reduce-only quotes, and pause when it is gone. As `kill` otherwise."""
        with self._stops_everything():
            return await self._emergency.flatten(caller, reason, unwind=unwind)
