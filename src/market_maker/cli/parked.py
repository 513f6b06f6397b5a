"""`market_maker parked`: messages of the exchange's topics that the service could not read."""

import os
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from market_maker.cli.moments import spoken
from market_maker.cli.plain_errors import one_line
from market_maker.model.errors import InvalidDataError
from market_maker.serving.private_folder import check_used
from market_maker.serving.worker_folders import worker_folders
from market_maker.settings import DATA_DIR, settings_of
from market_maker.venues.exchange.parking import FILE_NAME, ParkedMessage, parked_in

LAST = 20


def command(
    *,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = LAST,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, with the bytes in base64.")
    ] = False,
) -> None:
    """List messages of the exchange's topics that could not be read: when, where in Kafka, whose
    and why. Of every worker; the newest last. A directory on which no service was ever started is
    refused."""
    folder = settings_of(os.environ, data_dir).data_dir
    check_used(folder)
    found = [
        message
        for each in (folder, *worker_folders(folder))
        for message in _parked_in(each / FILE_NAME, last)
    ]
    newest = sorted(found, key=lambda message: message.at)[-last:]
    for message in newest:
        typer.echo(msgspec.json.encode(message).decode() if as_json else _line(message))
    if not as_json:
        typer.echo(f"{len(newest)} shown" if newest else "none is parked")


def _parked_in(path: Path, last: int) -> list[ParkedMessage]:
    if not path.exists():
        return []
    try:
        return parked_in(path, last)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InvalidDataError(str(path), f"cannot be read: {why}") from None


def _line(message: ParkedMessage) -> str:
    place = f"{message.topic} partition {message.partition} offset {message.offset}"
    whose = message.key or "no key"
    # Keys and reasons hold what a stranger wrote.
    said = one_line(f"{whose}  {message.size} bytes: {message.reason}", ())
    return f"{spoken(message.at)}  {place}  {said}"
