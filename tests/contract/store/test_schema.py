import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect, text

from market_maker.model.errors import SchemaError, StoreUnavailableError
from market_maker.storage import schema
from market_maker.storage.database import Database, open_database
from market_maker.storage.every_table import EVERY_TABLE
from market_maker.storage.migrations import versions
from market_maker.storage.schema import (
    SchemaState,
    check_schema,
    known_versions,
    read_schema,
    upgrade_schema,
)

pytestmark = pytest.mark.anyio


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, EVERY_TABLE))


async def run(database: Database, *statements: str) -> None:
    async with database.writer.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def clear(database: Database) -> None:
    """Back to an empty database."""
    if database.writer.dialect.name == "postgresql":
        await run(database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        return
    async with database.writer.begin() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_sorted_table_and_fkc_names())
        for name in reversed([name for name, _ in names if name]):
            await connection.execute(text(f'DROP TABLE "{name}"'))


async def test_the_migrations_make_exactly_the_tables_that_the_code_declares(
    database: Database,
) -> None:
    async with database.reader.connect() as connection:
        assert await connection.run_sync(differences) == []
    await run(database, "ALTER TABLE outbox ADD COLUMN more BIGINT", "DROP INDEX ix_outbox_waiting")
    async with database.reader.connect() as connection:
        assert len(await connection.run_sync(differences)) == 2


async def test_upgrading_twice_changes_nothing(database: Database) -> None:
    before, after = await upgrade_schema(database)
    assert before.standing is after.standing is SchemaState.CURRENT
    assert await check_schema(database) == after


async def test_an_empty_database_is_refused_with_the_command_that_fills_it(
    database: Database,
) -> None:
    await clear(database)
    with pytest.raises(SchemaError, match=r"is missing, .* run `market_maker db upgrade`"):
        await check_schema(database)
    before, after = await upgrade_schema(database)
    assert (before.standing, before.found) == (SchemaState.EMPTY, "")
    assert after.standing is SchemaState.CURRENT
    async with database.reader.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_newer_schema_is_refused_and_left_alone(database: Database) -> None:
    await run(database, "UPDATE alembic_version SET version_num = '9999'")
    for asked in (check_schema, upgrade_schema):
        with pytest.raises(SchemaError, match="is 9999, newer than this program"):
            await asked(database)
    assert (await read_schema(database)).found == "9999"


async def test_an_upgrade_that_fails_leaves_nothing_behind(database: Database) -> None:
    await clear(database)
    # The last table of the migration is in the way.
    await run(database, "CREATE TABLE idempotency_keys (x BIGINT)")
    with pytest.raises(Exception, match="idempotency_keys"):
        await upgrade_schema(database)
    async with database.reader.connect() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    assert names == ["idempotency_keys"]


VENUE_INDEX = "CREATE INDEX ix_mm_orders_venue ON mm_orders (venue_order_id)"


@pytest.mark.parametrize("index", [[VENUE_INDEX], []], ids=["there", "taken away by hand"])
async def test_of_a_version_before_an_index_less_is_made(
    database: Database, index: list[str]
) -> None:
    await run(database, "UPDATE alembic_version SET version_num = '0007'", *index)
    before, after = await upgrade_schema(database)
    assert (before.found, after.standing) == ("0007", SchemaState.CURRENT)
    async with database.reader.connect() as connection:
        assert await connection.run_sync(differences) == []


@pytest.mark.slow
async def test_an_upgrade_does_not_hold_up_who_uses_the_tables(
    server_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that runs, or a transaction that was forgotten: behind the upgrade, which waited for
    it without end, no one could read the table any more."""
    database = open_database(server_url)
    monkeypatch.setattr(schema, "LOCKED_MAX_MS", 100)
    await run(database, "UPDATE alembic_version SET version_num = '0007'", VENUE_INDEX)
    async with database.reader.connect() as reading:
        await reading.execute(text("SELECT 1 FROM mm_orders"))
        with pytest.raises(StoreUnavailableError, match="in use, nothing was changed"):
            await upgrade_schema(database)
        async with database.reader.connect() as other:
            await other.execute(text("SELECT 1 FROM mm_orders"))
    _, after = await upgrade_schema(database)
    assert after.standing is SchemaState.CURRENT
    await database.close()


async def test_two_upgrades_at_once_take_turns(url: URL) -> None:
    first, second = open_database(url), open_database(url)
    await clear(first)
    (before_1, _), (before_2, _) = await asyncio.gather(
        upgrade_schema(first), upgrade_schema(second)
    )
    assert {before_1.standing, before_2.standing} == {SchemaState.EMPTY, SchemaState.CURRENT}
    await first.close()
    await second.close()


def test_the_revisions_are_one_line_of_descent() -> None:
    names = sorted(path.stem for path in Path(versions.__file__).parent.glob("v*.py"))
    assert [name[1:5] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]


def test_the_versions_are_those_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", "market_maker.storage:migrations")
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert known_versions() == tuple(each.revision for each in script.walk_revisions())[::-1]
    assert script.get_current_head() == known_versions()[-1]


@pytest.mark.thorough
def test_who_reads_a_version_does_not_load_alembic() -> None:
    reading = "import sys, market_maker.serving.life; print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", reading], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
