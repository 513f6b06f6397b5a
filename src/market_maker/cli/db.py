"""`market_maker db`: the database's schema."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.storage.database import Database, database_url, open_database
from market_maker.storage.schema import check_schema, upgrade_schema

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
    none. POSTGRES_URL names a PostgreSQL database; without it the embedded one is meant."""
    settings = settings_of(os.environ, data_dir)
    if settings.postgres_url is None:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    name, (before, after) = _with_database(settings, upgrade_schema)
    if before == after:
        typer.echo(f"{name}: schema {after.found} is up to date")
    else:
        typer.echo(f"{name}: schema {before.found or 'empty'} -> {after.found}")


@app.command("check")
def check(*, data_dir: DataDir = None) -> None:
    """Say whether the tables are what this version needs; change nothing."""
    name, schema = _with_database(settings_of(os.environ, data_dir), check_schema)
    typer.echo(f"{name}: schema {schema.found} is up to date")


def _with_database(
    settings: Settings, task: Callable[[Database], Awaitable[Answer]]
) -> tuple[str, Answer]:
    async def run() -> tuple[str, Answer]:
        database = open_database(database_url(settings.postgres_url, settings.data_dir))
        try:
            return database.name, await task(database)
        finally:
            await database.close()

    return asyncio.run(run())
