"""`market_maker simulate month`: a month of trading in minutes, to settle afterwards."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from market_maker.cli.progress import shown
from market_maker.cli.table_console import table_console
from market_maker.clocks import WallClock
from market_maker.journaling.anchors import FILE_NAME as ANCHORS
from market_maker.journaling.anchors import AnchorFile
from market_maker.journaling.audit import Anchor
from market_maker.model.calendar import NANOS_PER_DAY, month_named
from market_maker.model.errors import InvalidDataError, InvalidFieldError, StoreUnavailableError
from market_maker.model.records import AuditCriteria
from market_maker.sandbox.listings import listing
from market_maker.serving.life import locked
from market_maker.serving.private_folder import private_folder
from market_maker.serving.simulated_month import Simulated, SimulatedMonth
from market_maker.serving.simulated_plan import MonthPlan
from market_maker.settings import DATA_DIR, Settings, settings_of
from market_maker.storage.database import (
    Database,
    database_url,
    open_database,
    removed_unless_whole,
)
from market_maker.storage.schema import check_schema, upgrade_schema
from market_maker.storage.store import DatabaseStore
from market_maker.storage.tenancy import tenancy

SYMBOLS = "BTCUSDT-PERP,ETHUSDT-PERP"


def command(
    month: Annotated[str, typer.Option(help="Which one, as 2026-10; it has to be over.")],
    days: Annotated[
        int | None, typer.Option(min=1, max=31, help="From its first day on; else all of it.")
    ] = None,
    symbols: Annotated[str, typer.Option(help="What is traded, separated by commas.")] = SYMBOLS,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same fills, same money.")
    ] = 1,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            help=f"For the database; MM_DATA_DIR, else {DATA_DIR}. With POSTGRES_URL it is there.",
        ),
    ] = None,
) -> None:
    """Let three participants trade through a month on simulated time: the service's own engines,
    sandbox exchange, recorder, ledger and sampling, on a clock that does not wait. The database
    has to be empty. `market_maker serve` starts on it afterwards, and the month can be settled."""
    settings = settings_of(os.environ, data_dir)
    plan = _plan(month, days, symbols, seed)
    clock = WallClock()
    began = clock.now()
    with shown(f"Simulating {plan.month.name}") as progress:
        simulated = asyncio.run(_simulate(settings, plan, lambda done: progress(done, plan.steps)))
    seconds = (clock.now() - began) / 1e9
    table_console().print(_table(simulated, plan))
    for halt in simulated.halts:
        typer.echo(f"halted on the way: {halt}")
    typer.echo(f"{simulated.fills} fills in {plan.days} days of {plan.month.name}, {seconds:.0f} s")


def _plan(month: str, days: int | None, symbols: str, seed: int) -> MonthPlan:
    """Raises InvalidFieldError for a month that is not over or has fewer days, NotFoundError for
    an instrument that the sandbox does not list."""
    wanted = month_named(month)
    if wanted.end > WallClock().now():
        raise InvalidFieldError("month", month, "a month that is over")
    length = (wanted.end - wanted.start) // NANOS_PER_DAY
    if days is not None and days > length:
        raise InvalidFieldError("days", days, f"1 to {length}")
    names = tuple(dict.fromkeys(name.strip() for name in symbols.split(",")))
    for name in names:
        listing(name)
    return MonthPlan(month=wanted, days=days or length, symbols=names, seed=seed)


async def _simulate(
    settings: Settings, plan: MonthPlan, progress: Callable[[int], None]
) -> Simulated:
    """Raises InvalidDataError for a database that is in use or not empty."""
    private_folder(settings.data_dir)
    url = database_url(settings.postgres_url, settings.data_dir)
    with locked(settings.data_dir), removed_unless_whole(url) as is_new:
        database = open_database(url)
        try:
            if settings.postgres_url is None:
                await upgrade_schema(database)
            await check_schema(database)
            async with tenancy(database):
                store = DatabaseStore(database)
                await _check_empty(database, store)
                with nullcontext() if is_new else _remains_told(settings, database.name):
                    simulated = await SimulatedMonth(store, plan).run(progress)
                await _anchor(store, AnchorFile(settings.data_dir / ANCHORS))
                return simulated
        except* StoreUnavailableError as failed:
            raise _named(database.name, failed) from None
        finally:
            await database.close()


def _named(name: str, failed: BaseException) -> StoreUnavailableError:
    """The first of what failed side by side, with the database's name."""
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return StoreUnavailableError(f"{name}: {failed}")


@contextmanager
def _remains_told(settings: Settings, name: str) -> Iterator[None]:
    """In a database that was there before, a part of a month is left: say so, and how to delete
    it. A file of its own goes by itself."""
    try:
        yield
    except BaseException:
        way = f"rm {name}*" if settings.postgres_url is None else "drop and create it"
        typer.echo(f"a part of a month is left in {name}; to begin again: {way}", err=True)
        raise


async def _anchor(store: DatabaseStore, file: AnchorFile) -> None:
    """Note the head of the audit log, as a service does: it was written on a clock of its own, and
    without an anchor a log reads as one whose anchors were taken away."""
    async with store.reading() as unit:
        (newest,) = (await unit.audit.page(AuditCriteria(), 1)).items
    file.append(Anchor(ts=WallClock().now(), seq=newest.seq, hash=newest.hash))


async def _check_empty(database: Database, store: DatabaseStore) -> None:
    async with store.reading() as unit:
        pools, participants = await unit.pools.page(1), await unit.participants.page(1)
    if pools.items or participants.items:
        problem = (
            "holds pools or participants already, perhaps of one that was interrupted; a simulated "
            "month wants a database of its own: another --data-dir, or delete this one"
        )
        raise InvalidDataError(database.name, problem)


def _table(simulated: Simulated, plan: MonthPlan) -> Table:
    table = Table(title=f"{plan.month.name} on simulated time, seed {plan.seed}")
    for name in ("participant", "symbol"):
        table.add_column(name)
    for name in ("realised", "fees", "funding", "position"):
        table.add_column(name, justify="right")
    for row in sorted(simulated.standings, key=lambda each: (each.participant_id, each.symbol)):
        money = (row.realised, row.fees, row.funding)
        table.add_row(
            row.participant_id,
            row.symbol,
            *(f"{amount:,.2f}" for amount in money),
            f"{row.position:f}",
        )
    return table
