"""Two services on one database are kept apart: by PostgreSQL itself, here on a real server."""

import asyncio

import pytest
from sqlalchemy import URL, text

from market_maker.model.errors import InvalidDataError
from market_maker.storage.database import Database, open_database, postgresql_url
from market_maker.storage.tenancy import Tenancy, tenancy
from tests.servers import need_postgresql, running_postgresql

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
async def other(server_url: URL):
    """A second service's way to the same database."""
    opened = open_database(server_url)
    yield opened
    await opened.close()


async def sessions(database: Database) -> list[int]:
    async with database.reader.connect() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'market_maker serve%'"
        return list((await connection.execute(text(query))).scalars())


async def end(database: Database, pid: int) -> None:
    async with database.reader.connect() as connection:
        await connection.execute(text(f"SELECT pg_terminate_backend({pid})"))


async def test_a_second_service_is_refused_with_the_place_of_the_first_one(
    server: Database, other: Database
) -> None:
    async with tenancy(server) as first:
        assert await first.holds()
        with pytest.raises(InvalidDataError) as caught:
            async with tenancy(other):
                pytest.fail("two services on one database")
        assert "is in use by another market_maker serve (session" in str(caught.value)
        assert "127.0.0.1" in str(caught.value)
        assert await first.holds()


async def test_it_is_free_as_soon_as_the_first_one_ends(server: Database, other: Database) -> None:
    async with tenancy(server):
        pass
    assert await sessions(server) == []
    async with tenancy(other) as second:
        assert await second.holds()


async def test_it_is_free_when_the_first_one_s_session_dies(
    server: Database, other: Database
) -> None:
    async with tenancy(server) as first:
        await end(other, (await sessions(other))[0])
        assert not await first.holds()
        assert "is lost" in first.problem
        async with tenancy(other) as second:
            assert await second.holds()
            with pytest.raises(InvalidDataError):
                await first.regain()


async def test_a_lost_one_is_regained_when_it_was_not_taken_meanwhile(
    server: Database, other: Database
) -> None:
    async with tenancy(server) as first:
        await end(other, (await sessions(other))[0])
        assert not await first.holds()
        assert await first.regain()
        assert await first.holds()
        assert first.problem == ""


async def test_a_session_of_one_s_own_that_the_server_has_not_given_up_is_ended(
    server: Database,
) -> None:
    async with tenancy(server) as first:
        ghost, first._session = first._session, None
        async with asyncio.timeout(60):
            while not await first.regain():  # noqa: ASYNC110  a server sends no event
                await asyncio.sleep(0.02)
        assert await first.holds()
        await ghost.close()


async def test_a_server_that_is_down_is_waited_for() -> None:
    with running_postgresql(need_postgresql()) as server:
        database = open_database(postgresql_url(server.url("postgres")))
        mine = Tenancy(database)
        await mine.take()
        server.stop()
        assert not await mine.holds()
        assert not await mine.regain()
        server.start()
        assert await mine.regain()
        assert await mine.holds()
        await mine.give_up()
        await database.close()
