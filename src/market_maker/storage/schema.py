"""Which version the tables have, and bringing them to ours.

alembic is loaded for an upgrade only: every start reads the version, and loading it takes a quarter
of a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.resources import files
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import Connection, inspect, text

from market_maker.model.errors import InvalidDataError, SchemaError, StoreUnavailableError
from market_maker.storage.database import Database
from market_maker.storage.failures import is_damaged, translated
from market_maker.storage.types import POSTGRESQL

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = "market_maker.storage"
NOTED = "alembic_version"
"""alembic's own table: its one row is the version of the others."""
UPGRADE_COMMAND = "market_maker db upgrade"
MISSING = (
    "name the service's directory with --data-dir or MM_DATA_DIR, or, to make a new one, "
    f"run `{UPGRADE_COMMAND}`"
)
DAMAGED = (
    "is damaged, or no database: nothing was changed; put it aside with its -wal and -shm files, "
    "and restore a backup"
)
UPGRADE_LOCK = 0x6D6D_0001
"""PostgreSQL advisory lock: two upgrades at once take turns."""


LOCKED_MAX_MS = 5_000
"""How long an upgrade waits for a table that another session uses: behind it waits all else that
uses that table, and goes on to where the upgrade was killed meanwhile."""
_LOCKED = "55P03"
IN_USE = (
    "its tables are in use, nothing was changed: stop the service and what else has them open "
    "(pg_stat_activity names it), and run the command again"
)


class SchemaState(StrEnum):
    """How the tables stand to this program."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


class Schema(Struct, frozen=True):
    """found: the version of the tables, empty when there are none; wanted: this program's."""

    standing: SchemaState
    found: str
    wanted: str


async def read_schema(database: Database) -> Schema:
    """The state of the database; reading it makes no file. Raises StoreUnavailableError, and
    InvalidDataError for a file that is broken or no database."""
    if database.is_missing:
        return Schema(SchemaState.EMPTY, "", known_versions()[-1])
    with _whole(database), translated():
        async with database.reader.connect() as connection:
            return await connection.run_sync(_read)


async def check_schema(database: Database) -> Schema:
    """Raise SchemaError, with the command to run, unless the tables are ours."""
    schema = await read_schema(database)
    if database.is_missing:
        raise SchemaError(f"there is no database {database.name}: {MISSING}")
    if schema.standing is SchemaState.NEWER:
        raise SchemaError(
            f"the schema of {database.name} is {schema.found}, newer than this program, which "
            f"knows {schema.wanted}: install the version of market_maker that upgraded it"
        )
    if schema.standing is not SchemaState.CURRENT:
        found = schema.found or "missing"
        raise SchemaError(
            f"the schema of {database.name} is {found}, this program needs {schema.wanted}: "
            f"run `{UPGRADE_COMMAND}`"
        )
    return schema


async def upgrade_schema(database: Database) -> tuple[Schema, Schema]:
    """Bring the tables to this program's version, all or nothing; returns the versions
    before and after. Raises SchemaError if they are newer, and as `read_schema`."""
    with _whole(database), translated():
        async with database.writer.begin() as connection:
            if database.writer.dialect.name == POSTGRESQL:
                await connection.execute(text("SET LOCAL statement_timeout = 0"))
                lock = text("SELECT pg_advisory_xact_lock(:key)")
                await connection.execute(lock, {"key": UPGRADE_LOCK})
                await connection.execute(text(f"SET LOCAL lock_timeout = {LOCKED_MAX_MS}"))
            before = await connection.run_sync(_read)
            if before.standing in {SchemaState.EMPTY, SchemaState.OLDER}:
                await connection.run_sync(_upgrade)
            after = await connection.run_sync(_read)
    if after.standing is SchemaState.NEWER:
        await check_schema(database)
    return before, after


@contextmanager
def _whole(database: Database) -> Iterator[None]:
    try:
        yield
    except StoreUnavailableError as error:
        if getattr(getattr(error.__cause__, "orig", None), "sqlstate", "") == _LOCKED:
            raise StoreUnavailableError(f"{database.name}: {IN_USE}") from None
        if not is_damaged(error):
            raise
        raise InvalidDataError(database.name, DAMAGED) from None


def known_versions() -> tuple[str, ...]:
    """All that there have been, the oldest first, from the names of the files that make them."""
    folder = files(MIGRATIONS) / "migrations" / "versions"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".py"))
    return tuple(name[1:5] for name in names if name.startswith("v"))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  as it says above

    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files(MIGRATIONS) / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _read(connection: Connection) -> Schema:
    known = known_versions()
    found = _found(connection)
    if not found:
        standing = SchemaState.EMPTY
    elif found == [known[-1]]:
        standing = SchemaState.CURRENT
    else:
        standing = SchemaState.OLDER if set(found) <= set(known) else SchemaState.NEWER
    return Schema(standing, ",".join(found), known[-1])


def _found(connection: Connection) -> list[str]:
    """What alembic has noted in the database, sorted."""
    if not inspect(connection).has_table(NOTED):
        return []
    return sorted(connection.execute(text(f"SELECT version_num FROM {NOTED}")).scalars())  # noqa: S608
