"""`market_maker db`: the database's schema."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from market_maker.cli.progress import shown
from market_maker.clocks import WallClock
from market_maker.journaling.bookkeeper import is_complete, post_stored
from market_maker.model.errors import StoreUnavailableError
from market_maker.serving.life import locked
from market_maker.serving.private_folder import private_folder
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.storage.database import (
    Database,
    database_to_read,
    database_url,
    open_database,
    removed_unless_whole,
)
from market_maker.storage.schema import Schema, check_schema, upgrade_schema
from market_maker.storage.store import DatabaseStore
from market_maker.storage.tenancy import tenancy

app = typer.Typer(no_args_is_help=True, help="The schema of the database.")

DataDir = Annotated[
    Path | None,
    typer.Option(
        file_okay=False,
        help=f"Of the embedded database; MM_DATA_DIR, else {DATA_DIR}. Not used with POSTGRES_URL.",
    ),
]

Answer = TypeVar("Answer")


@app.callback()
def _root() -> None:
    """Take no options of its own."""


@app.command("upgrade")
def upgrade(*, data_dir: DataDir = None) -> None:
    """Bring the tables to what this version needs, all or nothing; makes them where there are
    none. Fills of a version without a ledger are posted to it; if that is interrupted, the same
    command goes on. POSTGRES_URL names a PostgreSQL database; without it the embedded one is
    meant."""
    settings = settings_of(os.environ, data_dir)
    if settings.postgres_url is None:
        private_folder(settings.data_dir)
    with shown("Posting fills to the ledger") as progress:
        url = database_url(settings.postgres_url, settings.data_dir)
        with removed_unless_whole(url):
            done = _with(open_database(url), partial(_upgraded_named, settings, progress))
        name, (before, after, posted) = done
    if before == after:
        typer.echo(f"{name}: schema {after.found} is up to date")
    else:
        typer.echo(f"{name}: schema {before.found or 'empty'} -> {after.found}")
    if posted:
        typer.echo(f"{posted:,} fills that were stored before there was a ledger are posted to it")


async def _upgraded_named(
    settings: Settings, progress: Callable[[int, int], None], database: Database
) -> tuple[Schema, Schema, int]:
    """What failed names the database."""
    try:
        return await _upgraded(settings, progress, database)
    except StoreUnavailableError as error:
        raise StoreUnavailableError(f"{database.name}: {error}") from error


async def _upgraded(
    settings: Settings, progress: Callable[[int, int], None], database: Database
) -> tuple[Schema, Schema, int]:
    before, after = await upgrade_schema(database)
    store = DatabaseStore(database)
    if await is_complete(store):
        return before, after, 0
    with ExitStack() as stack:
        if settings.postgres_url is None:
            stack.enter_context(locked(settings.data_dir))
        async with tenancy(database):
            return before, after, await post_stored(store, WallClock(), progress)


@app.command("check")
def check(*, data_dir: DataDir = None) -> None:
    """Say whether the tables are what this version needs; change nothing."""
    settings = settings_of(os.environ, data_dir)
    database = database_to_read(database_url(settings.postgres_url, settings.data_dir))
    name, schema = _with(database, check_schema)
    typer.echo(f"{name}: schema {schema.found} is up to date")


def _with(database: Database, task: Callable[[Database], Awaitable[Answer]]) -> tuple[str, Answer]:
    async def run() -> tuple[str, Answer]:
        try:
            return database.name, await task(database)
        finally:
            await database.close()

    return asyncio.run(run())
