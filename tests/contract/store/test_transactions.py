import asyncio
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from market_maker.model.errors import ConflictError, MakerError, StoreUnavailableError
from market_maker.model.records import Criteria
from market_maker.model.units import Nanos
from market_maker.ports import Store, Unit
from market_maker.storage.database import (
    Database,
    embedded_url,
    open_database,
    postgresql_url,
)
from market_maker.storage.reading import DATABASE_NAME
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, SYMBOL, enroll, event, fill, order, pool, state

pytestmark = pytest.mark.anyio

PATIENCE_S = 60.0


@pytest.fixture
def broken_url(tmp_path: Path) -> URL:
    (tmp_path / DATABASE_NAME).write_bytes(b"not a database" * 100)
    return embedded_url(tmp_path)


async def test_everything_in_a_transaction_is_kept_or_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as unit:
            await enroll(unit)
            await unit.pools.add(pool(), NOW)
            await unit.orders.add([order()])
            await unit.fills.add([fill()])
            await unit.states.add(state())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) is None
        assert await unit.pools.get(SYMBOL) is None
        assert (await unit.orders.page(Criteria(), 1)).items == ()
        assert await unit.states.latest(SYMBOL) is None


async def test_a_cancelled_transaction_keeps_nothing_and_blocks_no_other(store: Store) -> None:
    inside, never = asyncio.Event(), asyncio.Event()

    async def dawdle() -> None:
        async with store.transaction() as unit:
            await enroll(unit)
            inside.set()
            await never.wait()

    task = asyncio.get_running_loop().create_task(dawdle())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.transaction() as unit:
        assert await unit.participants.get(ACME) is None
        await enroll(unit)


async def test_a_transaction_in_one_go_is_kept_and_returns_what_it_found(store: Store) -> None:
    async def work(unit: Unit) -> str:
        await enroll(unit)
        await unit.orders.add([order()])
        found = await unit.participants.get(ACME)
        assert found is not None
        return found.account_id

    assert await store.commit(work) == "account-acme"
    async with store.reading() as unit:
        assert len((await unit.orders.page(Criteria(), 10)).items) == 1


async def test_a_transaction_in_one_go_that_fails_keeps_nothing_and_blocks_no_other(
    store: Store,
) -> None:
    async def fail(unit: Unit) -> None:
        await enroll(unit)
        raise ZeroDivisionError

    async def clash(unit: Unit) -> None:
        await enroll(unit)
        await unit.orders.add([order(), order()])

    with pytest.raises(ZeroDivisionError):
        await store.commit(fail)
    with pytest.raises(ConflictError, match="used before"):
        await store.commit(clash)
    async with store.transaction() as unit:
        assert await unit.participants.get(ACME) is None
        await enroll(unit)


async def test_transactions_of_both_kinds_take_turns(store: Store) -> None:
    async def by_steps(number: int) -> None:
        async with store.transaction() as unit:
            await unit.outbox.add([event(number)])
            await asyncio.sleep(0)
            await unit.states.add(state(number))

    async def at_once(number: int) -> None:
        async def work(unit: Unit) -> None:
            await unit.outbox.add([event(number)])
            await unit.states.add(state(number))

        await store.commit(work)

    works = (at_once(number) if number % 2 else by_steps(number) for number in range(100))
    await asyncio.gather(*works)
    async with store.reading() as unit:
        assert (await unit.outbox.backlog()).waiting == 100
        assert len((await unit.states.page(None, 1_000)).items) == 100


async def test_a_transaction_in_one_go_whose_caller_left_blocks_no_other(
    store: Store,
) -> None:
    async def work(unit: Unit) -> None:
        await enroll(unit)

    task = asyncio.get_running_loop().create_task(store.commit(work))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    async with store.transaction() as unit:
        # Whether it was done or not, it is over.
        if await unit.participants.get(ACME) is None:
            await enroll(unit)


async def test_a_transaction_cut_off_at_any_of_its_steps_blocks_no_other(sqlite_url: URL) -> None:
    database = open_database(sqlite_url)
    store = DatabaseStore(database)

    async def by_steps(number: int) -> None:
        async with store.transaction() as unit:
            await unit.outbox.add([event(number)])
            await unit.states.add(state(number))

    for steps in range(40):
        task = asyncio.get_running_loop().create_task(by_steps(steps))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await by_steps(1_000)
    async with store.reading() as unit:
        kept = len((await unit.states.page(None, 1_000)).items)
        assert (await unit.outbox.backlog()).waiting == kept
    await database.close()


async def test_the_event_loop_goes_on_while_a_transaction_in_one_go_is_at_work(
    sqlite_url: URL,
) -> None:
    database = open_database(sqlite_url)
    begun, go_on = threading.Event(), threading.Event()

    async def work(unit: Unit) -> None:
        begun.set()
        assert go_on.wait(60)
        await enroll(unit)

    task = asyncio.get_running_loop().create_task(DatabaseStore(database).commit(work))
    while not begun.is_set():  # noqa: ASYNC110  it is the thread that is waited for
        await asyncio.sleep(0)
    go_on.set()
    await task
    await database.close()


async def test_reading_sees_one_picture_and_waits_for_no_writer(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    async with store.reading() as before, store.transaction() as writing:
        assert await before.pools.get(SYMBOL) is None
        await writing.pools.add(pool(), NOW)
        async with store.reading() as beside:
            assert await beside.pools.get(SYMBOL) is None
    async with store.reading() as before:
        assert await before.pools.get("NONE") is None
        async with store.transaction() as writing:
            await writing.pools.add(pool("NONE"), NOW)
        assert await before.pools.get("NONE") is None
    async with store.reading() as after:
        assert await after.pools.get("NONE") is not None


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises((MakerError, DBAPIError), match=r"read-?only"):
        async with store.reading() as unit:
            await unit.states.add(state())


async def test_a_constraint_that_is_our_own_mistake_is_not_hidden(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    with pytest.raises(DBAPIError, match="sizes"):
        async with store.transaction() as unit:
            await unit.orders.add([order(size=0)])


async def test_many_writers_at_once_all_get_their_turn(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.transaction() as unit:
            await unit.outbox.add([event(number)])
            await asyncio.sleep(0)
            await unit.states.add(state(number))

    await asyncio.gather(*(write(number) for number in range(100)))
    async with store.reading() as unit:
        assert (await unit.outbox.backlog()).waiting == 100
        assert len((await unit.states.page(None, 1_000)).items) == 100


async def test_what_was_committed_is_there_when_the_database_is_opened_next(url: URL) -> None:
    first = DatabaseStore(open_database(url))
    async with first.transaction() as unit:
        await enroll(unit)
    # Not closed: as after a kill.
    second = DatabaseStore(open_database(url))
    async with second.reading() as unit:
        assert await unit.participants.get(ACME) is not None
    await first.close()
    await second.close()


async def test_a_database_in_memory_is_a_store_too() -> None:
    database = open_database(URL.create("sqlite+aiosqlite"))
    await upgrade_schema(database)
    store = DatabaseStore(database)
    async with store.transaction() as unit:
        await enroll(unit)
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) is not None
    await store.close()


async def test_a_database_in_memory_outlives_a_statement_that_is_no_longer_waited_for() -> None:
    database = open_database(URL.create("sqlite+aiosqlite"))
    await upgrade_schema(database)
    store = DatabaseStore(database)
    async with store.transaction() as unit:
        await enroll(unit)
    async with database.writer.connect() as connection:
        lane = (await connection.get_raw_connection()).driver_connection
    go_on, begun, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()

    async def given_up() -> None:
        async with store.transaction() as unit:
            begun.set()
            await unit.outbox.add([event(1)])

    held = loop.create_task(lane.call(lambda _: go_on.wait(PATIENCE_S)))
    waiting = loop.create_task(given_up())
    await begun.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    go_on.set()
    assert (waiting.cancelled(), await held) == (True, True)
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) is not None
        assert (await unit.outbox.backlog()).waiting == 0
    await store.close()


async def test_another_process_that_holds_the_file_is_waited_for(sqlite_url: URL) -> None:
    ours, theirs = open_database(sqlite_url), open_database(sqlite_url)

    async def write(database: Database, number: int) -> None:
        for n in range(20):
            async with DatabaseStore(database).transaction() as unit:
                await unit.outbox.add([event(100 * number + n)])

    await asyncio.gather(write(ours, 1), write(theirs, 2))
    async with DatabaseStore(ours).reading() as unit:
        assert (await unit.outbox.backlog()).waiting == 40
    await ours.close()
    await theirs.close()


async def test_a_file_that_is_no_database_is_a_failure_that_says_so(broken_url: URL) -> None:
    database = open_database(broken_url)
    with pytest.raises(StoreUnavailableError, match="not a database"):
        async with DatabaseStore(database).transaction() as unit:
            await unit.states.add(state())
    await database.close()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres://u:p@h:1/d", "postgresql+asyncpg://u:***@h:1/d"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
    ],
)
def test_every_usual_spelling_of_an_address_is_understood(given: str, expected: str) -> None:
    assert postgresql_url(given).render_as_string() == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        "mysql://u:secret@h/d",
        "postgresql://u:secret@h",
        "postgresql://u:secret@h:port/d",
        "postgresql://u:secret@h:65536/d",
        "postgresql://u:secret@h:0/d",
        "postgresql://u:secret@h/d?sslmode=maybe",
        "postgresql://u:secret@h/d?fsync=off",
        "postgresql://u:half@secret@h/d",
    ],
)
def test_a_wrong_address_is_refused_without_repeating_its_password(given: str) -> None:
    with pytest.raises(MakerError, match="POSTGRES_URL") as refused:
        postgresql_url(given)
    assert "secret" not in str(refused.value)


async def test_times_are_nanoseconds_to_the_last_digit(store: Store) -> None:
    late = Nanos(2**63 - 1)
    async with store.transaction() as unit:
        await unit.states.add(state(ts=late))
        latest = await unit.states.latest(SYMBOL)
    assert latest is not None
    assert latest.ts == late
