"""What goes before every order: fences held, orders and news on record, in one go or not at all."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from market_maker.model.errors import (
    ConflictError,
    InvalidFieldError,
    NotFoundError,
    StoreUnavailableError,
)
from market_maker.model.ownership import Fence
from market_maker.model.records import OrderChange, OrderStatus
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos
from market_maker.ports import PutDown, Store
from market_maker.storage.database import Database
from market_maker.storage.intents import StatementParts, statement
from market_maker.storage.store import DatabaseStore
from tests.builders import NOW, SYMBOL, enroll, order

pytestmark = pytest.mark.anyio

LONG = Nanos(3_600 * NANOS_PER_SECOND)
OTHER = "ETHUSDT-PERP"


async def owned(store: Store, *symbols: str, worker: str = "a") -> tuple[Fence, ...]:
    fences = []
    async with store.transaction() as unit:
        await unit.owners.enlist(worker, LONG, alone=False)
        for symbol in symbols:
            fence = await unit.owners.claim(symbol, worker, LONG)
            assert fence is not None
            fences.append(fence)
    return tuple(fences)


async def known(store: Store, *numbers: int) -> list[tuple[str, OrderStatus, int]]:
    names = [order(number).client_order_id for number in numbers]
    async with store.reading() as unit:
        return [(each.reason, each.status, each.filled) for each in await unit.orders.get(names)]


def news(number: int, status: OrderStatus, filled: int, reason: str = "") -> OrderChange:
    return OrderChange(
        client_order_id=order(number).client_order_id,
        status=status,
        filled=Lots(filled),
        updated_at=Nanos(NOW + 1),
        reason=reason,
    )


async def test_orders_and_news_are_on_record_as_they_were_given(store: Store) -> None:
    fences = await owned(store, SYMBOL, OTHER)
    async with store.transaction() as unit:
        await enroll(unit)
    wanted = (order(1), order(2, symbol=OTHER), order(3, reduce_only=True))
    await store.commit(PutDown((*fences, *fences), wanted, ()))
    async with store.reading() as unit:
        found = await unit.orders.get([each.client_order_id for each in wanted])
    assert set(found) == set(wanted)
    gone = news(1, OrderStatus.CANCELED, 2, "why")
    await store.commit(PutDown(fences, (order(4),), (gone, news(3, OrderStatus.LIVE, 5))))
    late = (news(1, OrderStatus.LIVE, 1), news(3, OrderStatus.LIVE, 4, "then"))
    await store.commit(PutDown((), (), late))
    assert await known(store, 1) == [("why", OrderStatus.CANCELED, 2)]
    assert await known(store, 3) == [("then", OrderStatus.LIVE, 5)]
    assert len(await known(store, 4)) == 1


async def test_an_order_and_its_first_news_may_come_together(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    await store.commit(PutDown((), (order(1),), (news(1, OrderStatus.REJECTED, 0, "no"),)))
    assert await known(store, 1) == [("no", OrderStatus.REJECTED, 0)]


async def test_where_one_fence_does_not_hold_nothing_is_written(store: Store) -> None:
    held, lost = await owned(store, SYMBOL, OTHER)
    async with store.transaction() as unit:
        await enroll(unit)
        await unit.orders.add([order(9)])
        await unit.owners.release(lost)
    both = PutDown((held, lost), (order(1),), (news(9, OrderStatus.LIVE, 1),))
    with pytest.raises(ConflictError, match="no longer a, epoch 1"):
        await store.commit(both)
    stranger = Fence(SYMBOL, "a", held.epoch + 1)
    with pytest.raises(ConflictError, match=f"owner of {SYMBOL}"):
        await store.commit(PutDown((stranger,), (order(1),), ()))
    assert await known(store, 1) == []
    assert await known(store, 9) == [("", order(9).status, 0)]


async def test_what_the_records_refuse_is_said_as_it_is_elsewhere(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
        await unit.orders.add([order(1)])
    with pytest.raises(ConflictError, match="used before"):
        await store.commit(PutDown((), (order(1), order(2)), ()))
    with pytest.raises(NotFoundError, match="participant"):
        await store.commit(PutDown((), (order(3, participant_id="nobody"),), ()))
    assert await known(store, 2, 3) == []


@pytest.mark.slow
async def test_a_claim_waits_for_orders_under_the_epoch_before_it(server: Database) -> None:
    """They lock the owner's row until they are committed: held up here by a lock of theirs."""
    store = DatabaseStore(server)
    (fence,) = await owned(store, SYMBOL)
    async with store.transaction() as unit:
        await enroll(unit)
        await unit.orders.add([order(9)])
    lock = "SELECT 1 FROM mm_orders FOR UPDATE"
    async with (
        asyncio.timeout(120),
        asyncio.TaskGroup() as group,
        server.writer.connect() as connection,
    ):
        await connection.execute(text(lock))
        change = (news(9, OrderStatus.LIVE, 1),)
        putting = group.create_task(store.commit(PutDown((fence,), (order(1),), change)))
        await _waits(server, 1)
        claiming = group.create_task(_claimed(store))
        await _waits(server, 2)
        assert [putting.done(), claiming.done()] == [False, False]
    assert len(await known(store, 1)) == 1
    later = claiming.result()
    assert later is not None
    assert later.epoch == fence.epoch + 1
    with pytest.raises(ConflictError, match="epoch 2"):
        await store.commit(PutDown((fence,), (order(2),), ()))


WAITING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def _waits(server: Database, count: int) -> None:
    """Until so many wait for a lock."""
    asked = text(f"SELECT count(*) {WAITING}")
    while True:
        async with server.writer.connect() as connection:
            if (await connection.execute(asked)).scalar() == count:
                return


async def _claimed(store: Store) -> Fence | None:
    async with store.transaction() as unit:
        return await unit.owners.claim(SYMBOL, "a", LONG)


@pytest.mark.slow
async def test_on_postgresql_it_is_one_statement_and_no_transaction_around_it(
    server: Database,
) -> None:
    store, said = DatabaseStore(server), list[str]()
    (fence,) = await owned(store, SYMBOL)
    async with store.transaction() as unit:
        await enroll(unit)
    await store.commit(PutDown((fence,), (order(1),), ()))
    async with server.intents.lent() as raw:
        raw.add_query_logger(lambda record: said.append(record.query))
    await store.commit(PutDown((fence,), (order(2),), (news(1, OrderStatus.LIVE, 1),)))
    await store.commit(PutDown((fence,), (order(3),), ()))
    await store.commit(PutDown((), (), (news(2, OrderStatus.LIVE, 1),)))
    await asyncio.sleep(0)  # until the driver has noted the last one
    assert [line.split()[0] for line in said] == ["WITH"] * 3


@pytest.mark.slow
async def test_only_news_that_need_not_be_forced_do_not_wait_for_the_disk_of_postgresql(
    server: Database,
) -> None:
    store, said = DatabaseStore(server), list[str]()
    async with store.transaction() as unit:
        await enroll(unit)
    await store.commit(PutDown((), (order(1),), ()))
    async with server.intents.lent() as forced, server.news.lent() as loose:
        asked = "SELECT setting FROM pg_settings WHERE name = 'synchronous_commit' AND source ="
        set_by_us = [await raw.fetchval(f"{asked} 'client'") for raw in (forced, loose)]
        loose.add_query_logger(lambda record: said.append(record.query))
    assert set_by_us == [None, "off"]
    await store.commit(PutDown((), (), (news(1, OrderStatus.LIVE, 1),)))
    assert said == []
    await store.commit(PutDown((), (), (news(1, OrderStatus.LIVE, 2),), forced=False))
    await asyncio.sleep(0)  # until the driver has noted it
    assert [line.split()[0] for line in said] == ["WITH"]
    assert await known(store, 1) == [("", OrderStatus.LIVE, 2)]


@pytest.mark.slow
async def test_news_find_their_orders_by_index_in_a_database_of_which_nothing_is_known_yet(
    server: Database,
) -> None:
    """Its plan is kept for as long as the connection: one that was made for an empty table walked
    through all orders for each commit."""
    async with server.intents.lent() as raw:
        await raw.execute("SET plan_cache_mode = force_generic_plan")
        await raw.execute(f"PREPARE put_down AS {statement(StatementParts(True, True, True))}")
        nothing = ", ".join(["'[]'"] * len(StatementParts._fields))
        lines = [row[0] for row in await raw.fetch(f"EXPLAIN EXECUTE put_down ({nothing})")]
    assert not [line for line in lines if "Seq Scan" in line], "\n".join(lines)
    assert [line for line in lines if "uq_mm_orders_client_order_id" in line]


@pytest.mark.slow
async def test_a_connection_that_breaks_leaves_it_open_whether_it_is_on_record(
    server: Database,
) -> None:
    store = DatabaseStore(server)
    async with store.transaction() as unit:
        await enroll(unit)
    await store.commit(PutDown((), (order(1),), ()))
    end = text(f"SELECT pg_terminate_backend(pid) {WAITING}")
    async with asyncio.TaskGroup() as group, server.writer.connect() as connection:
        await connection.execute(text("LOCK TABLE mm_orders IN SHARE MODE"))
        breaking = group.create_task(_broken(store, PutDown((), (order(2),), ())))
        await _waits(server, 1)
        await connection.execute(end)
        await breaking
    await store.commit(PutDown((), (order(3),), ()))
    assert [len(await known(store, number)) for number in (1, 2, 3)] == [1, 0, 1]


async def _broken(store: Store, what: PutDown) -> None:
    with pytest.raises(StoreUnavailableError):
        await store.commit(what)


async def test_values_at_the_edge_of_what_is_taken_are_on_record_as_they_were_given(
    store: Store,
) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    edge = order(
        1,
        size=Lots(2**63 - 1),
        tick_size=Decimal("1E-18"),
        lot_size=Decimal("12345678901234567890.000000001"),
        reason='a "quoted" \\ line\n\t, ünïcode 漢字 \U0001f600 {}[]',
    )
    await store.commit(PutDown((), (edge,), ()))
    async with store.reading() as unit:
        assert await unit.orders.get([edge.client_order_id]) == (edge,)


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "\0"},
        {"reason": "\ud800"},
        {"tick_size": Decimal("NaN")},
        {"lot_size": Decimal("Infinity")},
    ],
)
async def test_what_is_no_text_or_no_amount_is_refused(store: Store, fields: Any) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    with pytest.raises(InvalidFieldError):
        await store.commit(PutDown((), (order(1, **fields),), ()))
    assert await known(store, 1) == []
    await store.commit(PutDown((), (order(2),), ()))
    if "reason" in fields:
        told = PutDown((), (), (news(2, OrderStatus.REJECTED, 0, fields["reason"]),))
        with pytest.raises(InvalidFieldError):
            await store.commit(told)
        assert await known(store, 2) == [("", order(2).status, 0)]
