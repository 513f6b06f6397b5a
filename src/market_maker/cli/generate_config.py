"""`market_maker generate-config`: a configuration file that documents every option."""

from pathlib import Path
from typing import Annotated

import typer

from market_maker.cli.report_file import write_report
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
    if output.exists() and not force:
        raise InvalidDataError(str(output), "is there already; --force replaces it")
    write_report(output, sample_file(), MODE)
    typer.echo(f"Sample config written to: {output}")
