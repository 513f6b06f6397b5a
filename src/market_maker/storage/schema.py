"""Which version the tables have, and bringing them to ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from msgspec import Struct
from sqlalchemy import Connection, text

from market_maker.model.errors import InvalidDataError, SchemaError, StoreUnavailableError
from market_maker.storage.database import Database
from market_maker.storage.failures import is_damaged, translated
from market_maker.storage.types import POSTGRESQL

UPGRADE_COMMAND = "market_maker db upgrade"
DAMAGED = (
    "is damaged, or no database: nothing was changed; put it aside with its -wal and -shm files, "
    "and restore a backup"
)
UPGRADE_LOCK = 0x6D6D_0001
"""PostgreSQL advisory lock: two upgrades at once take turns."""


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
        return Schema(SchemaState.EMPTY, "", _wanted(_script()))
    with _whole(database), translated():
        async with database.reader.connect() as connection:
            return await connection.run_sync(_read)


async def check_schema(database: Database) -> Schema:
    """Raise SchemaError, with the command to run, unless the tables are ours."""
    schema = await read_schema(database)
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
        if not is_damaged(error):
            raise
        raise InvalidDataError(database.name, DAMAGED) from None


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("market_maker.storage") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _wanted(script: ScriptDirectory) -> str:
    head = script.get_current_head()
    assert head is not None
    return head


def _read(connection: Connection) -> Schema:
    script = _script()
    wanted = _wanted(script)
    heads = MigrationContext.configure(connection).get_current_heads()
    found = ",".join(heads)
    if found == wanted:
        standing = SchemaState.CURRENT
    elif found:
        known = {version.revision for version in script.walk_revisions()}
        standing = SchemaState.OLDER if known.issuperset(heads) else SchemaState.NEWER
    else:
        standing = SchemaState.EMPTY
    return Schema(standing, found, wanted)
