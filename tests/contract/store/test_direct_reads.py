"""What a read asks of PostgreSQL: few statements, of one moment, and of one statement without a
transaction."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import column, literal, select, text, values

from market_maker.model.errors import StoreUnavailableError
from market_maker.operations.memberships import member_views
from market_maker.storage.database import Database
from market_maker.storage.direct_reads import BEGIN, END, direct_reads
from market_maker.storage.store import DatabaseStore
from market_maker.storage.types import Words
from tests.builders import ACME, NOW, SYMBOL, enroll, member, pool

OTHER = "other"

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@asynccontextmanager
async def asked_of(server: Database) -> AsyncIterator[list[str]]:
    """What the kept connection is asked, as the driver sends it."""
    asked: list[str] = []
    async with DatabaseStore(server).glimpse() as unit:
        await unit.participants.get(ACME)
    (kept,) = server.reading.idle

    def note(record: Any) -> None:
        asked.append(record.query)

    kept.raw.add_query_logger(note)
    await noted()
    asked.clear()
    yield asked
    await noted()
    kept.raw.remove_query_logger(note)
    assert server.reading.idle == [kept]


async def noted() -> None:
    """The driver says what was asked in the loop's next round."""
    await asyncio.sleep(0)


async def test_a_reading_of_several_statements_is_of_one_moment(server: Database) -> None:
    store = DatabaseStore(server)
    async with store.transaction() as unit:
        await enroll(unit, OTHER)
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) is None
        async with store.transaction() as other:
            await enroll(other, ACME)
        assert await unit.participants.get(ACME) is None
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) is not None


async def test_a_reading_begins_with_its_first_statement_and_a_glimpse_needs_no_transaction(
    server: Database,
) -> None:
    store = DatabaseStore(server)
    async with asked_of(server) as asked:
        async with store.reading():
            pass
        assert asked == []
        async with store.reading() as unit:
            await unit.pools.get(SYMBOL)
            await unit.members.of_pool(SYMBOL)
        await noted()
        assert (asked[0], asked[-1], len(asked)) == (BEGIN, END, 4)
        asked.clear()
        async with store.glimpse() as unit:
            assert await unit.pools.get(SYMBOL) is None
        await noted()
        (only,) = asked
        assert only.startswith("SELECT")


async def test_memberships_are_read_in_so_many_statements_however_many_they_are(
    server: Database,
) -> None:
    store = DatabaseStore(server)
    names = [f"desk{number}" for number in range(5)]
    async with store.transaction() as unit:
        await enroll(unit, *names)
        await unit.pools.add(pool(), NOW)
        for name in names:
            await unit.members.add(SYMBOL, member(name, 20), NOW)
    async with asked_of(server) as asked, store.reading() as unit:
        views = await member_views(unit, await unit.members.of_pool(SYMBOL))
        assert [view.participant_id for view in views] == names
        await noted()
        assert len(asked) == 4  # BEGIN, memberships, participants, sums of their limits
    async with asked_of(server) as asked, store.glimpse() as unit:
        assert len(await unit.members.known(SYMBOL) or ()) == len(names)
        await noted()
        assert len(asked) == 1


async def test_a_glimpse_of_two_statements_is_a_mistake_on_both_databases(
    store: DatabaseStore,
) -> None:
    async with store.glimpse() as unit:
        await unit.pools.get(SYMBOL)
        with pytest.raises(AssertionError, match="one statement"):
            await unit.pools.get(SYMBOL)


async def test_what_only_reads_cannot_write(store: DatabaseStore) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    for read in (store.reading, store.glimpse):
        async with read() as unit:
            with pytest.raises(StoreUnavailableError, match=r"read-?only"):
                await unit.participants.note_peaks({ACME: Decimal(1)}, NOW)
    async with store.reading() as unit:
        assert await unit.participants.peaks() == {}


@contextmanager
def kept_after(server: Database, *, times: int) -> Iterator[None]:
    """How many connections are kept afterwards that were before."""
    before = list(server.reading.idle)
    yield
    assert len([each for each in server.reading.idle if each in before]) == times


async def test_a_refused_statement_leaves_the_connection_and_is_no_outage(
    server: Database,
) -> None:
    async with direct_reads(server.reading, {}, once=False) as session:
        await session.rows(select(literal(1)))
    with kept_after(server, times=1), pytest.raises(Exception, match="nowhere") as found:
        async with direct_reads(server.reading, {}, once=False) as session:
            await session.rows(text("SELECT 1 FROM nowhere"))
    assert not isinstance(found.value, StoreUnavailableError)
    async with direct_reads(server.reading, {}, once=False) as session:
        assert await session.row(select(literal(2))) == (2,)


async def test_a_session_that_the_server_ends_is_given_up(server: Database) -> None:
    async with direct_reads(server.reading, {}, once=False) as session:
        await session.rows(select(literal(1)))
    with kept_after(server, times=0), pytest.raises(StoreUnavailableError):
        async with direct_reads(server.reading, {}, once=False) as session:
            await session.rows(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with direct_reads(server.reading, {}, once=False) as session:
        assert await session.row(select(literal(2))) == (2,)


async def test_values_are_judged_and_lists_of_any_length_are_sent(server: Database) -> None:
    name = column("name", Words)
    some: Any = values(name, name="some").data([(each,) for each in ("a", "b", "c")])
    async with direct_reads(server.reading, {}, once=False) as session:
        for wanted in (["a"], ["a", "c", "d"], [], ["b"]):
            rows = await session.rows(select(some.c.name).where(some.c.name.in_(wanted)))
            assert {row.name for row in rows} == {"a", "b", "c"} & set(wanted)
