"""`market_maker generate-config`: a configuration file that documents every option."""

import os
from pathlib import Path
from typing import Annotated

import typer

from market_maker.model.errors import InvalidDataError
from market_maker.standalone.sample_file import sample_file
from market_maker.standalone.settings import CONFIG_NAME

MODE = 0o600
"""It may come to hold a key."""


def command(
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", "-c", "--config", help="Where to write it; - prints.")
    ] = CONFIG_NAME,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a configuration file of the Hyperliquid maker with every option, its meaning and its
    default. A file that is there stays as it is without --force."""
    if str(output) == "-":
        typer.echo(sample_file(), nl=False)
        return
    how = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        handle = os.open(output, how, MODE)
    except FileExistsError:
        raise InvalidDataError(str(output), "is there already; --force replaces it") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(sample_file())
    typer.echo(f"Sample config written to: {output}")
