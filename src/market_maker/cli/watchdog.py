"""`market_maker watchdog`: cancels at the venue when the service's heartbeat stops."""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

import aiohttp
import typer

from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports.dead_man import DeadMan
from market_maker.serving.heartbeat import LOCK_NAME
from market_maker.serving.private_folder import private_folder
from market_maker.serving.watchdog import Watchdog
from market_maker.serving.watching import secrets_of
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.telemetry.logging import Logs
from market_maker.venues.order_service.client import OrderServiceClient
from market_maker.venues.order_service.dead_man import OrderServiceDeadMan

EXIT_OPEN = 1
PATIENCE_S = 2.0
CONNECTIONS_MAX = 100


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
    """Hear the service's heartbeat in its data directory. When it stops (a crash, kill -9, a hang,
    a stopped process), or when the service's own cancels do not get through, cancel everything at
    the venue, with a credential of its own (WATCHDOG_TOKEN), until the venue says that nothing is
    open.

    On the sandbox exchange, which ends with the service, it only tells.
    """
    settings = settings_of(os.environ, data_dir)
    private_folder(settings.data_dir)
    with _alone(settings.data_dir):
        empty = asyncio.run(_watch(settings, Nanos(int(patience * NANOS_PER_SECOND)), once=once))
    if not empty:
        raise typer.Exit(EXIT_OPEN)


def _alone(data_dir: Path) -> BinaryIO:
    """Tells the service that it is watched. Raises InvalidDataError where it is already."""
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
        async with _dead_man(settings) as dead_man:
            dog = Watchdog(settings.data_dir, dead_man, patience, clock, logs.logger())
            if once:
                return await dog.sweep_once()
            venue = settings.order_service_url is not None
            where = "the order service" if venue else "nothing: the sandbox ends with the service"
            typer.echo(f"watchdog on {settings.data_dir}, cancels at {where}")
            sys.stdout.flush()
            await _until_told(dog)
            return True
    finally:
        logs.close()


async def _until_told(dog: Watchdog) -> None:
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(dog.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
        with suppress(asyncio.CancelledError):
            await watching


@asynccontextmanager
async def _dead_man(settings: Settings) -> AsyncIterator[DeadMan | None]:
    if settings.order_service_url is None:
        yield None
        return
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        token = settings.watchdog_token
        yield OrderServiceDeadMan(
            OrderServiceClient(settings.order_service_url, session, token=token)
        )
