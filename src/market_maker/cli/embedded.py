"""The service in this process, on data that are gone afterwards, led by a program over its own
REST API: what `walk` and `demo` are made of."""

import asyncio
import math
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import msgspec
import uvloop
from msgspec import Struct

from market_maker.accounting.ledger_check import check_ledger
from market_maker.cli.end_requests import forget_end_requests, on_end_request
from market_maker.model.errors import InvalidDataError, InvalidFieldError, MakerError
from market_maker.serving.banner import Banner
from market_maker.serving.life import Ending, Stopping, serve
from market_maker.settings import LOOPBACK, Settings, settings_of
from market_maker.storage.database import database_url, open_database
from market_maker.storage.store import DatabaseStore

SECONDS_MAX = 7 * 86_400


class Patience:
    """How long to go on: until an end is asked for (Ctrl-C, SIGTERM), or until `seconds` have
    passed since `begin`. None: only until asked."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = math.inf if seconds is None else seconds
        self._enough = asyncio.Event()
        self._begun = math.inf
        self.reason = ""

    def begin(self) -> None:
        """From here on time counts."""
        self._begun = asyncio.get_running_loop().time()

    def stop(self, reason: str) -> None:
        """Ask for the end."""
        self.reason = self.reason or reason
        self._enough.set()

    @property
    def elapsed_s(self) -> float:
        """Seconds since `begin`."""
        return max(0.0, asyncio.get_running_loop().time() - self._begun)

    @property
    def left_s(self) -> float | None:
        """Seconds to go; None without an end."""
        return None if self._seconds == math.inf else max(0.0, self._seconds - self.elapsed_s)

    async def lasts(self, seconds: float) -> bool:
        """Wait so long, less if the end comes; whether it goes on."""
        left = self._seconds - self.elapsed_s
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(seconds, left))):
                await self._enough.wait()
        if not self._enough.is_set() and self.elapsed_s >= self._seconds:
            self.stop("time is up")
        return not self._enough.is_set()


Lead = Callable[[Banner, Patience], Awaitable[None]]
"""Leads the service that a banner is of. When it returns or raises, the service ends in order."""


def checked_seconds(seconds: float | None) -> None:
    """Raises InvalidFieldError."""
    if seconds is not None and not (math.isfinite(seconds) and 0 < seconds <= SECONDS_MAX):
        raise InvalidFieldError("seconds", seconds, f"a number above 0, at most {SECONDS_MAX}")


class EmbeddedRun(Struct, frozen=True):
    """How it ended, and whether the ledger follows from the fills to the last digit."""

    ending: Ending
    ledger_holds: bool

    @property
    def clean(self) -> bool:
        """Nothing broke, nothing is left open, all is on record and adds up."""
        return self.ending.clean and self.ledger_holds


def run_embedded(
    seconds: float | None, lead: Lead, change: Callable[[Settings], Settings], out: TextIO
) -> EmbeddedRun:
    """Serve on loopback, without authentication, on a temporary directory, until `lead` is done.
    change: what else the settings are to be. out: takes a first line at once. Raises what a part
    raised."""
    checked_seconds(seconds)
    with tempfile.TemporaryDirectory(prefix="market_maker-") as folder:
        settings = msgspec.structs.replace(
            settings_of(os.environ, Path(folder)),
            http_host=LOOPBACK,
            workers=1,
            postgres_url=None,
            order_service_url=None,
            disable_auth=True,
            log_level="error",
        )
        print("starting the service", file=out, flush=True)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_run(change(settings), seconds, lead))


async def _run(settings: Settings, seconds: float | None, lead: Lead) -> EmbeddedRun:
    ending = await _led(settings, seconds, lead)
    database = open_database(database_url(None, settings.data_dir))
    try:
        verdict = await check_ledger(DatabaseStore(database), None, lambda _done, _all: None)
    finally:
        await database.close()
    return EmbeddedRun(ending, ledger_holds=verdict.count == 0)


async def _led(settings: Settings, seconds: float | None, lead: Lead) -> Ending:
    stopping, patience = Stopping(), Patience(seconds)
    _listen_to_signals(patience)
    started: asyncio.Future[Banner] = asyncio.get_running_loop().create_future()
    problem: MakerError | None = None

    async def leading() -> None:
        nonlocal problem
        try:
            await lead(await started, patience)
        except (MakerError, OSError) as error:
            problem = InvalidDataError("service", str(error))
        finally:
            stopping.ask()

    async with asyncio.TaskGroup() as group:
        serving = group.create_task(serve(settings, stopping, started.set_result))
        group.create_task(leading())
    if problem is not None:
        raise problem
    return serving.result()


def _listen_to_signals(patience: Patience) -> None:
    """The first signal asks for an orderly end; the next one ends at once."""

    def heard(number: signal.Signals) -> None:
        patience.stop("Ctrl-C" if number == signal.SIGINT else number.name)
        forget_end_requests()

    on_end_request(heard)
