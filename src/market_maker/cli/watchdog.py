"""`market_maker watchdog`: cancels at the venue when the service's heartbeat stops."""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidDataError, VenueUnavailableError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.dead_men import DeadMen, cancels_at, dead_man_of
from market_maker.serving.heartbeat import LOCK_NAME
from market_maker.serving.key_expiry import remind
from market_maker.serving.private_folder import private_folder
from market_maker.serving.watchdog import Watchdog
from market_maker.serving.watching import secrets_of
from market_maker.serving.worker_folders import worker_folders
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.telemetry.logging import Logs
from market_maker.venues.hyperliquid.sweeping import HyperliquidDeadMan

EXIT_OPEN = 1
PATIENCE_S = 2.0
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

    On the sandbox exchange, which ends with the service, it only reports.
    """
    settings = settings_of(os.environ, data_dir)
    private_folder(settings.data_dir)
    with _alone(settings.data_dir):
        empty = asyncio.run(_watch(settings, Nanos(int(patience * NANOS_PER_SECOND)), once=once))
    if not empty:
        raise typer.Exit(EXIT_OPEN)


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
        async with dead_man_of(settings, clock) as dead_man:
            every = dead_man.all() if isinstance(dead_man, DeadMen) else [dead_man]
            with_keys = [each for each in every if isinstance(each, HyperliquidDeadMan)]
            for each in with_keys:
                await _introduce(each)

            def dog(folder: Path) -> Watchdog:
                return Watchdog(folder, dead_man, patience, clock, logs.logger())

            if once:
                return all([await dog(each).sweep_once() for each in folders_of(settings.data_dir)])
            typer.echo(f"watchdog on {settings.data_dir}, cancels at {cancels_at(settings)}")
            sys.stdout.flush()
            reminders = [remind(each.holder, clock, logs.logger()) for each in with_keys]
            await _until_told(settings.data_dir, dog, reminders)
            return True
    finally:
        logs.close()


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
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
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
