"""The life of the process: begin in order, run, and end with proof that nothing is left open."""

import asyncio
import fcntl
import gc
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from market_maker.clocks import WallClock
from market_maker.execution.alarms import SERVICE
from market_maker.execution.supervisor import guarded
from market_maker.journaling.anchors import FILE_NAME as ANCHORS
from market_maker.journaling.anchors import AnchorFile
from market_maker.journaling.bookkeeper import is_complete
from market_maker.model.errors import InvalidDataError, SchemaError, StoreUnavailableError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.after_restore import hold_pools, is_older
from market_maker.ports.connections import ConnectionWatch
from market_maker.serving.banner import Banner, banner_of
from market_maker.serving.collector import tune_heap
from market_maker.serving.duties import duties_of
from market_maker.serving.factories import USUAL, Factories
from market_maker.serving.hard_deadline import ending_within
from market_maker.serving.listeners import Listener, listen
from market_maker.serving.open_doors import check_open_doors
from market_maker.serving.opened_sources import sources_opened
from market_maker.serving.ownership import Ownership
from market_maker.serving.panel_files import HOME, Panel, panel_files
from market_maker.serving.panel_port import PORT_TAKEN, panel_listener
from market_maker.serving.parts import Parts, api_of, metrics_of, parts_of
from market_maker.serving.periodic import carry_out
from market_maker.serving.private_folder import private_folder
from market_maker.serving.pulse import end_heartbeats
from market_maker.serving.sign_in import sign_in_of
from market_maker.serving.trading_life import FINISH_S
from market_maker.serving.watching import secrets_of
from market_maker.serving.worker_folders import forget_sockets, stale_folders
from market_maker.serving.worker_rules import check_workers
from market_maker.settings import LOCK_NAME, Settings
from market_maker.storage.database import (
    Database,
    embedded_url,
    open_database,
    postgresql_url,
)
from market_maker.storage.rights import check_rights
from market_maker.storage.schema import UPGRADE_COMMAND, check_schema, upgrade_schema
from market_maker.storage.store import DatabaseStore
from market_maker.storage.tenancy import tenancy
from market_maker.telemetry.connection_tally import ConnectionTally
from market_maker.telemetry.logging import Logger, Logs

COLLECTOR = (200_000, 1_000_000, 1_000_000)
"""Thresholds of Python's own search for cycles: only among new objects, and where very many have
come since the last search by the duty (serving.collector). What 150 engines keep of
what they see in ten seconds are tens of thousands of tuples, none in a cycle: a search through each
ten thousand of them took 6 ms, four times a second."""
SWITCH_S = 0.0001
"""How long a thread may keep Python to itself while another waits. The database's threads answer
the event loop a dozen times a transaction; with Python's own 5 ms a commit under load takes twice
as long and longer (docs/benchmarks.md)."""


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
        """End, please; asking again changes nothing. What fails of what is done at once is raised
        when all of it was tried and the end has begun."""
        if self.asked:
            return
        self.asked = True
        self._event.set()
        with ExitStack() as each:
            for at_once in reversed(self._at_once):
                each.callback(at_once)

    def on_ask(self, at_once: Callable[[], None]) -> None:
        """What is done in the moment of asking."""
        self._at_once.append(at_once)
        if self.asked:
            at_once()

    async def wait(self) -> None:
        """Until it is asked for."""
        await self._event.wait()


def tune_python() -> None:
    """For engines in this process: short turns of threads, few searches for cycles."""
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
    tune_python()
    clock = WallClock()
    opened = _checked(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(ending_within(settings.shutdown_timeout, stopping.on_ask))
        stack.enter_context(locked(settings.data_dir))
        forget_sockets(settings.data_dir)
        api_socket = stack.enter_context(
            listen("HTTP_PORT", settings.http_host, settings.http_port)
        )
        metrics_socket = stack.enter_context(
            listen("METRICS_PORT", settings.metrics_host, settings.metrics_port)
        )
        panel = stack.enter_context(panel_listener(settings))
        logs = Logs(clock, sys.stderr, settings.log_level, secrets_of(settings))
        stack.callback(logs.close)
        _tell_of(logs.logger(), closed=opened)
        tally = ConnectionTally(clock, logs.logger())
        database = _database(settings, tally)
        stack.push_async_callback(database.close)
        await _ready_schema(database, embedded=settings.postgres_url is None)
        alone = await stack.enter_async_context(tenancy(database))
        store = DatabaseStore(database)
        await _ready_records(store, database.name, settings.data_dir, logs.logger())
        sources = await stack.enter_async_context(
            sources_opened(settings, clock, logs.logger(), tally)
        )
        parts = parts_of(settings, store, alone, clock, logs, factories=factories, sources=sources)
        logs.adopt_libraries()
        servers = [
            Listener(metrics_of(parts, settings.metrics_token), metrics_socket),
            *_doors(settings, parts, factories, (api_socket, panel)),
        ]
        banner = _banner(settings, api_socket, metrics_socket, panel)
        parts.services.health_checks.connected = banner.connected

        def begun() -> None:
            logs.logger().info("service started", **banner.fields())
            ready(banner)

        return await _Life(parts, settings, servers, stopping).run(begun)


def _checked(settings: Settings) -> bool:
    """Refuse settings that do not fit together; whether the data directory was open to others."""
    check_open_doors(settings)
    check_workers(settings)
    return private_folder(settings.data_dir)


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
    settings: Settings,
    parts: Parts,
    factories: Factories,
    sockets: tuple[socket.socket, socket.socket | None],
) -> Iterator[Listener]:
    """The API's listener, and the panel's where there is a port for it."""
    api, (api_socket, panel) = api_of(parts, factories.rates), sockets
    yield Listener(api, api_socket)
    if panel is not None:
        sign_in = sign_in_of(settings, parts.services)
        yield Listener(Panel(api, panel_files(), sign_in), panel)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Life:
    def __init__(
        self, parts: Parts, settings: Settings, servers: list[Listener], stopping: Stopping
    ) -> None:
        self._parts, self._settings, self._servers = parts, settings, servers
        self._stopping, self._side = stopping, parts.engines.side
        self._log: Logger = parts.logs.logger()
        self._failure = ""
        parts.engines.side.broke = self._broke

    async def run(self, ready: Callable[[], None]) -> Ending:
        parts = self._parts
        await self._side.begin()
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(guarded(work, self._broke))
                for work in (
                    *self._side.work(),
                    parts.events.run(),
                    Ownership(parts.tenancy, parts.engine_host, parts.intent_log, self._log).run(),
                    *(carry_out(duty, self._log) for duty in duties_of(parts, self._settings)),
                    *([parts.auth_keys.run()] if parts.auth_keys is not None else ()),
                )
            ]
            with parts.services.application.limits.recovering():
                await self._side.recover()
            end_heartbeats(stale_folders(self._settings))
            self._stopping.on_ask(self._side.stop_quoting)
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
        self._side.ended(proved=not ending.unproved)
        await self._farewell()
        return ending

    def _broke(self, failure: str, trace: str) -> None:
        self._log.error("background task failed", failure=failure, trace=trace)
        self._failure = self._failure or failure
        self._stopping.ask()

    async def _end(self) -> Ending:
        within = self._settings.shutdown_timeout
        span = int(max(0.0, within - FINISH_S) * NANOS_PER_SECOND)
        self._log.info("stopping", by=SERVICE.subject, within_s=within)
        settled = await self._side.end(Nanos(self._parts.clock.now() + span))
        return Ending(settled.unproved, settled.recorded, self._failure)

    async def _farewell(self) -> None:
        """Anchor what was audited last, keep the last rows of the series, send the last spans."""
        with suppress(StoreUnavailableError, InvalidDataError, OSError, TimeoutError):
            async with asyncio.timeout(FINISH_S / 4):
                await self._parts.anchorer.step()
                await self._parts.services.application.history.flush()
        self._parts.helper.close()
        self._parts.reports.close()
        await asyncio.to_thread(self._parts.watching.close)


def locked(data_dir: Path) -> BinaryIO:
    """Two services on one data directory would trade twice. Raises InvalidDataError."""
    file = (data_dir / LOCK_NAME).open("ab")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    raise InvalidDataError(str(data_dir), "is in use by another market_maker serve")


def _database(settings: Settings, watch: ConnectionWatch) -> Database:
    if settings.postgres_url is not None:
        return open_database(postgresql_url(settings.postgres_url), watch)
    return open_database(embedded_url(settings.data_dir), watch)


async def _ready_schema(database: Database, *, embedded: bool) -> None:
    """A new embedded database gets its tables; any other must have them already. What fails names
    the database."""
    try:
        if embedded and database.is_missing:
            await upgrade_schema(database)
        await check_schema(database)
        await check_rights(database)
    except StoreUnavailableError as error:
        raise StoreUnavailableError(f"{database.name}: {error}") from error


async def _ready_records(store: DatabaseStore, name: str, folder: Path, log: Logger) -> None:
    """What comes next is posted after what an earlier version stored, not before it. And what was
    stopped since is not known to a database that goes back behind its own audit anchors: they are
    noted anew soon after, so that its pools are halted once."""
    if not await is_complete(store):
        raise SchemaError(
            f"fills of {name} from before there was a ledger are not in it: run `{UPGRADE_COMMAND}`"
        )
    with suppress(InvalidDataError, OSError):
        for anchor in AnchorFile(folder / ANCHORS).read()[-1:]:
            if await is_older(store, anchor):
                held = await hold_pools(store, WallClock(), SERVICE, anchor)
                halted = len(held.symbols)
                log.error("database is older than its audit anchors", seq=anchor.seq, halted=halted)
