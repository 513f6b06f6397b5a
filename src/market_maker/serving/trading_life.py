"""The life of engines in the process that steps them: take up, recover, run, and end with proof
that nothing is left open. The same in a service of one process and in a worker."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

from market_maker.engine.learnt import Learnt
from market_maker.execution.engine_host import TICK, EngineHost
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.reconciliation import Reconciliation
from market_maker.execution.recovery import (
    STOPPED,
    PoolStart,
    pool_start,
    restarted,
    to_open,
)
from market_maker.execution.supervisor import guarded
from market_maker.execution.symbol_lease import SymbolLease
from market_maker.journaling.journal import Journals
from market_maker.journaling.record_request import RecordRequest
from market_maker.journaling.recorder import Recorder
from market_maker.model.errors import (
    ConflictError,
    InvalidDataError,
    NotFoundError,
    StoreUnavailableError,
)
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.controls import Controls
from market_maker.ports import Clock, Instruments, Store
from market_maker.serving.control import ControlSocket
from market_maker.serving.heartbeat import Heartbeat
from market_maker.serving.venue_lines import VenueLines
from market_maker.telemetry.logging import Logger

FINISH_S = 1.0
"""Kept of SHUTDOWN_TIMEOUT for everything that is not proof."""

CLAIM_WITHIN = Nanos(30 * NANOS_PER_SECOND)
CLAIM_AGAIN_S = 0.1
"""At a start, a database that does not answer a claim is asked again for so long."""

Broke = Callable[[str, str], None]


class TradingEnd(Struct, frozen=True):
    """How trading ended. unproved: symbols whose orders are not proved gone; recorded: whether all
    that was done is in the database."""

    unproved: tuple[str, ...]
    recorded: bool


class EngineSide(Protocol):
    """The engines of a service: in its own process, or in workers beside it. broke: called for a
    bug in what they do."""

    broke: Broke

    async def begin(self) -> None:
        """Before anything else runs. Raises ConflictError while another worker trades a symbol of
        this database."""

    def work(self) -> tuple[Awaitable[None], ...]:
        """What runs until the end."""

    async def recover(self) -> None:
        """Every pool that ever quoted has an engine after this, PAUSED."""

    def stop_quoting(self) -> None:
        """At once; nothing is placed any more."""

    async def end(self, deadline: Nanos) -> TradingEnd:
        """Wait for the proof that nothing is open, and for the records."""

    def ended(self, *, proved: bool) -> None:
        """The last word, for a watchdog."""


class TradingSide(Struct, frozen=True):
    """What trades, and keeps records of it, tied together once: in a service of one process, and
    in each worker."""

    store: Store
    clock: Clock
    lease: SymbolLease
    engine_host: EngineHost
    recorder: Recorder
    intent_log: IntentLog
    journals: Journals
    lines: VenueLines
    reconciliation: Reconciliation
    instruments: Instruments
    controls: Controls


def _nothing(_: PoolStart) -> None:
    return None


class TradingLife:
    """EngineSide of the engines in this process. folder: of its heartbeat and its control socket.
    alone: the database is this process's alone. broke: called for a bug in a task."""

    def __init__(self, side: TradingSide, folder: Path, log: Logger, *, alone: bool) -> None:
        self._side, self._log, self._alone = side, log, alone
        self._control = ControlSocket(folder, side.controls, log)
        self._heartbeat = Heartbeat(folder, side.engine_host, side.clock, side.lines)
        self.broke: Broke = lambda _failure, _trace: None

    # EngineSide

    async def begin(self) -> None:
        await self.enlist()
        await self.claim(await to_open(self._side.store))

    def work(self) -> tuple[Awaitable[None], ...]:
        side = self._side
        return (
            self._optional("control socket", self._control.run()),
            self._optional("heartbeat", self._heartbeat.run()),
            side.recorder.run(),
            side.intent_log.run(),
            self._keep_lease(),
            self._step_engines(),
            side.journals.run(),
            side.lines.run(),
            side.reconciliation.run(),
        )

    async def recover(self) -> None:
        await self.open_pools(await to_open(self._side.store))
        self.recovered()

    def stop_quoting(self) -> None:
        self._side.engine_host.closing = True
        self._side.engine_host.pause_all(f"{STOPPED}ACTIVE")

    async def end(self, deadline: Nanos) -> TradingEnd:
        side = self._side
        await self.proved(deadline)
        # At the same time: an edge kills soon after the deadline who has not said a last word.
        within_s = self._left(deadline) + FINISH_S / 4
        written = await asyncio.gather(
            side.intent_log.flushed(within_s), side.recorder.flushed(within_s)
        )
        recorded = all(written) and not side.recorder.backlog
        unproved = self._unproved()
        if recorded and not unproved:
            await self._release()
        return TradingEnd(unproved, recorded)

    def ended(self, *, proved: bool) -> None:
        with suppress(OSError):
            self._heartbeat.end(proved=proved)

    # its steps

    async def proved(self, deadline: Nanos) -> tuple[str, ...]:
        """Wait for the proof that nothing is open; symbols for which there is none at the
        deadline."""
        host = self._side.engine_host
        await host.proved(host.runners(), self._left(deadline))
        return self._unproved()

    async def enlist(self) -> None:
        """Begin the lease; nothing is claimed yet."""
        # The lock on the folder proves that no one else uses the database in it.
        await self._side.lease.begin(alone=self._alone)

    async def claim(self, symbols: Iterable[str]) -> None:
        """Before anything is read about them. Raises ConflictError while another worker trades
        one."""
        lease = self._side.lease
        try:
            for symbol in symbols:
                await self._take(symbol)
        except ConflictError:
            await lease.release()
            raise
        await lease.renew()

    async def _take(self, symbol: str) -> None:
        """A worker that was frozen inside of transactions holds its rows for as long as the
        database lets each of its sessions idle there, one after the other: longer than a statement
        may take."""
        since = self._side.clock.now()
        while True:
            try:
                return await self._side.lease.take(symbol)
            except StoreUnavailableError as error:
                if self._side.clock.now() - since >= CLAIM_WITHIN:
                    raise
                self._log.warning("symbol not claimed yet", symbol=symbol, problem=str(error))
            await asyncio.sleep(CLAIM_AGAIN_S)

    async def open_pools(
        self, symbols: Iterable[str], learnt: Callable[[PoolStart], Learnt | None] = _nothing
    ) -> None:
        """Each gets an engine, PAUSED; leftovers are cancelled from here on, and enabling is
        refused until the venue says that none is left. learnt: what an engine begins with."""
        side = self._side
        for symbol in symbols:
            instrument = side.instruments.find(symbol)
            if instrument is None:
                self._log.error("pool has no instrument", symbol=symbol)
                continue
            start = await pool_start(side.store, instrument, side.clock.now())
            if start.moved is not None and start.moved.reason != start.restored.reason:
                move = restarted(start, side.clock.now())
                side.recorder.put(RecordRequest(instrument, start.config.version, move))
                start = msgspec.structs.replace(start, moved=move)
            start = msgspec.structs.replace(start, learnt=learnt(start))
            try:
                await side.engine_host.open(start)
            except NotFoundError as error:
                self._log.error("pool has no line to its venue", symbol=symbol, problem=str(error))
                continue
            self._log.info(
                "pool recovered",
                symbol=symbol,
                reason=start.restored.reason,
                position=str(instrument.quantity(start.restored.pool.lots)),
                epoch=side.lease.epoch(symbol),
            )

    def recovered(self) -> None:
        """Every pool that an earlier run may have left orders of has its engine."""
        self._heartbeat.recovered()

    async def _keep_lease(self) -> None:
        """What a successor has at the venue is not this process's to cancel."""
        try:
            await self._side.lease.run()
        except InvalidDataError:
            self._side.engine_host.yield_up()
            raise

    async def _step_engines(self) -> None:
        """Whatever breaks, engines have to be stepped until their orders are gone."""
        while True:
            await guarded(self._side.engine_host.run(), self.broke)
            await asyncio.sleep(TICK / NANOS_PER_SECOND)

    async def _optional(self, part: str, work: Awaitable[None]) -> None:
        """What the file system may not allow, and the service lives without."""
        try:
            await work
        except OSError as error:
            self._log.error("optional part unavailable", part=part, problem=str(error))

    async def _release(self) -> None:
        """Others need not wait for the end of the lease. Without an answer they do."""
        with suppress(StoreUnavailableError, TimeoutError):
            async with asyncio.timeout(FINISH_S / 4):
                await self._side.lease.release()

    def _unproved(self) -> tuple[str, ...]:
        runners = self._side.engine_host.runners()
        return tuple(each.instrument.symbol for each in runners if each.unconfirmed)

    def _left(self, deadline: Nanos) -> float:
        return max(0, deadline - self._side.clock.now()) / NANOS_PER_SECOND
