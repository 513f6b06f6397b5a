"""`market_maker token`: a bearer token for development, signed with a key of this machine."""

import uuid
from pathlib import Path
from typing import Annotated

import typer

from market_maker.api.bearer import Grant, signed
from market_maker.api.keys import development_key
from market_maker.clocks import TimeOfDay
from market_maker.model.caller import Role
from market_maker.serving.private_folder import check_used, private_folder
from market_maker.settings import DATA_DIR

LIFE_S = 900


def command(
    role: Annotated[list[Role], typer.Option(help="What it may do; give it again for more.")],
    subject: Annotated[str, typer.Option(help="Who carries it.")] = "developer",
    ttl: Annotated[int, typer.Option(help="Seconds that it lives, at most 900.")] = LIFE_S,
    data_dir: Annotated[
        Path,
        typer.Option(
            envvar="MM_DATA_DIR", help="Where the service keeps its data, and this its key."
        ),
    ] = DATA_DIR,
) -> None:
    """Print a token that a service on the same data directory accepts. A directory on which no
    service was ever started is refused."""
    check_used(data_dir)
    private_folder(data_dir)
    grant = Grant(subject=subject, roles=tuple(role), life=ttl, token_id=uuid.uuid4().hex)
    typer.echo(signed(grant, development_key(data_dir), TimeOfDay().now()))
