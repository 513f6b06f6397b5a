"""`market_maker audit verify`: the log of privileged calls against its chain and its anchors."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from market_maker.cli.moments import spoken
from market_maker.journaling.anchors import FILE_NAME, AnchorFile
from market_maker.journaling.audit import Anchor, ChainVerdict, verify
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.storage.database import Database, embedded_url, open_database, postgresql_url
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore

EXIT_FLAWED = 1
FLAWS_SHOWN = 20


def command(
    *,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
    anchors: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="A copy of the anchors; else those in the data folder."),
    ] = None,
) -> None:
    """Say whether every audit record is as it was written, and whether one is missing. Finds an
    edit, a deletion, a swap and a cut-off end, and where. The service may run meanwhile."""
    settings = settings_of(os.environ, data_dir)
    noted = AnchorFile(anchors or settings.data_dir / FILE_NAME).read()
    name, verdict = asyncio.run(_verified(settings, noted))
    for line in told(name, noted, verdict):
        typer.echo(line)
    if verdict.flaws:
        raise typer.Exit(EXIT_FLAWED)


async def _verified(settings: Settings, noted: tuple[Anchor, ...]) -> tuple[str, ChainVerdict]:
    database = _database(settings)
    try:
        await check_schema(database)
        return database.name, await verify(DatabaseStore(database), noted)
    finally:
        await database.close()


def _database(settings: Settings) -> Database:
    if settings.postgres_url is not None:
        return open_database(postgresql_url(settings.postgres_url))
    return open_database(embedded_url(settings.data_dir))


def told(name: str, noted: tuple[Anchor, ...], verdict: ChainVerdict) -> Iterator[str]:
    """The verdict, line by line."""
    yield f"audit log of {name}"
    last = f", the last at record {noted[-1].seq}, {spoken(noted[-1].ts)}" if noted else ""
    yield f"{verdict.head} records, {verdict.anchors} anchors{last}"
    for flaw in verdict.flaws[:FLAWS_SHOWN]:
        yield f"record {flaw.seq}: {flaw.problem}"
    if len(verdict.flaws) > FLAWS_SHOWN:
        yield f"and {len(verdict.flaws) - FLAWS_SHOWN} more"
    yield "NOT what was written" if verdict.flaws else "whole: as it was written, nothing missing"
