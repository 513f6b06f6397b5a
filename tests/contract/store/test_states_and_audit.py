import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from market_maker.model.errors import ConflictError
from market_maker.model.lifecycle import PoolState
from market_maker.model.records import AuditCriteria
from market_maker.model.units import Nanos
from market_maker.ports import Store
from market_maker.storage.database import Database
from tests.builders import NOW, SYMBOL, audit, state

pytestmark = pytest.mark.anyio


async def test_the_latest_state_is_the_last_that_was_added(store: Store) -> None:
    moves = [
        state(3, state=PoolState.ACTIVE),
        state(1, state=PoolState.HALTED, by="guard"),
        state(2, symbol="ETHUSDT-PERP"),
    ]
    async with store.transaction() as unit:
        for move in moves:
            await unit.states.add(move)
    async with store.reading() as unit:
        assert await unit.states.latest(SYMBOL) == moves[1]
        assert await unit.states.latest("NONE") is None
        everything = await unit.states.page(None, 2)
        rest = await unit.states.page(None, 2, everything.next_cursor)
        mine = await unit.states.page(SYMBOL, 10)
    assert everything.items + rest.items == tuple(reversed(moves))
    assert mine.items == (moves[1], moves[0])


async def test_the_audit_log_returns_its_head_and_its_records_in_order(store: Store) -> None:
    records = tuple(audit(seq) for seq in range(1, 6))
    async with store.transaction() as unit:
        assert await unit.audit.head() is None
        for entry in records:
            await unit.audit.append(entry)
        assert await unit.audit.head() == records[-1]
    async with store.reading() as unit:
        assert await unit.audit.head() == records[-1]
        assert await unit.audit.after(0, 3) == records[:3]
        assert await unit.audit.after(3, 3) == records[3:]


async def test_audit_pages_filter_and_run_from_the_newest_back(store: Store) -> None:
    async with store.transaction() as unit:
        for seq in range(1, 13):
            subject = "ops-jane" if seq % 2 else "risk-joe"
            action = "pool.pause" if seq % 3 else "pool.resume"
            target = SYMBOL if seq % 5 else "acme"
            await unit.audit.append(audit(seq, subject=subject, action=action, target=target))
    wanted = AuditCriteria(
        subject="ops-jane",
        action="pool.pause",
        target=SYMBOL,
        since=Nanos(NOW + 1),
        until=Nanos(NOW + 11),
    )
    async with store.reading() as unit:
        first = await unit.audit.page(wanted, 1)
        rest = await unit.audit.page(wanted, 5, first.next_cursor)
    assert [entry.seq for entry in first.items + rest.items] == [7, 1]


async def test_what_was_done_and_what_was_refused_are_distinguished(store: Store) -> None:
    async with store.transaction() as unit:
        for seq, result in enumerate(("done", "a limit", "done"), 1):
            await unit.audit.append(audit(seq, result=result))
    async with store.reading() as unit:
        done = await unit.audit.page(AuditCriteria(result="done"), 9)
        refused = await unit.audit.page(AuditCriteria(other_result="done"), 9)
    assert [entry.seq for entry in done.items] == [3, 1]
    assert [entry.seq for entry in refused.items] == [2]


async def test_a_chain_does_not_fork(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.audit.append(audit(1))
        await unit.audit.append(audit(2))
    for fork in (audit(2, hash="x", prev_hash="y"), audit(3, prev_hash=audit(2).prev_hash)):
        with pytest.raises(ConflictError):
            async with store.transaction() as unit:
                await unit.audit.append(fork)


async def test_many_who_append_at_once_make_one_chain(store: Store) -> None:
    async def append(number: int) -> None:
        async with store.transaction() as unit:
            head = await unit.audit.head()
            seq = head.seq + 1 if head else 1
            before = head.hash if head else ""
            await unit.audit.append(audit(seq, prev_hash=before, hash=f"{seq}-{number}"))

    await asyncio.gather(*(append(number) for number in range(30)))
    async with store.reading() as unit:
        chain = await unit.audit.after(0, 100)
    assert [entry.seq for entry in chain] == list(range(1, 31))
    assert [e.prev_hash for e in chain[1:]] == [e.hash for e in chain[:-1]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET subject = 'unknown'",
        "UPDATE audit_log SET subject = 'unknown' WHERE seq = 1",
        "DELETE FROM audit_log WHERE seq = 2",
        "DELETE FROM audit_log",
    ],
)
async def test_the_database_itself_refuses_to_change_the_audit_log(
    store: Store, database: Database, statement: str
) -> None:
    async with store.transaction() as unit:
        await unit.audit.append(audit(1))
        await unit.audit.append(audit(2))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writer.begin() as connection:
            await connection.execute(text(statement))
    async with store.reading() as unit:
        assert await unit.audit.after(0, 10) == (audit(1), audit(2))


@pytest.mark.slow
async def test_postgresql_refuses_to_truncate_the_audit_log(server: Database) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        async with server.writer.begin() as connection:
            await connection.execute(text("TRUNCATE audit_log"))
