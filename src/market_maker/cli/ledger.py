"""`market_maker ledger check`: the ledger against everything that it was posted from."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from market_maker.accounting.ledger_check import LedgerVerdict, check_ledger
from market_maker.cli.progress import shown
from market_maker.model.calendar import Month, month_named
from market_maker.model.exact import plain
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.storage.database import database_to_read, database_url
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore

EXIT_FLAWED = 1
FINDINGS_SHOWN = 20

app = typer.Typer(no_args_is_help=True, help="Show and check the ledger.")


@app.callback()
def _root() -> None:
    """Take no options of its own."""


@app.command("check")
def check(
    *,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Only what happened then; else everything."),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
) -> None:
    """Fold every fill, payment and settlement again and compare: each entry and its balance, the
    chain of positions, what was never posted, and the sums by hour. Changes nothing, and the
    service may run meanwhile. Exit code 1 when something is wrong."""
    of = None if month is None else month_named(month)
    settings = settings_of(os.environ, data_dir)
    with shown("Checking the ledger") as progress:
        name, verdict = asyncio.run(_checked(settings, of, progress))
    for line in verdict_lines(name, of, verdict):
        typer.echo(line)
    if verdict.count:
        raise typer.Exit(EXIT_FLAWED)


async def _checked(
    settings: Settings, month: Month | None, progress: Callable[[int, int], None]
) -> tuple[str, LedgerVerdict]:
    database = database_to_read(database_url(settings.postgres_url, settings.data_dir))
    try:
        await check_schema(database)
        return database.name, await check_ledger(DatabaseStore(database), month, progress)
    finally:
        await database.close()


def verdict_lines(name: str, month: Month | None, verdict: LedgerVerdict) -> Iterator[str]:
    """The verdict, line by line."""
    yield f"ledger of {name}" + (f", {month.name}" if month else "")
    yield f"{verdict.entries:,} entries, {verdict.fills:,} fills, {verdict.hours:,} sums by hour"
    for account, total in verdict.totals.items():
        if total:
            yield f"  {account:<15} {plain(total):>32}"
    for finding in verdict.findings[:FINDINGS_SHOWN]:
        yield f"{finding.about}: {finding.problem}"
    if verdict.count > FINDINGS_SHOWN:
        yield f"and {verdict.count - FINDINGS_SHOWN:,} more"
    if verdict.count:
        yield "NOT right: what is stored does not follow from what happened"
    else:
        yield "right: it balances, and follows from the fills to the last digit"
