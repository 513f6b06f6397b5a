"""Connections are made once and lent again and again; they are bounded, and given up where they
break."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.event import listens_for

from market_maker.model.errors import StoreUnavailableError
from market_maker.storage.database import BESIDE, CONNECTIONS, INTENTS, Database, open_database
from market_maker.storage.failures import translated
from market_maker.storage.kept_connections import ASKED
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, enroll
from tests.contract.store.test_away_and_back import HANG_UP, all_heard_of
from tests.support.connections import Counted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def _number(server: Database) -> int:
    async with server.intents.lent() as raw:
        return int(await raw.fetchval("SELECT pg_backend_pid()"))


def _out(server: Database) -> int:
    """How many connections for orders are out of the pool."""
    pool: Any = server.intents.engine.sync_engine.pool
    return int(pool.checkedout())


async def test_one_after_another_is_the_same_connection(server: Database) -> None:
    first = await _number(server)
    assert {await _number(server) for _ in range(5)} == {first}
    assert _out(server) == 1
    await server.intents.close()
    assert _out(server) == 0


async def test_reads_and_transactions_are_lent_one_that_came_out_of_the_pool_once(
    server: Database,
) -> None:
    store, taken = DatabaseStore(server), 0

    @listens_for(server.writer.sync_engine, "checkout")
    def count(*_given: Any) -> None:
        nonlocal taken
        taken += 1

    for _ in range(3):
        async with store.reading() as unit:
            assert await unit.participants.get(ACME) is None
    async with store.transaction() as unit:
        await enroll(unit)
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) is not None
        with pytest.raises(StoreUnavailableError, match="read-only"):
            await unit.participants.note_peaks({ACME: Decimal(1)}, NOW)
    async with store.transaction() as unit:
        await unit.participants.note_peaks({ACME: Decimal(1)}, NOW)
    assert taken == 1


async def test_what_was_not_committed_is_undone_before_another_is_lent_the_connection(
    server: Database,
) -> None:
    store = DatabaseStore(server)
    with pytest.raises(ZeroDivisionError):
        await _half(store)
    async with store.transaction() as unit:
        assert await unit.participants.get(ACME) is None


async def _half(store: DatabaseStore) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
        raise ZeroDivisionError


async def test_there_are_no_more_of_them_than_are_lent_at_a_time(server: Database) -> None:
    there = asyncio.Barrier(INTENTS)

    async def use() -> int:
        async with server.intents.lent() as raw:
            await there.wait()
            return int(await raw.fetchval("SELECT pg_backend_pid()"))

    every = await asyncio.gather(*(use() for _ in range(3 * INTENTS)))
    assert len(set(every)) == INTENTS == _out(server)


async def test_who_finds_all_of_them_lent_gets_the_first_that_is_free(server: Database) -> None:
    store, served = DatabaseStore(server), 0

    async def read() -> None:
        nonlocal served
        async with store.reading() as unit:
            await unit.participants.get(ACME)
            served += 1

    await asyncio.gather(*(read() for _ in range(4 * CONNECTIONS)))
    assert served == 4 * CONNECTIONS
    assert len(server.reading.idle) <= CONNECTIONS - BESIDE


async def test_one_that_ended_while_it_lay_idle_is_not_lent(server: Database) -> None:
    first = await _number(server)
    async with server.writer.connect() as connection:
        await connection.execute(text(HANG_UP))
    await all_heard_of(server.intents)
    assert await _number(server) != first
    assert _out(server) == 1


async def test_one_that_was_not_used_for_long_is_asked_whether_it_lives(server: Database) -> None:
    said = list[str]()
    async with server.intents.lent() as raw:
        raw.add_query_logger(lambda query: said.append(query.query))  # type: ignore[attr-defined]
    first = await _number(server)
    server.intents.idle[0].used_at = 0.0
    assert await _number(server) == first  # which lives
    await asyncio.sleep(0)  # until the driver has noted the last one
    assert [query for query in said if query != "SELECT pg_backend_pid()"] == [ASKED]


async def test_one_that_breaks_in_use_is_given_up_and_a_refusal_breaks_none(
    server: Database,
) -> None:
    first = await _number(server)
    with pytest.raises(Exception, match="division by zero"):
        await _asked(server, "SELECT 1 / 0")
    assert await _number(server) == first
    with pytest.raises(StoreUnavailableError):
        await _asked(server, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert await _number(server) != first
    assert _out(server) == 1


@pytest.fixture
async def counted(server_url: URL) -> AsyncIterator[tuple[Database, Counted]]:
    watch = Counted()
    opened = open_database(server_url, watch)
    yield opened, watch
    await opened.close()


async def test_each_that_is_made_is_counted_and_none_at_the_owners_own_end(
    counted: tuple[Database, Counted],
) -> None:
    server, watch = counted
    for _ in range(3):
        await _number(server)
    assert watch.made_to == ["database"]
    await server.close()
    assert watch.lost == []


async def test_what_the_pool_lends_again_lives_by_the_answer_to_its_own_question(
    counted: tuple[Database, Counted],
) -> None:
    server, watch = counted
    numbers = []
    for _ in range(3):
        async with server.writer.connect() as connection:
            numbers.append((await connection.execute(text("SELECT pg_backend_pid()"))).scalar())
    assert (len(set(numbers)), watch.made_to, watch.lost) == (1, ["database"], [])


async def test_an_answer_that_the_driver_cannot_read_is_counted_with_what_it_raised(
    counted: tuple[Database, Counted],
) -> None:
    server, watch = counted
    first = await _number(server)
    with pytest.raises(StoreUnavailableError, match="cannot be read"):
        await _executed(server, ";")
    assert await _number(server) != first
    assert (watch.made_to, watch.lost) == (["database"] * 2, [("database", "unreadable")])
    assert "AttributeError" in watch.problems[0]


async def test_one_that_the_server_ends_is_counted_in_use_and_while_it_lay_idle(
    counted: tuple[Database, Counted],
) -> None:
    server, watch = counted
    with pytest.raises(StoreUnavailableError):
        await _asked(server, "SELECT pg_terminate_backend(pg_backend_pid())")
    await _number(server)
    async with server.writer.connect() as connection:
        await connection.execute(text(HANG_UP))
    await all_heard_of(server.intents)
    await _number(server)
    assert watch.lost == [("database", "ended")] * 2


async def test_who_is_stopped_in_the_middle_leaves_no_connection_and_no_place_behind(
    counted: tuple[Database, Counted],
) -> None:
    server, watch = counted
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2 * INTENTS):
            lost = tasks.create_task(_asked(server, "SELECT pg_sleep(60)"))
            await _sleeping(server)
            lost.cancel()
            await asyncio.wait([lost])
    assert watch.lost == [("database", "left")] * 2 * INTENTS
    assert (await _number(server), _out(server)) == (await _number(server), 1)


async def test_who_is_stopped_while_one_is_asked_leaves_it_not_lent(
    counted: tuple[Database, Counted],
) -> None:
    server, watch = counted
    await _number(server)
    (kept,) = server.intents.idle
    kept.used_at = 0.0
    asking = asyncio.Event()
    kept.raw = Held(kept.raw, asking)
    async with asyncio.TaskGroup() as tasks:
        lost = tasks.create_task(_number(server))
        await asking.wait()
        lost.cancel()
    assert (watch.lost, _out(server)) == ([("database", "left")], 0)


class Held:
    """A connection that takes a question, and does not answer it."""

    def __init__(self, raw: Any, asked: asyncio.Event) -> None:
        self._raw, self._asked = raw, asked

    def is_closed(self) -> bool:
        return bool(self._raw.is_closed())

    async def execute(self, _query: str) -> None:
        self._asked.set()
        await asyncio.Event().wait()


async def _sleeping(server: Database) -> None:
    """Until a statement of ours sleeps there."""
    asleep = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    async with server.writer.connect() as connection:
        while not (await connection.execute(asleep)).scalar():
            await connection.rollback()


async def _executed(server: Database, statement: str) -> None:
    with translated():
        async with server.intents.lent() as raw:
            await raw.execute(statement)


async def _asked(server: Database, statement: str) -> None:
    with translated():
        async with server.intents.lent() as raw:
            await raw.fetchval(statement)
