"""`market_maker settle`: close a month, or show what closing it would come to."""

import asyncio
import getpass
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from market_maker.accounting.views import Closed
from market_maker.cli.progress import shown
from market_maker.cli.table_console import table_console
from market_maker.model.calendar import month_named
from market_maker.model.caller import Caller, Role
from market_maker.model.exact import plain
from market_maker.model.money import Direction, SettlementRecord
from market_maker.model.units import ParticipantId
from market_maker.serving.settlement_desk import money_desk
from market_maker.settings import DATA_DIR, Settings, settings_of

WHO_PAYS = {
    Direction.PARTICIPANT_TO_PLATFORM: "participant pays",
    Direction.PLATFORM_TO_PARTICIPANT: "platform pays",
    Direction.NONE: "no payment",
}

ID_WIDTH_MIN = 24

DataDir = Annotated[
    Path | None,
    typer.Option(
        file_okay=False,
        help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}. Not used with POSTGRES_URL.",
    ),
]


def command(
    *,
    month: Annotated[str, typer.Option(help="Which one, as 2026-10; it has to be over.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be made, and write nothing.")
    ] = False,
    participant: Annotated[
        str | None, typer.Option(help="Show this one only; with --dry-run.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make one PENDING settlement for each participant of a month, on the service's database; it
    may run meanwhile. Records that exist stay as they are, so it can be said again at any time,
    and by several at once. With --dry-run the month may still be under way."""
    month = month_named(month).name
    settings = settings_of(os.environ, data_dir)
    whose = None if participant is None else ParticipantId(participant)
    with shown(f"Settling {month}") as progress:
        closed = asyncio.run(_close(settings, (month, dry_run, whose), progress))
    table_console().print(_table(closed))
    for fee in closed.not_counted:
        typer.echo(f"NOT counted in {fee.settlement_id}: fees of {plain(fee.amount)} {fee.token}")
    typer.echo(_summary(closed))


async def _close(
    settings: Settings,
    wanted: tuple[str, bool, ParticipantId | None],
    progress: Callable[[int, int], None],
) -> Closed:
    month, dry_run, whose = wanted
    async with money_desk(settings) as desk:
        return await desk.settlements.close(
            caller(), month, dry_run=dry_run, participant_id=whose, progress=progress
        )


def caller() -> Caller:
    """The user of this computer, by login name."""
    return Caller(f"cli:{getpass.getuser()}", (Role.ADMIN,), "")


def _table(closed: Closed) -> Table:
    table = Table(title=f"Settlements of {closed.month}", title_justify="left")
    table.add_column("settlement", overflow="fold", min_width=ID_WIDTH_MIN)
    table.add_column("status")
    for name in ("gross", "carried in", "platform", "payout", "carried out", "amount"):
        table.add_column(name, justify="right")
    table.add_column("who pays")
    for record in closed.records:
        table.add_row(record.settlement_id, record.status, *_amounts(record), _who(record))
    return table


def _amounts(record: SettlementRecord) -> Sequence[str]:
    amounts = (
        record.gross_pnl_usdt,
        record.carry_in_usdt,
        record.platform_amount_usdt,
        record.net_payout_usdt,
        record.carry_out_usdt,
        record.amount_usdt,
    )
    return [f"{amount:,.2f}" for amount in amounts]


def _who(record: SettlementRecord) -> str:
    return WHO_PAYS[record.direction]


def _summary(closed: Closed) -> str:
    """One line, for people and for scripts."""
    many = f"{len(closed.records)} settlements of {closed.month}"
    if closed.dry_run:
        return f"{many} as of ledger entry {closed.watermark}; dry run: nothing was written"
    return f"{many} up to ledger entry {closed.watermark}, {len(closed.created)} of them new"
