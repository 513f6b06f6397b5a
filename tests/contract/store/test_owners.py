"""A symbol has one owner and an epoch, and nothing is put on record under an old one."""

import asyncio

import pytest
from sqlalchemy import URL

from market_maker.clocks import WallClock
from market_maker.execution.symbol_lease import SymbolLease
from market_maker.model.errors import ConflictError, InvalidDataError, StoreUnavailableError
from market_maker.model.ownership import Fence
from market_maker.model.records import Criteria
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Renewal, Store
from market_maker.storage.database import Database, open_database
from market_maker.storage.store import DatabaseStore
from tests.builders import SYMBOL, enroll, order

pytestmark = pytest.mark.anyio

LONG = Nanos(3_600 * NANOS_PER_SECOND)
OVER = Nanos(-NANOS_PER_SECOND)
"""A lease that has ended already."""
OTHER = "ETHUSDT-PERP"


async def enlist(store: Store, *names: str, lease: Nanos = LONG) -> None:
    for name in names:
        async with store.transaction() as unit:
            await unit.owners.enlist(name, lease, alone=False)


async def claim(store: Store, worker: str, symbol: str = SYMBOL) -> Fence | None:
    async with store.transaction() as unit:
        return await unit.owners.claim(symbol, worker, LONG)


async def renew(store: Store, worker: str, lease: Nanos = LONG) -> bool:
    async with store.transaction() as unit:
        return await unit.owners.renew(worker, lease)


async def test_work_for_a_renewal_renews_and_says_whether_there_was_a_lease(store: Store) -> None:
    await enlist(store, "a", lease=OVER)
    assert await store.commit(Renewal("a", LONG)) is True
    assert await store.commit(Renewal("b", LONG)) is False
    assert await claim(store, "a") is not None
    await enlist(store, "b")
    assert await claim(store, "b") is None


@pytest.mark.slow
async def test_on_postgresql_a_renewal_is_one_statement_and_no_transaction_around_it(
    server: Database,
) -> None:
    store, said = DatabaseStore(server), list[str]()
    await enlist(store, "a")
    assert await store.commit(Renewal("a", LONG))
    (kept,) = server.committing.idle
    kept.raw.add_query_logger(lambda record: said.append(record.query))
    assert await store.commit(Renewal("a", LONG))
    await asyncio.sleep(0)  # until the driver has noted it
    assert [line.split()[0] for line in said] == ["UPDATE"]


async def holds(store: Store, *fences: Fence) -> bool:
    try:
        async with store.transaction() as unit:
            await unit.owners.hold(fences)
    except ConflictError:
        return False
    return True


async def test_a_symbol_that_is_given_up_is_free_at_once_and_an_old_fence_frees_nothing(
    store: Store,
) -> None:
    await enlist(store, "a", "b")
    first = await claim(store, "a")
    second = await claim(store, "a")
    async with store.transaction() as unit:
        await unit.owners.release(first)
    assert await claim(store, "b") is None
    async with store.transaction() as unit:
        await unit.owners.release(second)
    assert await claim(store, "b") == Fence(SYMBOL, "b", 3)
    async with store.transaction() as unit:
        await unit.owners.release(second)
    assert await holds(store, Fence(SYMBOL, "b", 3))


async def test_a_free_symbol_is_claimed_in_its_first_epoch_and_again_in_the_next(
    store: Store,
) -> None:
    await enlist(store, "a")
    assert await claim(store, "a") == Fence(SYMBOL, "a", 1)
    assert await claim(store, "a") == Fence(SYMBOL, "a", 2)
    assert await claim(store, "a", OTHER) == Fence(OTHER, "a", 1)
    assert not await holds(store, Fence(SYMBOL, "a", 1))
    assert await holds(store, Fence(SYMBOL, "a", 2), Fence(OTHER, "a", 1))
    assert await holds(store)


async def test_a_symbol_whose_owner_lives_is_not_to_be_had(store: Store) -> None:
    await enlist(store, "a", "b")
    mine = await claim(store, "a")
    assert await claim(store, "b") is None
    assert await holds(store, mine)


async def test_who_claims_after_a_lease_has_ended_strikes_its_worker_off(store: Store) -> None:
    await enlist(store, "a", "b")
    old = await claim(store, "a")
    assert await renew(store, "a", OVER)
    assert await claim(store, "b") == Fence(SYMBOL, "b", 2)
    assert not await holds(store, old)
    assert not await renew(store, "a")
    with pytest.raises(ConflictError, match="struck off"):
        await claim(store, "a", OTHER)


async def test_a_lease_that_was_given_before_the_clock_was_set_back_ends_in_time(
    store: Store,
) -> None:
    """Its end stands hours ahead, and its worker may be dead."""
    brief = Nanos(NANOS_PER_SECOND // 5)
    await enlist(store, "a", "b")
    await claim(store, "a")

    async def claimed() -> Fence | None:
        async with store.transaction() as unit:
            return await unit.owners.claim(SYMBOL, "b", brief)

    assert await claimed() is None
    async with asyncio.timeout(120):
        while (fence := await claimed()) is None:  # noqa: ASYNC110  a database sends no event
            await asyncio.sleep(0.02)
    assert fence == Fence(SYMBOL, "b", 2)
    assert not await renew(store, "a")


async def test_a_lease_that_ended_unnoticed_is_renewed(store: Store) -> None:
    await enlist(store, "a", "b")
    mine = await claim(store, "a")
    await renew(store, "a", OVER)
    assert await renew(store, "a")
    assert await claim(store, "b") is None
    assert await holds(store, mine)


async def test_who_retires_frees_its_symbols_and_no_others(store: Store) -> None:
    await enlist(store, "a", "b")
    mine, kept = await claim(store, "a"), await claim(store, "b", OTHER)
    async with store.transaction() as unit:
        await unit.owners.retire("a")
    assert not await holds(store, mine)
    assert await holds(store, kept)
    assert await claim(store, "b") == Fence(SYMBOL, "b", 2)


async def test_who_is_proved_to_be_alone_waits_for_no_lease(store: Store) -> None:
    await enlist(store, "a")
    old = await claim(store, "a")
    async with store.transaction() as unit:
        await unit.owners.enlist("b", LONG, alone=True)
    assert not await renew(store, "a")
    assert await claim(store, "b") == Fence(SYMBOL, "b", 2)
    assert not await holds(store, old)


async def test_a_worker_s_name_is_used_once(store: Store) -> None:
    await enlist(store, "a")
    with pytest.raises(ConflictError, match="used before"):
        await enlist(store, "a")


async def test_a_refusal_names_both_owners(store: Store) -> None:
    await enlist(store, "a")
    await claim(store, "a")
    said = "owner of BTCUSDT-PERP: no longer b, epoch 7; it is 'a, epoch 1' now"
    async with store.reading() as unit:
        assert await unit.pools.get(SYMBOL) is None
    with pytest.raises(ConflictError) as caught:
        async with store.transaction() as unit:
            await unit.owners.hold([Fence(SYMBOL, "b", 7)])
    assert str(caught.value) == said
    with pytest.raises(ConflictError, match="'no worker, epoch 0' now"):
        async with store.transaction() as unit:
            await unit.owners.hold([Fence(OTHER, "b", 7)])


async def test_orders_of_an_old_epoch_are_not_put_on_record(store: Store) -> None:
    await enlist(store, "a", "b", lease=OVER)
    old = await claim(store, "a")
    new = await claim(store, "b")
    async with store.transaction() as unit:
        await enroll(unit)
    for number, fence in ((1, old), (2, new)):
        try:
            async with store.transaction() as unit:
                await unit.owners.hold([fence])
                await unit.orders.add([order(number)])
        except ConflictError:
            assert fence is old
    async with store.reading() as unit:
        assert [row.order_id for row in (await unit.orders.page(Criteria(), 9)).items] == [2]


async def test_of_two_that_claim_at_once_one_has_it(store: Store) -> None:
    await enlist(store, "a", "b", "c", "d")
    claims = [claim(store, name) for name in "abcd"]
    won = [fence for fence in await asyncio.gather(*claims) if fence is not None]
    assert [fence.epoch for fence in won] == [1]
    assert await holds(store, *won)


async def test_a_worker_that_was_taken_over_from_learns_it_when_it_renews(store: Store) -> None:
    one, two = (SymbolLease(store, WallClock(), name, lease=LONG) for name in ("one", "two"))
    await one.begin(alone=False)
    await one.take(SYMBOL)
    fence = one.fence(SYMBOL)
    assert one.problem(fence) == ""
    await one.renew()
    await two.begin(alone=True)
    await two.take(SYMBOL)
    with pytest.raises(InvalidDataError, match="worker one: lost its lease"):
        await one.renew()
    assert "another worker has taken over" in one.problem(fence)
    assert two.problem(two.fence(SYMBOL)) == ""


async def test_a_worker_that_released_its_symbols_goes_on_ending_in_peace(store: Store) -> None:
    """Its service serves for another moment, and has renewed its lease until then."""
    one = SymbolLease(store, WallClock(), "one", lease=LONG)
    await one.begin(alone=False)
    await one.take(SYMBOL)
    await asyncio.gather(one.renew(), one.release(), one.renew())
    await one.renew()
    assert "released" in one.problem(one.fence(SYMBOL))


@pytest.fixture
async def other(server_url: URL):
    """A second worker's way to the same database."""
    opened = open_database(server_url)
    yield DatabaseStore(opened)
    await opened.close()


@pytest.mark.slow
async def test_a_claim_waits_for_orders_that_are_being_put_on_record(
    server: Database, other: Store
) -> None:
    """A worker that claims reads what is on record next, and must not miss one of them."""
    store = DatabaseStore(server)
    await enlist(store, "a", "b", lease=OVER)
    old = await claim(store, "a")
    async with store.transaction() as unit:
        await enroll(unit)
    async with store.transaction() as unit:
        await unit.owners.hold([old])
        claiming = asyncio.get_running_loop().create_task(claim(other, "b"))
        await waits_for_a_lock(server)
        await unit.orders.add([order(1)])
        assert not claiming.done()
    assert await claiming == Fence(SYMBOL, "b", 2)
    async with other.reading() as unit:
        assert await unit.orders.last_order_id(SYMBOL) == 1


@pytest.mark.slow
async def test_a_renewal_that_waits_for_a_claim_finds_its_worker_struck_off(
    server: Database, other: Store
) -> None:
    store = DatabaseStore(server)
    await enlist(store, "a", "b", lease=OVER)
    await claim(store, "a")
    async with store.transaction() as unit:
        assert await unit.owners.claim(SYMBOL, "b", LONG) == Fence(SYMBOL, "b", 2)
        renewing = asyncio.get_running_loop().create_task(renew(other, "a"))
        await waits_for_a_lock(server)
    assert not await renewing


@pytest.mark.slow
async def test_a_worker_that_is_frozen_in_a_transaction_holds_its_symbol_for_seconds_only(
    server: Database, other: Store
) -> None:
    """Its session lives on, whatever its lease says."""
    store = DatabaseStore(server)
    await enlist(store, "a", "b", lease=OVER)
    old = await claim(store, "a")

    async def freeze() -> None:
        async with store.transaction() as unit:
            await unit.owners.hold([old])
            assert await claim(other, "b") == Fence(SYMBOL, "b", 2)
            await unit.owners.hold([old])

    with pytest.raises(StoreUnavailableError):
        await freeze()


async def waits_for_a_lock(database: Database) -> None:
    """Until a session of this database does."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock'"
    )
    async with database.reader.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not (await autocommit.exec_driver_sql(query)).scalar():  # noqa: ASYNC110
            await asyncio.sleep(0)
