"""`market_maker revoke`: tokens that the service on this machine refuses from now on."""

import os
from pathlib import Path
from typing import Annotated

import typer
from msgspec import structs

from market_maker.api.revocations import EVERYBODY, FILE_NAME, read_revoked, write_revoked
from market_maker.cli.moments import moment, spoken
from market_maker.clocks import TimeOfDay
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.private_folder import check_used, private_folder
from market_maker.settings import DATA_DIR, settings_of


def command(
    *,
    token_id: Annotated[str, typer.Option("--id", help="Of one token: its jti.")] = "",
    subject: Annotated[str, typer.Option(help="All of one person's, until --before.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="All tokens, until --before.")] = False,
    before: Annotated[
        str | None, typer.Option(help="Issued before this moment, as 2026-11-28T12:00:00Z; now.")
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"Of the service; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
) -> None:
    """Have the service refuse a token by its id, or all tokens of a subject, or all of all
    subjects, that were issued before a moment. In force with the next request, without a restart;
    new tokens work from the next second on. A directory on which no service was ever started is
    refused."""
    if [bool(token_id), bool(subject), everybody].count(True) != 1:
        raise InvalidFieldError("revoke", None, "one of --id, --subject, --all")
    folder = settings_of(os.environ, data_dir).data_dir
    check_used(folder)
    private_folder(folder)
    path = folder / FILE_NAME
    revoked = read_revoked(path)
    if token_id:
        write_revoked(path, structs.replace(revoked, ids=(*revoked.ids, token_id)))
        typer.echo(f"token {token_id!r} is refused from now on")
        return
    # Tokens are dated to the second: one of this very second is refused, too.
    limit = moment("--before", before) if before else TimeOfDay().now() + 1
    second = -(-limit // NANOS_PER_SECOND)
    whose = EVERYBODY if everybody else subject
    latest = max(second, revoked.before.get(whose, 0))
    write_revoked(path, structs.replace(revoked, before=revoked.before | {whose: latest}))
    name, since = "everybody" if everybody else repr(subject), Nanos(latest * NANOS_PER_SECOND)
    typer.echo(f"tokens of {name} issued before {spoken(since)} are refused from now on")
