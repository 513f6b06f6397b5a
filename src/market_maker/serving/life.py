"""The life of the process: begin in order, run, and end with proof that nothing is left open."""

import asyncio
import fcntl
import gc
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp

from market_maker.clocks import WallClock
from market_maker.execution.alarms import SERVICE
from market_maker.execution.engine_host import TICK, restarted
from market_maker.execution.recovery import STOPPED, pool_start, to_open
from market_maker.execution.supervisor import guarded
from market_maker.journaling.bookkeeper import is_complete
from market_maker.journaling.record_request import RecordRequest
from market_maker.model.errors import (
    ConflictError,
    InvalidDataError,
    NotFoundError,
    SchemaError,
    StoreUnavailableError,
)
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.banner import Banner, banner_of
from market_maker.serving.collector import tune_heap
from market_maker.serving.control import ControlSocket
from market_maker.serving.duties import duties_of
from market_maker.serving.factories import USUAL, Factories
from market_maker.serving.hard_deadline import ending_within
from market_maker.serving.heartbeat import Heartbeat
from market_maker.serving.listeners import Listener, listen
from market_maker.serving.open_doors import check_open_doors
from market_maker.serving.opened_sources import sources_opened
from market_maker.serving.ownership import Ownership
from market_maker.serving.panel_files import HOME, Panel, panel_files
from market_maker.serving.panel_port import PORT_TAKEN, panel_listener
from market_maker.serving.parts import Parts, api_of, metrics_of, parts_of
from market_maker.serving.periodic import carry_out
from market_maker.serving.private_folder import private_folder
from market_maker.serving.watching import secrets_of
from market_maker.settings import LOCK_NAME, Settings
from market_maker.storage.database import (
    Database,
    embedded_url,
    open_database,
    postgresql_url,
)
from market_maker.storage.schema import UPGRADE_COMMAND, check_schema, upgrade_schema
from market_maker.storage.store import DatabaseStore
from market_maker.storage.tenancy import tenancy
from market_maker.telemetry.logging import Logger, Logs

COLLECTOR = (10_000, 1_000_000, 1_000_000)
"""Thresholds of Python's own search for cycles: only among new objects. The rest is a duty
(serving.collector)."""
SWITCH_S = 0.0001
"""How long a thread may keep Python to itself while another waits. The database's threads answer
the event loop a dozen times a transaction; with Python's own 5 ms a commit under load takes twice
as long and longer (docs/benchmarks.md)."""
FINISH_S = 1.0
"""Kept of SHUTDOWN_TIMEOUT for everything that is not proof."""


class Ending(Struct, frozen=True):
    """How it ended. unproved: symbols whose orders are not proved gone; recorded: whether all that
    was done is in the database; failure: what broke and made it end, empty when it was asked."""

    unproved: tuple[str, ...]
    recorded: bool
    failure: str

    @property
    def clean(self) -> bool:
        """Nothing broke, nothing is left open, and all is on record."""
        return not self.unproved and self.recorded and not self.failure


class Stopping:
    """Shutdown request; the first call stops all quoting at once, later calls are ignored."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._at_once: list[Callable[[], None]] = []
        self.asked = False

    def ask(self) -> None:
        """End, please; asking again changes nothing."""
        if self.asked:
            return
        self.asked = True
        for at_once in self._at_once:
            at_once()
        self._event.set()

    def on_ask(self, at_once: Callable[[], None]) -> None:
        """What is done in the moment of asking."""
        self._at_once.append(at_once)
        if self.asked:
            at_once()

    async def wait(self) -> None:
        """Until it is asked for."""
        await self._event.wait()


def _tune_python() -> None:
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*COLLECTOR)
    tune_heap()


async def serve(
    settings: Settings,
    stopping: Stopping,
    ready: Callable[[Banner], None],
    *,
    factories: Factories = USUAL,
) -> Ending:
    """Serve until asked to stop. ready: called with what runs where, once requests are answered.
    Raises InvalidFieldError (a taken port, a setting), SchemaError, StoreUnavailableError."""
    _tune_python()
    clock = WallClock()
    check_open_doors(settings)
    opened = private_folder(settings.data_dir)
    async with AsyncExitStack() as stack:
        stack.enter_context(ending_within(settings.shutdown_timeout, stopping.on_ask))
        stack.enter_context(locked(settings.data_dir))
        where = settings.http_host
        api_socket = stack.enter_context(listen("HTTP_PORT", where, settings.http_port))
        metrics_socket = stack.enter_context(
            listen("METRICS_PORT", settings.metrics_host, settings.metrics_port)
        )
        panel = stack.enter_context(panel_listener(settings))
        logs = Logs(clock, sys.stderr, settings.log_level, secrets_of(settings))
        stack.callback(logs.close)
        _tell_of(logs.logger(), closed=opened)
        database = _database(settings)
        stack.push_async_callback(database.close)
        await _ready_schema(database, embedded=settings.postgres_url is None)
        alone = await stack.enter_async_context(tenancy(database))
        store = DatabaseStore(database)
        await _ready_ledger(store, database.name)
        sources = await stack.enter_async_context(sources_opened(settings, clock, logs.logger()))
        parts = parts_of(settings, store, alone, clock, logs, factories=factories, sources=sources)
        logs.adopt_libraries()
        servers = [
            Listener(metrics_of(parts, settings.metrics_token), metrics_socket),
            *_doors(api_of(parts, factories.rates), api_socket, panel),
        ]
        banner = _banner(settings, api_socket, metrics_socket, panel)
        parts.services.doctor.connected = banner.connected

        def begun() -> None:
            logs.logger().info("service started", **banner.fields())
            ready(banner)

        return await _Life(parts, settings, servers, stopping).run(begun)


def _tell_of(log: Logger, *, closed: bool) -> None:
    if closed:
        log.warning("data directory was open to others", mode="set to 0700")


def _banner(
    settings: Settings,
    api: socket.socket,
    metrics: socket.socket,
    panel: socket.socket | None,
) -> Banner:
    shown = PORT_TAKEN if panel is None else f"{_address(panel)}{HOME}"
    return banner_of(settings, _address(api), _address(metrics), shown)


def _doors(
    api: ASGIApp, api_socket: socket.socket, panel: socket.socket | None
) -> Iterator[Listener]:
    """The API's listener, and the panel's where there is a port for it."""
    yield Listener(api, api_socket)
    if panel is not None:
        yield Listener(Panel(api, panel_files()), panel)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Life:
    def __init__(
        self, parts: Parts, settings: Settings, servers: list[Listener], stopping: Stopping
    ) -> None:
        self._parts, self._settings, self._servers = parts, settings, servers
        self._stopping = stopping
        self._log: Logger = parts.logs.logger()
        self._failure = ""
        folder = settings.data_dir
        self._control = ControlSocket(folder, parts.services.application.controls, self._log)
        self._heartbeat = Heartbeat(folder, parts.engine_host, parts.clock, parts.lines)

    async def run(self, ready: Callable[[], None]) -> Ending:
        parts = self._parts
        await self._own_symbols()
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(guarded(work, self._broke))
                for work in (
                    self._optional("control socket", self._control.run()),
                    self._optional("heartbeat", self._heartbeat.run()),
                    parts.recorder.run(),
                    parts.intent_log.run(),
                    self._keep_lease(),
                    self._step_engines(),
                    parts.watching.journals.run(),
                    parts.lines.run(),
                    parts.reconciliation.run(),
                    parts.events.run(),
                    Ownership(parts.tenancy, parts.engine_host, parts.intent_log, self._log).run(),
                    *(carry_out(duty, self._log) for duty in duties_of(parts, self._settings)),
                    *([parts.auth_keys.run()] if parts.auth_keys is not None else ()),
                )
            ]
            with parts.services.application.limits.recovering():
                await self._recover()
            self._heartbeat.recovered()
            self._stopping.on_ask(self._stop_quoting)
            serving = [
                group.create_task(guarded(server.run_until_told(), self._broke))
                for server in self._servers
            ]
            ready()
            await self._stopping.wait()
            ending = await self._end()
            for server in self._servers:
                server.should_exit = True
            await asyncio.wait(serving, timeout=FINISH_S)
            tasks += serving
            for task in tasks:
                task.cancel()
        with suppress(OSError):
            self._heartbeat.end(proved=not ending.unproved)
        await self._farewell()
        return ending

    async def _own_symbols(self) -> None:
        """Before anything is read about them. Raises ConflictError while another worker trades
        one."""
        lease = self._parts.lease
        # The lock on the folder proves that no one else uses the database in it.
        await lease.begin(alone=self._settings.postgres_url is None)
        try:
            for symbol in await to_open(self._parts.store):
                await lease.take(symbol)
        except ConflictError:
            await lease.release()
            raise
        await lease.renew()

    async def _keep_lease(self) -> None:
        """What a successor has at the venue is not this process's to cancel."""
        try:
            await self._parts.lease.run()
        except InvalidDataError:
            self._parts.engine_host.yield_up()
            raise

    async def _optional(self, part: str, work: Awaitable[None]) -> None:
        """What the file system may not allow, and the service lives without."""
        try:
            await work
        except OSError as error:
            self._log.error("optional part unavailable", part=part, problem=str(error))

    async def _step_engines(self) -> None:
        """Whatever breaks, engines have to be stepped until their orders are gone."""
        while True:
            await guarded(self._parts.engine_host.run(), self._broke)
            await asyncio.sleep(TICK / NANOS_PER_SECOND)

    def _broke(self, failure: str, trace: str) -> None:
        self._log.error("background task failed", failure=failure, trace=trace)
        self._failure = self._failure or failure
        self._stopping.ask()

    async def _recover(self) -> None:
        """Every pool that ever quoted gets an engine, PAUSED; leftovers are cancelled from here
        on, and enabling is refused until the venue says that none is left."""
        parts = self._parts
        for symbol in await to_open(parts.store):
            instrument = parts.instruments.find(symbol)
            if instrument is None:
                self._log.error("pool has no instrument", symbol=symbol)
                continue
            start = await pool_start(parts.store, instrument, parts.clock.now())
            if start.moved is not None and start.moved.reason != start.restored.reason:
                move = restarted(start, parts.clock.now())
                parts.recorder.put(RecordRequest(instrument, start.config.version, move))
                start = msgspec.structs.replace(start, moved=move)
            try:
                await parts.engine_host.open(start)
            except NotFoundError as error:
                self._log.error("pool has no line to its venue", symbol=symbol, problem=str(error))
                continue
            held = str(instrument.quantity(start.restored.pool.lots))
            reason = start.restored.reason
            self._log.info("pool recovered", symbol=symbol, reason=reason, position=held)

    def _stop_quoting(self) -> None:
        self._parts.engine_host.closing = True
        self._parts.engine_host.pause_all(f"{STOPPED}ACTIVE")

    async def _end(self) -> Ending:
        parts, within = self._parts, self._settings.shutdown_timeout
        deadline = parts.clock.now() + int(max(0.0, within - FINISH_S) * NANOS_PER_SECOND)
        self._log.info("stopping", by=SERVICE.subject, within_s=within)
        runners = parts.engine_host.runners()
        await parts.engine_host.proved(runners, _left(parts.clock.now(), deadline))
        recorded = await parts.intent_log.flushed(_left(parts.clock.now(), deadline) + FINISH_S / 4)
        recorded &= await parts.recorder.flushed(_left(parts.clock.now(), deadline) + FINISH_S / 4)
        unproved = tuple(s.instrument.symbol for s in runners if s.unconfirmed)
        if not unproved:
            await self._release()
        return Ending(unproved, recorded, self._failure)

    async def _release(self) -> None:
        """Others need not wait for the end of the lease. Without an answer they do."""
        with suppress(StoreUnavailableError, TimeoutError):
            async with asyncio.timeout(FINISH_S / 4):
                await self._parts.lease.release()

    async def _farewell(self) -> None:
        """Anchor what was audited last, keep the last rows of the series, send the last spans."""
        with suppress(StoreUnavailableError, InvalidDataError, OSError, TimeoutError):
            async with asyncio.timeout(FINISH_S / 4):
                await self._parts.anchorer.step()
                await self._parts.services.application.history.flush()
        self._parts.helper.close()
        self._parts.reports.close()
        await asyncio.to_thread(self._parts.watching.close)


def _left(now: Nanos, deadline: int) -> float:
    return max(0, deadline - now) / NANOS_PER_SECOND


def locked(data_dir: Path) -> BinaryIO:
    """Two services on one data directory would trade twice. Raises InvalidDataError."""
    file = (data_dir / LOCK_NAME).open("ab")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    raise InvalidDataError(str(data_dir), "is in use by another market_maker serve")


def _database(settings: Settings) -> Database:
    if settings.postgres_url is not None:
        return open_database(postgresql_url(settings.postgres_url))
    return open_database(embedded_url(settings.data_dir))


async def _ready_schema(database: Database, *, embedded: bool) -> None:
    """A new embedded database gets its tables; any other must have them already."""
    if embedded and database.is_missing:
        await upgrade_schema(database)
    await check_schema(database)


async def _ready_ledger(store: DatabaseStore, name: str) -> None:
    """What comes next is posted after what an earlier version stored, not before it."""
    if not await is_complete(store):
        raise SchemaError(
            f"fills of {name} from before there was a ledger are not in it: run `{UPGRADE_COMMAND}`"
        )
