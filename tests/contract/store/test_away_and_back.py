"""What only a server can do to a store: be away, break off, only read, and let two wait for each
other."""

import asyncio
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.event import listens_for
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from market_maker.model.errors import StoreUnavailableError
from market_maker.ports import Unit
from market_maker.storage.database import CONNECTIONS, Database, open_database, postgresql_url
from market_maker.storage.kept_connections import KeptConnections
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, enroll, event, participant, pool, state
from tests.servers import SWITCH, free_port, need_postgresql, running_postgresql

pytestmark = pytest.mark.anyio

HUNG_UP = 200

HANG_UP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    url = f"postgresql://nobody:secret@127.0.0.1:{free_port()}/none"
    database = open_database(postgresql_url(url))
    assert "secret" not in database.name
    with pytest.raises(StoreUnavailableError) as refused:
        async with DatabaseStore(database).transaction() as unit:
            await unit.states.add(state())
    assert "secret" not in str(refused.value)
    await database.close()


@pytest.mark.slow
async def test_a_connection_that_breaks_in_a_transaction_fails_it_and_no_other(
    server: Database,
) -> None:
    store = DatabaseStore(server)
    terminate = text(HANG_UP)

    async def hang_up() -> None:
        async with server.writer.begin() as connection:
            await connection.execute(terminate)

    async def fail() -> None:
        async with store.transaction() as unit:
            await enroll(unit)
            await hang_up()
            await unit.pools.add(pool(), NOW)

    with pytest.raises(StoreUnavailableError):
        await fail()
    for _ in range(2):
        async with store.reading() as unit:
            assert await unit.participants.get(ACME) is None
    await hang_up()  # on those that lie idle
    await all_heard_of(server.writing)
    async with store.transaction() as unit:
        await enroll(unit)


@pytest.mark.slow
async def test_a_connection_that_breaks_before_it_is_given_back_is_the_database_away(
    server: Database,
) -> None:
    """Its end undoes what was not committed: a question too, which finds no one."""
    store = DatabaseStore(server)

    async def broken_at_the_end() -> None:
        async with store.reading() as unit:
            assert await unit.participants.get(ACME) is None
            async with server.committer.begin() as connection:
                await connection.execute(text(HANG_UP))

    for _ in range(2 * CONNECTIONS):
        with pytest.raises(StoreUnavailableError):
            await broken_at_the_end()
    # None of them is kept from who comes next.
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) is None


@pytest.mark.slow
async def test_whatever_is_under_way_when_a_server_hangs_up_fails_as_unavailable(
    server: Database,
) -> None:
    store, hung_up = DatabaseStore(server), 0

    async def read() -> None:
        while hung_up < HUNG_UP:
            with suppress(StoreUnavailableError):
                async with store.reading() as unit:
                    await unit.outbox.backlog()
            with suppress(StoreUnavailableError):
                await store.commit(_backlog)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS // 2):
            tasks.create_task(read())
        while hung_up < HUNG_UP:
            with suppress(DBAPIError, OSError):
                async with server.writer.begin() as connection:
                    await connection.execute(text(HANG_UP))
            hung_up += 1


async def _backlog(unit: Unit) -> None:
    await unit.outbox.backlog()


@pytest.mark.slow
async def test_a_connection_for_orders_is_not_asked_whether_it_lives_before_each_of_them(
    server: Database,
) -> None:
    store, said = DatabaseStore(server), _heard(server.committer)
    for number in range(3):
        await store.commit(partial(_enrolled, f"member-{number}"))
    await asyncio.sleep(0)  # until the driver has noted the last one
    assert said == ["BEGIN", "COMMIT"] * 3
    async with server.writer.begin() as connection:
        await connection.execute(text(HANG_UP))
    await all_heard_of(server.committing)
    await store.commit(partial(_enrolled, "kept"))
    await asyncio.sleep(0)
    assert said == ["BEGIN", "COMMIT"] * 4


def _heard(engine: AsyncEngine) -> list[str]:
    """The first word of what new connections of `engine` will say beside statements: each is a
    round trip."""
    said: list[str] = []

    @listens_for(engine.sync_engine, "connect")
    def listening(connection: Any, _record: Any) -> None:
        driver = connection.driver_connection
        driver.add_query_logger(
            lambda query: said.append(query.query.split()[0].rstrip(";") or ";")
        )

    return said


async def all_heard_of(connections: KeptConnections) -> None:
    """Until the driver knows of the end of all that lie idle."""
    while not all(kept.raw.is_closed() for kept in connections.idle):  # noqa: ASYNC110
        await asyncio.sleep(0)


async def _enrolled(name: str, unit: Unit) -> None:
    await unit.participants.add(participant(name))


@pytest.mark.slow
async def test_a_server_that_only_reads_is_unavailable_and_no_mistake_of_ours(
    server: Database,
) -> None:
    """As after a failover to a standby."""
    only_reads = (
        f'ALTER DATABASE "{server.writer.url.database}" SET default_transaction_read_only = on'
    )
    async with server.writer.begin() as connection:
        await connection.execute(text(only_reads))
    await server.writer.dispose()
    with pytest.raises(StoreUnavailableError, match="read-only"):
        async with DatabaseStore(server).transaction() as unit:
            await enroll(unit)


@pytest.mark.slow
async def test_after_the_server_was_away_the_store_works_again() -> None:
    with running_postgresql(need_postgresql()) as server:
        database = open_database(postgresql_url(await server.create("mm")))
        await upgrade_schema(database)
        store = DatabaseStore(database)
        async with store.transaction() as unit:
            await enroll(unit)
        server.stop()
        for _ in range(3):
            with pytest.raises(StoreUnavailableError):
                async with store.transaction() as unit:
                    await unit.outbox.add([event()])
        server.start()
        async with store.transaction() as unit:
            await unit.outbox.add([event()])
        async with store.reading() as unit:
            assert await unit.participants.get(ACME) is not None
        await store.close()


@pytest.mark.slow
async def test_of_two_who_wait_for_each_other_one_gets_a_failure_of_the_store(
    server: Database,
) -> None:
    store = DatabaseStore(server)
    async with store.transaction() as unit:
        await unit.pools.add(pool("A"), NOW)
        await unit.pools.add(pool("B"), NOW)
    both = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> bool:
        try:
            async with store.transaction() as unit:
                await unit.pools.lock(first)
                await both.wait()
                await unit.pools.lock(second)
        except StoreUnavailableError:
            return False
        return True

    assert sorted(await asyncio.gather(lock("A", "B"), lock("B", "A"))) == [False, True]


async def test_a_file_that_was_removed_or_replaced_is_away_until_it_is_moved_back(
    sqlite_url: URL, tmp_path: Path
) -> None:
    """What was stored after it was gone with the process, and nothing said so."""
    file, aside = Path(str(sqlite_url.database)), tmp_path / "aside"
    database = open_database(sqlite_url)
    store = DatabaseStore(database)

    async def backlog(unit: Unit) -> int:
        return (await unit.outbox.backlog()).waiting

    async def everything() -> None:
        async with store.reading() as unit:
            await backlog(unit)
        async with store.transaction() as unit:
            await backlog(unit)
        await store.commit(backlog)

    try:
        await everything()
        shutil.move(file, aside)
        for away in (store.reading, store.transaction):
            with pytest.raises(StoreUnavailableError, match="was removed or replaced"):
                await away().__aenter__()
        with pytest.raises(StoreUnavailableError, match="move it back"):
            await store.commit(backlog)
        shutil.copy(aside, file)
        with pytest.raises(StoreUnavailableError, match="was removed or replaced"):
            await everything()
        shutil.move(aside, file)
        await everything()
    finally:
        await database.close()


@pytest.mark.slow
async def test_a_server_that_is_measured_writes_its_log_to_files_that_were_there() -> None:
    with running_postgresql(need_postgresql()) as server:
        await server.wear_in(6)
        worn = server.log_files()
        await server.run(*[SWITCH] * 4)
        assert len(worn) > 4
        assert server.log_files() == worn
