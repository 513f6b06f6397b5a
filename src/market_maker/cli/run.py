"""`market_maker run`: the maker on Hyperliquid."""

import asyncio
import os
import sys
from typing import Annotated

import typer
import uvloop
from msgspec import Struct
from rich.console import Console

from market_maker.cli.embedded import checked_seconds
from market_maker.cli.end_requests import on_end_request
from market_maker.cli.maker_arguments import MakerArguments, maker_options
from market_maker.cli.maker_view import MakerView
from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidFieldError
from market_maker.standalone.dry_run import WITHIN_S, dry_run
from market_maker.standalone.ending import EXITS, MakerEnd
from market_maker.standalone.log_output import MakerLogger, MakerLogs, logs_of
from market_maker.standalone.maker_parts import RunMode
from market_maker.standalone.opening import dexes_of, http_session
from market_maker.standalone.session import run_session
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.sources import Settled, key_text
from market_maker.standalone.stopping import MakerStop

LAST_LINES = 20
"""Of the log, that stay when the screen is gone."""


@maker_options
def command(
    *,
    given: MakerArguments,
    list_dexs: Annotated[
        bool, typer.Option("--list-dexs", help="List the builders' dexes (HIP-3), and end.")
    ] = False,
    rehearse: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Connect, warm up, print the ladder that would be placed, change nothing.",
        ),
    ] = False,
    paper: Annotated[
        bool,
        typer.Option("--paper", help="Quote the live market with orders that never leave."),
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(help="End by itself so long after it began; of a dry run: wait so long."),
    ] = None,
) -> None:
    """Make a market on Hyperliquid until Ctrl-C or SIGTERM; then every order is cancelled and the
    venue's own list shows that none is left.

    Exit codes: 0 stopped as asked, 1 the venue or the disk failed, 2 something given is wrong,
    3 ORDERS MAY BE OPEN, 4 a part broke, 5 records disagree, 10 to 19 the kill switch (10 loss,
    11 drawdown, 12 position value, 13 stale data, 14 cascade, 15 rate limits, 16 rejects,
    17 exchange halt).
    """
    checked_seconds(seconds)
    settled = given.settle(os.environ)
    if list_dexs:
        asyncio.run(_list_dexs(settled.settings))
        return
    if rehearse and paper:
        raise InvalidFieldError("paper", "given", "without --dry-run")
    mode = RunMode.DRY if rehearse else RunMode.PAPER if paper else RunMode.LIVE
    end = _started(settled, mode, seconds)
    if end is not None and end.code:
        print(f"error: {EXITS[end.code]}: {end.reason}", file=sys.stderr)
        raise typer.Exit(end.code)


def _started(settled: Settled, mode: RunMode, seconds: float | None) -> MakerEnd | None:
    """Run it to its end, on a screen where there is one; None for a dry run."""
    secret = key_text(settled.settings).reveal()
    console = Console()
    on_screen = console.is_terminal and not console.is_dumb_terminal and mode is not RunMode.DRY
    clock = WallClock()
    stream = None if on_screen else sys.stdout
    logs = logs_of(settled.settings, clock, [secret, secret.removeprefix("0x")], stream)
    view = MakerView(console) if on_screen else None
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if mode is RunMode.DRY:
                runner.run(_dry_run(settled, clock, logs, seconds))
                return None
            end = runner.run(_run(settled, clock, logs, seconds, Shown(mode, view)))
    finally:
        logs.close()
    if view is not None:
        print("\n".join(list(view.lines)[-LAST_LINES:]))
    return end


class Shown(Struct, frozen=True):
    """How it runs, and the screen that shows it, where there is one."""

    mode: RunMode
    view: MakerView | None


def _noted(settled: Settled, logs: MakerLogs) -> MakerLogger:
    log = logs.logger()
    for note in settled.notes:
        log.info(note)
    return log


async def _run(
    settled: Settled,
    clock: WallClock,
    logs: MakerLogs,
    seconds: float | None,
    shown: Shown,
) -> MakerEnd:
    view = shown.view
    if view is not None:
        logs.also(view.lines.append, settled.settings.log_level)
    log = _noted(settled, logs)
    stop = MakerStop(log.warning)
    on_end_request(lambda number: stop.ask(number.name))
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, stop.ask, "time is up")
    if view is None:
        return await run_session(settled.settings, clock, log, stop, mode=shown.mode)
    async with asyncio.TaskGroup() as tasks:
        drawing = tasks.create_task(view.run())
        end = await run_session(
            settled.settings, clock, log, stop, mode=shown.mode, beside=view.show
        )
        drawing.cancel()
    return end


async def _dry_run(
    settled: Settled, clock: WallClock, logs: MakerLogs, seconds: float | None
) -> None:
    lines: list[str] = []
    within_s = WITHIN_S if seconds is None else seconds
    await dry_run(settled.settings, clock, _noted(settled, logs), lines.append, within_s)
    logs.close()
    typer.echo("\n".join(lines))


async def _list_dexs(settings: MakerSettings) -> None:
    async with http_session() as http:
        dexes = await dexes_of(settings, http, WallClock())
    typer.echo("Available HIP-3 DEXs:")
    for dex in dexes:
        typer.echo(f"  {dex.name} - {dex.full_name} (deployer: {dex.deployer})")
    typer.echo("Trade on one: market_maker run --asset BTC --dex NAME")
