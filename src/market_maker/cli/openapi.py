"""`market_maker openapi`: the REST API's description, as `/openapi.json` serves it."""

import msgspec
import typer

from market_maker.api.openapi import describe
from market_maker.api.table import ROUTES


def command() -> None:
    """Print the OpenAPI description of the REST API."""
    document = msgspec.json.encode(describe(ROUTES))
    typer.echo(msgspec.json.format(document, indent=1).decode())
