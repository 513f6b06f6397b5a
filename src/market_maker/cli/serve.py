"""`market_maker serve`: the service, until it is stopped."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop

from market_maker.cli.end_requests import on_end_request
from market_maker.model.connected import WORKERS_MAX
from market_maker.serving.banner import Banner
from market_maker.serving.life import Ending, Stopping, serve
from market_maker.settings import (
    DATA_DIR,
    WITHOUT_FUNCTION,
    Settings,
    misspelt_variables,
    settings_of,
    unused_variables,
)

EXIT_UNPROVED = 1


def command(
    data_dir: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help=f"Database, keys and journals; MM_DATA_DIR, else {DATA_DIR}.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=WORKERS_MAX,
            help="Processes that share the symbols, with PostgreSQL; MM_WORKERS, else 1: all in "
            "this process.",
        ),
    ] = None,
) -> None:
    """Serve the REST API and run the pools. Settings come from the environment; without any it is
    all in this process: SQLite, the sandbox exchange, development tokens.

    SIGTERM, Ctrl-C or a terminal that is closed stops quoting at once, cancels every order and ends
    with the venue's word that none is left.
    """
    settings = settings_of(os.environ, data_dir)
    if workers is not None:
        settings = msgspec.structs.replace(settings, workers=workers)
    for variable in unused_variables(os.environ):
        why = WITHOUT_FUNCTION[variable]
        print(f"warning: {variable} has no function here: {why}", file=sys.stderr)
    for variable, meant in misspelt_variables(os.environ).items():
        print(f"warning: {variable} is not read; the nearest is {meant}", file=sys.stderr)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ending = runner.run(_run(settings))
    if not ending.clean:
        print(_trouble(ending), file=sys.stderr)
        raise typer.Exit(EXIT_UNPROVED)


async def _run(settings: Settings) -> Ending:
    stopping = Stopping()
    on_end_request(lambda _: stopping.ask())

    def ready(banner: Banner) -> None:
        print(f"market_maker serves at {banner.api}\n{banner.line()}", flush=True)

    return await serve(settings, stopping, ready)


def _trouble(ending: Ending) -> str:
    if ending.unproved:
        symbols = ", ".join(ending.unproved)
        return f"ORDERS MAY BE OPEN on the venue: {symbols}; now: market_maker watchdog --once"
    if ending.failure:
        return f"THE SERVICE BROKE: {ending.failure}; nothing is left open on the venue"
    return "not everything that was done could be recorded"
