"""`market_maker outbox`: events on their way to the bus."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from market_maker.cli.moments import spoken
from market_maker.model.errors import NotFoundError
from market_maker.model.records import OutboxBacklog
from market_maker.settings import DATA_DIR, settings_of
from market_maker.storage.database import database_to_read, database_url, open_database
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore

app = typer.Typer(no_args_is_help=True)

DataDir = Annotated[
    Path | None,
    typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
]

Answer = TypeVar("Answer")


@app.callback()
def _root() -> None:
    """Take no options of its own."""


@app.command("status")
def status(*, data_dir: DataDir = None) -> None:
    """Say how many events wait, and since when."""
    backlog = _with_store(data_dir, _backlog, reads_only=True)
    since = "" if backlog.oldest is None else f", the oldest since {spoken(backlog.oldest)}"
    typer.echo(f"{backlog.waiting} events wait, {backlog.parked} of them parked{since}")


@app.command("unpark")
def unpark(
    key: Annotated[str, typer.Argument(help="Of the events: the symbol of their pool.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Let a key's events go again, once the reason why the bus refused one is gone."""

    async def task(store: DatabaseStore) -> int:
        async with store.transaction() as unit:
            return await unit.outbox.unpark(key)

    count = _with_store(data_dir, task)
    if not count:
        raise NotFoundError("parked event of", key)
    typer.echo(f"{count} events of {key} may go again")


async def _backlog(store: DatabaseStore) -> OutboxBacklog:
    async with store.reading() as unit:
        return await unit.outbox.backlog()


def _with_store(
    data_dir: Path | None,
    task: Callable[[DatabaseStore], Awaitable[Answer]],
    *,
    reads_only: bool = False,
) -> Answer:
    async def run() -> Answer:
        settings = settings_of(os.environ, data_dir)
        opened = database_to_read if reads_only else open_database
        database = opened(database_url(settings.postgres_url, settings.data_dir))
        try:
            await check_schema(database)
            return await task(DatabaseStore(database))
        finally:
            await database.close()

    return asyncio.run(run())
