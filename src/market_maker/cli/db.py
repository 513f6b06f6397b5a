"""`market_maker db`: the database's schema."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from market_maker.storage.database import (
    Database,
    embedded_url,
    open_database,
    postgresql_url,
)
from market_maker.storage.schema import check_schema, upgrade_schema

DATA_DIR = Path("market_maker_data")

app = typer.Typer(no_args_is_help=True, help="The schema of the database.")

DataDir = Annotated[
    Path,
    typer.Option(
        envvar="MM_DATA_DIR",
        file_okay=False,
        help="Folder of the embedded database; not used where POSTGRES_URL is set.",
    ),
]

Answer = TypeVar("Answer")


@app.callback()
def _root() -> None:
    """Take no options of its own."""


@app.command("upgrade")
def upgrade(*, data_dir: DataDir = DATA_DIR) -> None:
    """Bring the tables to what this version needs, all or nothing; makes them where there are
    none. POSTGRES_URL names a PostgreSQL database; without it the embedded one is meant."""
    url = os.environ.get("POSTGRES_URL")
    if not url:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    name, (before, after) = _with_database(data_dir, url, upgrade_schema)
    if before == after:
        typer.echo(f"{name}: schema {after.found} is up to date")
    else:
        typer.echo(f"{name}: schema {before.found or 'empty'} -> {after.found}")


@app.command("check")
def check(*, data_dir: DataDir = DATA_DIR) -> None:
    """Say whether the tables are what this version needs; change nothing."""
    name, schema = _with_database(data_dir, os.environ.get("POSTGRES_URL"), check_schema)
    typer.echo(f"{name}: schema {schema.found} is up to date")


def _with_database(
    data_dir: Path, postgres_url: str | None, task: Callable[[Database], Awaitable[Answer]]
) -> tuple[str, Answer]:
    async def run() -> tuple[str, Answer]:
        url = postgresql_url(postgres_url) if postgres_url else embedded_url(data_dir)
        database = open_database(url)
        try:
            return database.name, await task(database)
        finally:
            await database.close()

    return asyncio.run(run())
