"""`market_maker schemas`: the exchange's topics in the schema registry."""

import asyncio
import os

import typer

from market_maker.model.errors import InvalidFieldError
from market_maker.settings import settings_of
from market_maker.topics.registry import PATIENT_S, SchemaRegistry
from market_maker.topics.schema_files import COMPATIBILITY, PUBLISHED, subject

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Take no options of its own."""


@app.command("register")
def register() -> None:
    """Register the schemas of what the service publishes with SCHEMA_REGISTRY_URL; a part of every
    deployment, before the service starts. Again, it changes nothing."""
    asyncio.run(_register(_registry()))


@app.command("check")
def check() -> None:
    """Say whether the registry would take the schemas of what the service publishes. Ends with an
    error at the first that it would not."""
    asyncio.run(_check(_registry()))


async def _register(registry: SchemaRegistry) -> None:
    for topic in PUBLISHED:
        number = await registry.register(topic)
        typer.echo(f"{subject(topic)}: schema {number}, {COMPATIBILITY}")


async def _check(registry: SchemaRegistry) -> None:
    for topic in PUBLISHED:
        await registry.check(topic)
        typer.echo(f"{subject(topic)}: fits")


def _registry() -> SchemaRegistry:
    url = settings_of(os.environ).schema_registry_url
    if url is None:
        raise InvalidFieldError("SCHEMA_REGISTRY_URL", None, "the registry's address")
    return SchemaRegistry(url, timeout_s=PATIENT_S)
