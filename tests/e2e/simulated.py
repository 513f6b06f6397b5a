"""A simulated month in a database of its own, made once for each kind of database and copied."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

from market_maker.storage.database import database_url, open_database
from market_maker.storage.store import DatabaseStore

COMMAND = str(Path(sys.executable).parent / "market_maker")
LASTS_S = 600


class Place(Struct):
    """Where a service's data are. postgres_url: None on SQLite."""

    data_dir: Path
    postgres_url: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For a process that works on it."""
        given = {"MM_DATA_DIR": str(self.data_dir)}
        return given | ({"POSTGRES_URL": self.postgres_url} if self.postgres_url else {})

    def command(self, *arguments: str) -> subprocess.CompletedProcess:
        """`market_maker` on it, to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=os.environ | self.environment,  # noqa: TID251  for a child
            capture_output=True,
            text=True,
            timeout=LASTS_S,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen:
        """The same, and go on at once."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=os.environ | self.environment,  # noqa: TID251  for a child
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def on_store(self, task):
        """What `task` returns, of the store in this process."""

        async def work():
            database = open_database(database_url(self.postgres_url, self.data_dir))
            try:
                return await task(DatabaseStore(database))
            finally:
                await database.close()

        return asyncio.run(work())

    def asked(self, statement: str):
        """The rows that plain SQL returns."""

        async def work():
            database = open_database(database_url(self.postgres_url, self.data_dir))
            try:
                async with database.reader.connect() as connection:
                    return (await connection.exec_driver_sql(statement)).all()
            finally:
                await database.close()

        return asyncio.run(work())


def new_place(folder: Path, name: str, server=None) -> Place:
    """Empty, with tables. server: PostgreSQL, None for SQLite."""
    (folder / name).mkdir()
    url = asyncio.run(server.create(name)) if server else None
    place = Place(folder / name, url)
    done = place.command("db", "upgrade")
    assert done.returncode == 0, done.stderr
    return place


def copied(place: Place, folder: Path, name: str, server=None) -> Place:
    """Another one with the same data."""
    shutil.copytree(place.data_dir, folder / name)
    if server is None:
        return Place(folder / name)
    template = place.postgres_url.rpartition("/")[2]
    return Place(folder / name, asyncio.run(server.create(name, template)))
