"""`market_maker walk`: start the service, lead it through its runbook over its own REST API, and
watch it quote."""

import asyncio
import math
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop

from market_maker.cli.tour import Tour
from market_maker.cli.watch import watch_for
from market_maker.model.errors import InvalidDataError, InvalidFieldError, MakerError
from market_maker.serving.life import Ending, Stopping, serve
from market_maker.settings import LOOPBACK, Settings, settings_of

SECONDS_MAX = 7 * 86_400
EXIT_UNCLEAN = 1


def command(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after quoting so long; else Ctrl-C.")
    ] = None,
) -> None:
    """Start the service with nothing beside it, lead it through its runbook over its own REST API
    and show every call and its answer; then show the pool live.

    Ends with every order cancelled and the exchange's own word that none is left. Runs on loopback
    without authentication, so that the documents' own commands can be pasted in another terminal.
    """
    if seconds is not None and not (math.isfinite(seconds) and 0 < seconds <= SECONDS_MAX):
        raise InvalidFieldError("seconds", seconds, f"above 0, at most {SECONDS_MAX}")
    with tempfile.TemporaryDirectory(prefix="market_maker-") as folder:
        settings = msgspec.structs.replace(
            settings_of(os.environ, Path(folder)),
            http_host=LOOPBACK,
            postgres_url=None,
            order_service_url=None,
            disable_auth=True,
            log_level="error",
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            walk = Walk(settings, seconds)
            ending = runner.run(walk.whole())
    print(f"ended: {walk.left_open} orders open, everything on record: {_yes(ending.recorded)}")
    if not ending.clean or walk.left_open:
        raise typer.Exit(EXIT_UNCLEAN)


def _yes(wanted: bool) -> str:
    return "yes" if wanted else "NO"


class Walk:
    """The service and whoever leads it, in one process. left_open: orders that the service knew of
    at the end."""

    def __init__(self, settings: Settings, seconds: float | None) -> None:
        self._settings, self._seconds = settings, seconds
        self._stopping = Stopping()
        self._enough = asyncio.Event()
        self._problem: MakerError | None = None
        self.left_open = 0

    async def whole(self) -> Ending:
        """From the start to the proof. Raises what a part raised."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._heard)
        where: asyncio.Future[str] = loop.create_future()
        try:
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(serve(self._settings, self._stopping, where.set_result))
                group.create_task(self._lead(where))
        except* MakerError as errors:
            raise errors.exceptions[0] from None
        if self._problem is not None:
            raise self._problem
        return serving.result()

    def _heard(self) -> None:
        """The first Ctrl-C asks for an orderly end; the next ends at once."""
        self._enough.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)

    async def _lead(self, where: asyncio.Future[str]) -> None:
        try:
            async with Tour(await where, self._settings.metrics_port, print) as tour:
                await tour.begin()
                await self._watch(tour)
                await tour.end()
                self.left_open = tour.left_open
        except (MakerError, OSError) as error:
            self._problem = InvalidDataError("walk", str(error))
        finally:
            self._stopping.ask()

    async def _watch(self, tour: Tour) -> None:
        until = math.inf
        if self._seconds is not None:
            until = asyncio.get_running_loop().time() + self._seconds
        with watch_for(sys.stdout) as watch:
            while not self._enough.is_set() and asyncio.get_running_loop().time() < until:
                watch.show(await tour.status())
                left = until - asyncio.get_running_loop().time()
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, min(watch.interval_s, left))):
                        await self._enough.wait()
