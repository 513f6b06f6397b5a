"""`market_maker statement`: what a settlement was made from, on the screen or in a file."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from market_maker.accounting.statements import Form
from market_maker.cli.settle import DataDir
from market_maker.cli.table_console import table_console
from market_maker.documents import writing
from market_maker.model.errors import InvalidFieldError
from market_maker.model.money import SettlementRecord
from market_maker.model.units import ParticipantId
from market_maker.serving.settlement_desk import SettlementDesk, money_desk
from market_maker.settings import Settings, settings_of
from market_maker.settlement.statement import steps

WHICH = "a settlement's id, or --month with --participant"


def command(
    settlement_id: Annotated[
        str | None, typer.Argument(help="Of the settlement; or say --month and --participant.")
    ] = None,
    *,
    month: Annotated[str | None, typer.Option(help="Of the participant's settlement.")] = None,
    participant: Annotated[str | None, typer.Option(help="Whose settlement.")] = None,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it there as a page.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it there as a table.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Show the steps from a participant's entries to the amount; with --html or --csv write the
    whole statement, with every entry. Files are there as a whole or not at all."""
    settings = settings_of(os.environ, data_dir)
    wanted = _wanted(settlement_id, month, participant)
    files = {form: path for form, path in ((Form.HTML, html), (Form.CSV, csv)) if path is not None}
    record = asyncio.run(_written(settings, wanted, files))
    table_console().print(_table(record))
    for path in files.values():
        typer.echo(f"wrote {path}")


def _wanted(
    settlement_id: str | None, month: str | None, participant: str | None
) -> str | tuple[ParticipantId, str]:
    if settlement_id is not None and month is None and participant is None:
        return settlement_id
    if settlement_id is None and month is not None and participant is not None:
        return ParticipantId(participant), month
    shown = ", ".join(text for text in (settlement_id, month, participant) if text) or None
    raise InvalidFieldError("settlement", shown, WHICH)


async def _written(
    settings: Settings, wanted: str | tuple[ParticipantId, str], files: dict[Form, Path]
) -> SettlementRecord:
    async with money_desk(settings, reads_only=True) as desk:
        if isinstance(wanted, str):
            record = (await desk.settlements.get(wanted)).record
        else:
            record = await desk.statements.find(*wanted)
        for form, path in files.items():
            await _write(desk, record, form, path)
    return record


async def _write(desk: SettlementDesk, record: SettlementRecord, form: Form, path: Path) -> None:
    """Beside the file first: a statement that breaks off is none."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with writing(path), beside.open("x", encoding="utf-8", newline="") as file:
            written = await desk.statements.write(record.settlement_id, form)
            async for part in written.parts:
                file.write(part)
        with writing(path):
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _table(record: SettlementRecord) -> Table:
    title = f"{record.settlement_id}, {record.status}"
    table = Table("step", "rule", title=title, title_justify="left")
    table.add_column("USDT", justify="right")
    for step in steps(record):
        table.add_row(step.name, step.rule, f"{step.amount:f}")
    return table
