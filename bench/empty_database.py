"""An empty PostgreSQL database: the one that POSTGRES_URL names, or of a server that is started
with the fixture of the tests."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def empty_postgresql(name: str, *, durable: bool = False) -> Iterator[str]:
    """Its address. name: of the database that is made. durable: with fsync, and a log that was
    filled before."""
    given = os.environ.get("POSTGRES_URL")
    if given:
        yield given
        return
    try:
        from tests import servers  # noqa: PLC0415  of the tests
    except ImportError:
        sys.exit("error: POSTGRES_URL: missing; an empty database, or run this with .venv's Python")
    settings = servers.DURABLE if durable else servers.SETTINGS
    with servers.running_postgresql(servers.need_postgresql(), settings) as server:
        if durable:
            asyncio.run(server.wear_in())
        yield asyncio.run(server.create(name))
