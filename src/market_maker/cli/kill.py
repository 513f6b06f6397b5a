"""`market_maker kill`: halt engines over the control socket, whatever has become of HTTP."""

import os
from pathlib import Path
from typing import Annotated

import typer

from market_maker.model.errors import InvalidDataError
from market_maker.serving.control_wire import ControlAnswer, ControlRequest, ask
from market_maker.settings import DATA_DIR, settings_of

EXIT_OPEN = 1


def command(
    *,
    symbol: Annotated[str, typer.Option(help="One pool; all without it.")] = "",
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")] = "",
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
) -> None:
    """Every engine HALTED and every order cancelled, at once. Works without a token, when HTTP is
    exhausted, when the auth service is away and when the database is locked. Exits with 1 where
    orders may still be open."""
    folder = settings_of(os.environ, data_dir).data_dir
    answer = ask(folder, ControlRequest(command="kill", symbol=symbol, reason=reason))
    if answer.error:
        raise InvalidDataError(f"the service on {folder}", answer.error)
    for line in told(answer):
        typer.echo(line)
    if any(pool.unconfirmed or pool.error for pool in answer.pools):
        raise typer.Exit(EXIT_OPEN)


def told(answer: ControlAnswer) -> list[str]:
    """What it did, line by line."""
    lines = []
    for pool in answer.pools:
        proof = "NOT PROVED: orders may be open" if pool.unconfirmed else "nothing is open"
        error = f"; {pool.error}" if pool.error else ""
        lines.append(f"{pool.symbol}  {pool.state}  {pool.cancelled} cancelled, {proof}{error}")
    if not lines:
        lines.append("no engine runs: nothing to halt")
    if not answer.recorded:
        lines.append("not in the audit log yet: the database does not answer")
    return lines
