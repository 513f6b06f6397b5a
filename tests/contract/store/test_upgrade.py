"""From the first version of the tables to the newest, with rows in them."""

import pytest
from alembic import command
from sqlalchemy import Connection, insert, inspect, update

from market_maker.accounting.ledger_check import check_ledger
from market_maker.clocks import WallClock
from market_maker.journaling.bookkeeper import is_complete, post_stored
from market_maker.model.errors import SchemaError
from market_maker.model.records import FillRecord
from market_maker.storage import schema
from market_maker.storage.database import Database
from market_maker.storage.schema import SchemaState, upgrade_schema
from market_maker.storage.session import values_of
from market_maker.storage.store import DatabaseStore
from market_maker.storage.tables import fills, orders, participants
from tests.builders import fill, order, participant
from tests.contract.store.test_schema import clear

pytestmark = pytest.mark.anyio


def first_version(connection: Connection) -> None:
    command.upgrade(schema._config(connection), "0001")


def _as_of_old(report: FillRecord) -> dict[str, object]:
    """Without the columns that came later."""
    later = {"fee_token", "fee_token_amount"}
    return {name: value for name, value in values_of(report).items() if name not in later}


async def test_fills_of_the_first_version_are_in_the_ledger_after_an_upgrade(
    database: Database,
) -> None:
    await clear(database)
    old = [fill(number) for number in range(1, 8)]
    async with database.writer.begin() as connection:
        await connection.run_sync(first_version)
        await connection.execute(insert(participants), values_of(participant()))
        await connection.execute(insert(orders), values_of(order()))
        await connection.execute(insert(fills), [_as_of_old(each) for each in old])
    before, after = await upgrade_schema(database)
    assert (before.standing, before.found) == (SchemaState.OLDER, "0001")
    assert after.standing is SchemaState.CURRENT
    store = DatabaseStore(database)
    async with store.reading() as unit:
        assert [each.fill for each in await unit.fills.stored(0, 9)] == old
    assert not await is_complete(store)
    assert await post_stored(store, WallClock(), lambda *_: None) == len(old)
    assert await is_complete(store)
    verdict = await check_ledger(store, None, lambda *_: None)
    assert (verdict.entries, verdict.count) == (len(old), 0)


def _indexes_of_orders(connection: Connection) -> set[str | None]:
    return {each["name"] for each in inspect(connection).get_indexes(orders.name)}


async def test_the_index_that_nothing_read_is_gone_after_an_upgrade_and_no_other(
    database: Database,
) -> None:
    await clear(database)
    async with database.writer.begin() as connection:
        await connection.run_sync(first_version)
        before = await connection.run_sync(_indexes_of_orders)
    await upgrade_schema(database)
    async with database.reader.connect() as connection:
        after = await connection.run_sync(_indexes_of_orders)
    assert (before - after, after - before) == ({"ix_mm_orders_venue"}, set())


def second_version(connection: Connection) -> None:
    command.upgrade(schema._config(connection), "0002")


@pytest.mark.thorough
async def test_an_account_of_two_participants_stops_the_upgrade_and_is_named(
    database: Database,
) -> None:
    await clear(database)
    twins = [participant("acme", account_id="same"), participant("beta", account_id="same")]
    async with database.writer.begin() as connection:
        await connection.run_sync(second_version)
        await connection.execute(insert(participants), [values_of(each) for each in twins])
    with pytest.raises(SchemaError, match="acme and beta have one account_id"):
        await upgrade_schema(database)
    async with database.writer.begin() as connection:
        ended = update(participants).where(participants.c.participant_id == "beta")
        await connection.execute(ended.values(status="TERMINATED"))
    _, after = await upgrade_schema(database)
    assert after.standing is SchemaState.CURRENT
