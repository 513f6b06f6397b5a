"""One suite, two databases: every test that asks for `store` runs on each of them."""

import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from market_maker.storage.database import (
    Database,
    embedded_url,
    open_database,
    postgresql_url,
)
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore
from tests.servers import PostgreSQL, postgresql
from tests.support.patient_loop import patient

__all__ = ["postgresql"]

TEMPLATE = "migrated"
_numbers = itertools.count(1)


def migrate(url: URL) -> None:
    async def run() -> None:
        database = open_database(url)
        await upgrade_schema(database)
        await database.close()

    patient(run())


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with tables and no rows, to be copied."""
    url = embedded_url(tmp_path_factory.mktemp("migrated"))
    migrate(url)
    assert url.database is not None
    return Path(url.database)


@pytest.fixture(scope="session")
def migrated_server(postgresql: PostgreSQL) -> PostgreSQL:
    """PostgreSQL with a database that has tables and no rows, to be copied."""
    migrate(postgresql_url(patient(postgresql.create(TEMPLATE))))
    return postgresql


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> URL:
    shutil.copy(migrated_file, tmp_path)
    return embedded_url(tmp_path)


@pytest.fixture
def server_url(migrated_server: PostgreSQL) -> Iterator[URL]:
    name = f"test{next(_numbers)}"
    yield postgresql_url(patient(migrated_server.create(name, TEMPLATE)))
    patient(migrated_server.drop(name))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest) -> URL:
    """Of a migrated database of one's own."""
    name = "sqlite_url" if request.param == "sqlite" else "server_url"
    found: URL = request.getfixturevalue(name)
    return found


@pytest.fixture
async def database(url: URL) -> AsyncIterator[Database]:
    opened = open_database(url)
    yield opened
    await opened.close()


@pytest.fixture
async def server(server_url: URL) -> AsyncIterator[Database]:
    """For what only PostgreSQL can show; its tests are slow ones."""
    opened = open_database(server_url)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> DatabaseStore:
    return DatabaseStore(database)
