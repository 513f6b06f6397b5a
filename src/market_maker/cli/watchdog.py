"""`market_maker watchdog`: cancels at the venue when the service's heartbeat stops."""

import asyncio
import fcntl
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from market_maker.cli.end_requests import on_end_request
from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidDataError, VenueRefusedError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.control_wire import is_held
from market_maker.serving.dead_men import cancels_at, dead_men_of, watchdog_key
from market_maker.serving.heartbeat import BEAT_S, LOCK_NAME
from market_maker.serving.key_expiry import remind
from market_maker.serving.private_folder import ELSEWHERE, check_closable, private_folder
from market_maker.serving.pulse import FILE_NAME, PulseReader
from market_maker.serving.watchdog import Watchdog
from market_maker.serving.watching import secrets_of
from market_maker.serving.worker_folders import worker_folders
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.telemetry.logging import Logger, Logs
from market_maker.venues.hyperliquid.sweeping import HyperliquidDeadMan
from market_maker.venues.order_service.dead_man import OrderServiceDeadMan

EXIT_OPEN = 1
PATIENCE_S = 2.0
ASK_S = 60.0
"""How often the order service is asked whether it takes the watchdog's credential."""
MISSED_S = 10.0
"""Until a folder without a heartbeat is warned of: the service may start after its watchdog."""
NO_HEARTBEAT = "no heartbeat"
WHOSE = "whose orders to cancel is not known"
NO_FOLDER = "there is no such directory"
ALIVE = (
    "its service is alive and places anew what is cancelled here: `market_maker kill` halts it, "
    "SIGTERM ends it"
)
NOTHING_OPEN = "nothing is open; cancels at {}"
NOT_SET = (
    "orders may rest at the venue, and there is nothing to cancel with: set ORDER_SERVICE_URL, or "
    "WATCHDOG_HYPERLIQUID_KEY, as the service has them"
)
DISCOVER_S = 0.5
"""How soon the folder of a new worker is found."""


def command(
    *,
    patience: Annotated[
        float, typer.Option(help="Seconds the heartbeat may stand still.", min=0.5, max=60)
    ] = PATIENCE_S,
    once: Annotated[
        bool, typer.Option("--once", help="Cancel now what a dead service left, and end.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
) -> None:
    """Read the service's heartbeat in its data directory. When it stops (a crash, kill -9, a hang,
    a stopped process), or when the service's own cancels do not get through, cancel everything at
    the venue, with a credential of its own (WATCHDOG_TOKEN at the order service, the key of an
    agent in WATCHDOG_HYPERLIQUID_KEY or WATCHDOG_HYPERLIQUID_KEY_FILE at Hyperliquid), until the
    venue says that nothing is open.

    --once is refused while the service is alive, for what it cancels would be placed anew.

    On the sandbox exchange, which ends with the service, it only reports. A directory that is not
    there yet is waited for; with --once it is refused.
    """
    settings = settings_of(os.environ, data_dir)
    folder = settings.data_dir
    check_closable(folder)
    if once and not folder.is_dir():
        raise InvalidDataError(str(folder), f"{NO_FOLDER}: {ELSEWHERE}")
    if once and not _is_known_whose(settings):
        typer.echo(f"{NO_HEARTBEAT} in {folder}: {WHOSE}; {ELSEWHERE}", err=True)
        raise typer.Exit(EXIT_OPEN)
    if not folder.is_dir():
        asyncio.run(_until_made(folder))
    private_folder(folder)
    with _alone(folder):
        longest = Nanos(int(patience * NANOS_PER_SECOND))
        if once and asyncio.run(beats_on(folder, patience)):
            raise InvalidDataError(str(folder), ALIVE)
        empty = asyncio.run(_watch(settings, longest, once=once))
    if not empty:
        raise typer.Exit(EXIT_OPEN)


async def beats_on(data_dir: Path, patience_s: float) -> bool:
    """Whether a process that runs there goes on within that time. One that hangs does not, and one
    that is dead is not waited for."""
    readers = [PulseReader(each / FILE_NAME) for each in folders_of(data_dir) if is_held(each)]
    before = [reader.read() for reader in readers]
    if not readers:
        return False
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            while [reader.read() for reader in readers] == before:  # noqa: ASYNC110  a file sends no event
                await asyncio.sleep(BEAT_S / 2)
    return [reader.read() for reader in readers] != before


def _is_known_whose(settings: Settings) -> bool:
    """A key at Hyperliquid says itself whose orders it may cancel."""
    by_key = watchdog_key(settings) is not None and settings.order_service_url is None
    return by_key or _has_heartbeat(settings.data_dir)


async def _until_made(folder: Path) -> None:
    typer.echo(f"{folder}: {NO_FOLDER} yet, and its service is waited for; {ELSEWHERE}", err=True)
    is_made = folder.is_dir
    while not is_made():  # noqa: ASYNC110  a folder sends no event
        await asyncio.sleep(DISCOVER_S)


def _alone(data_dir: Path) -> BinaryIO:
    """Marks the service as watched. Raises InvalidDataError where it is already."""
    file = (data_dir / LOCK_NAME).open("ab")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    raise InvalidDataError(str(data_dir), "is watched by another market_maker watchdog")


async def _watch(settings: Settings, patience: Nanos, *, once: bool) -> bool:
    """Whether nothing is known to be left open."""
    clock = WallClock()
    logs = Logs(clock, sys.stderr, settings.log_level, secrets_of(settings))
    try:
        async with dead_men_of(settings, clock) as dead_men:
            every = () if dead_men is None else dead_men.all()
            at_services = [each for each in every if isinstance(each, OrderServiceDeadMan)]
            for service in at_services:
                await _introduce_credential(service)
            with_keys = [each for each in every if isinstance(each, HyperliquidDeadMan)]
            for each in with_keys:
                await _introduce(each)

            def dog(folder: Path) -> Watchdog:
                return Watchdog(folder, dead_men, patience, clock, logs.logger())

            if once:
                swept = [await dog(each).sweep_once() for each in folders_of(settings.data_dir)]
                typer.echo(NOTHING_OPEN.format(cancels_at(settings)) if all(swept) else NOT_SET)
                return all(swept)
            typer.echo(f"watchdog on {settings.data_dir}, cancels at {cancels_at(settings)}")
            sys.stdout.flush()
            reminders = [remind(each.holder, clock, logs.logger()) for each in with_keys]
            reminders += [_keep_asking(each, logs.logger()) for each in at_services]
            reminders.append(_miss_heartbeat(settings.data_dir, logs.logger()))
            await _until_told(settings.data_dir, dog, reminders)
            return True
    finally:
        logs.close()


def _has_heartbeat(data_dir: Path) -> bool:
    """One that can be read: a file of another kind says nothing either."""
    return any(PulseReader(each / FILE_NAME).read() is not None for each in folders_of(data_dir))


async def _miss_heartbeat(data_dir: Path, log: Logger) -> None:
    """A watchdog in another folder than the service's would watch nothing."""
    await asyncio.sleep(MISSED_S)
    if _has_heartbeat(data_dir):
        return
    log.warning(NO_HEARTBEAT, folder=str(data_dir), problem="is it the service's data directory?")
    while not _has_heartbeat(data_dir):  # noqa: ASYNC110  a file sends no event
        await asyncio.sleep(DISCOVER_S)
    log.info("heartbeat found", folder=str(data_dir))


async def _introduce_credential(dead_man: OrderServiceDeadMan) -> None:
    """Raises InvalidDataError for a credential that is refused now, and not when it matters."""
    try:
        problem = await dead_man.introduce()
    except VenueRefusedError as error:
        raise InvalidDataError("WATCHDOG_TOKEN", str(error)) from None
    if problem:
        typer.echo(f"warning: {problem}; it is asked again", err=True)


async def _keep_asking(dead_man: OrderServiceDeadMan, log: Logger) -> None:
    """A credential may be taken back while nothing is to be cancelled."""
    known = ""
    while True:
        await asyncio.sleep(ASK_S)
        try:
            await dead_man.introduce()
            refused = ""
        except VenueRefusedError as error:
            refused = str(error)
        if refused and not known:
            log.error("watchdog's credential refused", problem=refused)
        elif known and not refused:
            log.info("watchdog's credential taken again")
        known = refused


async def _introduce(dead_man: HyperliquidDeadMan) -> None:
    """Raises VenueRefusedError for a key that may not act. A venue that is away may come back."""
    try:
        holder = await dead_man.open()
    except VenueUnavailableError as error:
        typer.echo(f"warning: {error}; it is asked again", err=True)
        return
    if holder.role != "agent":
        typer.echo(
            f"warning: {holder.signer} is the account itself: give the watchdog an agent's key, "
            "which cannot withdraw",
            err=True,
        )
    for warning in holder.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"agent {holder.signer} of {holder.account}")


def folders_of(data_dir: Path) -> tuple[Path, ...]:
    """Where a service of one process writes its heartbeat, and where its workers do."""
    return (data_dir, *worker_folders(data_dir))


async def _until_told(
    data_dir: Path,
    dog: Callable[[Path], Watchdog],
    reminders: Sequence[Coroutine[object, object, None]],
) -> None:
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(each) for each in reminders]
        watching = group.create_task(_watch_all(data_dir, dog))
        on_end_request(lambda _: watching.cancel())
        with suppress(asyncio.CancelledError):
            await watching
        for task in beside:
            task.cancel()


async def _watch_all(data_dir: Path, dog: Callable[[Path], Watchdog]) -> None:
    """One for each heartbeat; a worker's folder may come later."""
    watched: set[Path] = set()
    async with asyncio.TaskGroup() as group:
        while True:
            for folder in folders_of(data_dir):
                if folder not in watched:
                    watched.add(folder)
                    group.create_task(dog(folder).run())
            await asyncio.sleep(DISCOVER_S)
