"""A user of PostgreSQL who may not do everything is refused at the start, by what is missing."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from market_maker.model.errors import InvalidDataError, StoreUnavailableError
from market_maker.storage import rights
from market_maker.storage.database import Database, open_database
from market_maker.storage.every_table import EVERY_TABLE
from market_maker.storage.rights import DELETED, ONLY_ADDED, check_rights
from market_maker.storage.schema import check_schema
from market_maker.storage.store import DatabaseStore
from tests.builders import enroll

pytestmark = pytest.mark.anyio

WEAK = "weak"
CHANGED = re.compile(r"\b(update|delete)\(([a-z_]+)\)")
MAY = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO weak"
MAY_NUMBER = "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO weak"


@pytest.fixture
async def weak(server: Database):
    """The same database as a user who may connect and nothing else."""
    await told(
        server,
        "DO $$ BEGIN CREATE ROLE weak LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    )
    opened = open_database(server.writer.url.set(username=WEAK))
    yield opened
    await opened.close()


async def told(server: Database, *statements: str) -> None:
    async with server.writer.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def problem_of(database: Database) -> str:
    with pytest.raises(InvalidDataError) as refused:
        await check_rights(database)
    return str(refused.value)


async def test_in_a_file_everything_may_be_done(database: Database) -> None:
    await check_rights(database)


@pytest.mark.slow
async def test_without_any_right_the_schema_cannot_be_read(weak: Database) -> None:
    with pytest.raises(StoreUnavailableError, match="permission denied for table alembic_version"):
        await check_schema(weak)


@pytest.mark.slow
async def test_a_user_who_may_only_read_is_refused_with_what_is_missing(
    server: Database, weak: Database
) -> None:
    await told(server, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO weak")
    problem = await problem_of(weak)
    assert problem.startswith(f"{weak.name}: its user may not INSERT ")
    assert problem.endswith(" more: GRANT it")


@pytest.mark.slow
async def test_what_is_granted_is_enough_and_each_right_that_goes_is_named(
    server: Database, weak: Database
) -> None:
    await told(server, MAY, "REVOKE UPDATE, DELETE ON audit_log FROM weak")
    assert "USAGE mm_orders_id_seq" in await problem_of(weak)
    await told(server, MAY_NUMBER)
    await check_rights(weak)
    for right, table in (("DELETE", "mm_workers"), ("UPDATE", "mm_orders"), ("SELECT", "outbox")):
        await told(server, f"REVOKE {right} ON {table} FROM weak")
        assert await problem_of(weak) == (
            f"{weak.name}: its user may not {right} {table}: GRANT it"
        )
        await told(server, f"GRANT {right} ON {table} TO weak")


@pytest.mark.slow
async def test_a_right_that_is_taken_away_later_is_the_database_away(weak: Database) -> None:
    with pytest.raises(StoreUnavailableError, match="permission denied"):
        async with DatabaseStore(weak).transaction() as unit:
            await enroll(unit)


def test_what_is_never_changed_and_what_goes_is_what_the_statements_do() -> None:
    named = {variable for each in Path(rights.__file__).parent.glob("*.py")
             for variable in CHANGED.findall(each.read_text("utf-8"))}  # fmt: skip
    names = {table.name.removeprefix("mm_"): table for table in EVERY_TABLE.sorted_tables}
    changed = {names[name] for how, name in named if how == "update" and name in names}
    assert not changed & ONLY_ADDED
    assert {names[name] for how, name in named if how == "delete" and name in names} == DELETED
