"""`market_maker status`: what the account has at the venue."""

import asyncio
import os
import sys
from typing import Annotated

import msgspec
import typer

from market_maker.cli.maker_arguments import MakerArguments, maker_options
from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidDataError
from market_maker.standalone.account_report import account_report, report_lines
from market_maker.standalone.opening import (
    http_session,
    market_of,
    network_name,
    open_maker_session,
    state_folder,
)
from market_maker.standalone.session_store import running_makers
from market_maker.standalone.settings import MakerSettings
from market_maker.venues.hyperliquid.own_orders import Sweeping, cancel_own

EXIT_OPEN = 1


@maker_options
def command(
    *,
    given: MakerArguments,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    cancel_orphans: Annotated[
        bool,
        typer.Option(
            "--cancel-orphans", help="Cancel orders that this program sent and left on the book."
        ),
    ] = False,
) -> None:
    """Print the account's position, balance, open orders, available margin and leverage, dex by
    dex. The key of an agent shows the account that it acts for."""
    settled = given.settle(os.environ)
    for note in settled.notes:
        _note(note)
    clean = asyncio.run(_status(settled.settings, as_json=as_json, cancel=cancel_orphans))
    if not clean:
        raise typer.Exit(EXIT_OPEN)


async def _status(settings: MakerSettings, *, as_json: bool, cancel: bool) -> bool:
    """Whether no orphan is left of those that were to be cancelled."""
    clock = WallClock()
    if not as_json:
        print(f"Connecting to {network_name(settings).capitalize()}...", file=sys.stderr)
    async with http_session() as http:
        session = await open_maker_session(settings, http, clock, everywhere=True, say=_note)
        opened = market_of(settings, session)
        swept = None
        if cancel:
            _check_alone(settings, session.account_id)
            swept = await cancel_own(session.connection, session.universe, session.trader)
        report = await account_report(settings, opened)
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        typer.echo("\n".join(report_lines(report)))
    if swept is not None:
        print(_told(swept), file=sys.stderr)
    return swept is None or not swept.left


def _note(line: str) -> None:
    print(f"note: {line}", file=sys.stderr)


def _check_alone(settings: MakerSettings, account: str) -> None:
    """Raises InvalidDataError while a maker runs: its orders are no orphans."""
    running = running_makers(state_folder(settings), network_name(settings), account)
    if running:
        problem = f"a maker runs here ({', '.join(running)}): stop it first"
        raise InvalidDataError("--cancel-orphans", problem)


def _told(swept: Sweeping) -> str:
    left = f", {len(swept.left)} STILL OPEN" if swept.left else ""
    foreign = f", {len(swept.foreign)} of others left alone" if swept.foreign else ""
    return f"Cancelled {len(swept.cancelled)} orders of this program{left}{foreign}"
