import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.errors import ConflictError, InvalidFieldError, NotFoundError
from market_maker.model.records import PoolRecord
from market_maker.model.units import Nanos
from market_maker.ports import Store
from tests.builders import ACME, NOW, SYMBOL, enroll, member, pool

pytestmark = pytest.mark.anyio

LATER = Nanos(NOW + 5)


async def test_a_pool_comes_back_as_it_was_stored_without_its_members(store: Store) -> None:
    config = pool(
        gamma=Decimal("0.123456789012"),
        strategy="glft",
        strategy_params={"alpha": 0.1, "on": True, "n": 3, "name": "é", "none": None},
        cancel_reserve_pct=Decimal("12.5"),
        enabled=True,
        version=9,
    )
    async with store.transaction() as unit:
        stored = await unit.pools.add(replace(config, members=(member(),)), NOW)
    expected = PoolRecord(config=replace(config, version=1), created_at=NOW, updated_at=NOW)
    assert stored == expected
    async with store.reading() as unit:
        assert await unit.pools.get(SYMBOL) == expected
        assert await unit.pools.get("ETHUSDT-PERP") is None


async def test_a_symbol_has_one_pool(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.pools.add(pool(), NOW)
    with pytest.raises(ConflictError, match="symbol"):
        async with store.transaction() as unit:
            await unit.pools.add(pool(gamma=Decimal(2)), NOW)


async def test_replacing_a_pool_raises_its_version_and_keeps_its_birthday(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.pools.add(pool(), NOW)
    async with store.transaction() as unit:
        changed = await unit.pools.replace(pool(gamma=Decimal(2)), 1, LATER)
    assert changed.config == pool(gamma=Decimal(2), version=2)
    assert (changed.created_at, changed.updated_at) == (NOW, LATER)


async def test_replacing_an_old_version_is_refused_with_the_current_one(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.pools.add(pool(), NOW)
        await unit.pools.replace(pool(gamma=Decimal(2)), 1, LATER)
    with pytest.raises(ConflictError) as refused:
        async with store.transaction() as unit:
            await unit.pools.replace(pool(gamma=Decimal(3)), 1, LATER)
    assert (refused.value.field, refused.value.current) == ("version", 2)
    with pytest.raises(NotFoundError):
        async with store.transaction() as unit:
            await unit.pools.replace(pool("NONE"), 1, LATER)


async def test_of_many_replacing_the_same_version_at_once_exactly_one_wins(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.pools.add(pool(), NOW)

    async def put(gamma: int) -> bool:
        try:
            async with store.transaction() as unit:
                await unit.pools.replace(pool(gamma=Decimal(gamma)), 1, LATER)
        except ConflictError:
            return False
        return True

    won = await asyncio.gather(*(put(gamma) for gamma in range(1, 21)))
    assert won.count(True) == 1
    async with store.reading() as unit:
        stored = await unit.pools.get(SYMBOL)
    assert stored is not None
    assert stored.config == pool(gamma=Decimal(won.index(True) + 1), version=2)


async def test_locking_a_pool_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no pool 'NONE'"):
        async with store.transaction() as unit:
            await unit.pools.lock("NONE")


async def test_under_its_lock_a_pool_stays_as_it_was_read(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.pools.add(pool(max_messages_per_second=1000), NOW)

    async def increment() -> None:
        async with store.transaction() as unit:
            found = await unit.pools.lock(SYMBOL)
            more = replace(
                found.config, max_messages_per_second=found.config.max_messages_per_second + 1
            )
            await unit.pools.replace(more, found.config.version, LATER)

    await asyncio.gather(*(increment() for _ in range(20)))
    async with store.reading() as unit:
        stored = await unit.pools.get(SYMBOL)
    assert stored is not None
    assert stored.config.max_messages_per_second == 1020
    assert stored.config.version == 21


async def test_removing_a_pool_removes_its_memberships_only(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
        await unit.pools.add(pool(), NOW)
        await unit.members.add(SYMBOL, member(), NOW)
        await unit.pools.remove(SYMBOL)
        assert await unit.pools.get(SYMBOL) is None
        assert await unit.members.of_participant(ACME) == ()
        assert await unit.participants.get(ACME) is not None
        with pytest.raises(NotFoundError):
            await unit.pools.remove(SYMBOL)


async def test_pages_of_pools_are_sorted_by_code_point_and_lose_none(store: Store) -> None:
    names = ["B", "a", "A", "b-1", "b_1", "é", "Z", "日本", "\U0001f600", "a b"]
    async with store.transaction() as unit:
        for name in names:
            await unit.pools.add(pool(name), NOW)
    seen: list[str] = []
    cursor = None
    while True:
        async with store.reading() as unit:
            page = await unit.pools.page(3, cursor)
        seen += [found.config.symbol for found in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.items) == 3
    assert seen == sorted(names)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
async def test_a_limit_out_of_bounds_is_refused(store: Store, limit: int) -> None:
    async with store.reading() as unit:
        with pytest.raises(InvalidFieldError, match="limit"):
            await unit.pools.page(limit)


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "WzFd", "WyJhIiwiYiJd", "====", "bnVsbA", "WyJhIl0=" * 2]
)
async def test_a_cursor_that_is_none_is_refused(store: Store, cursor: str) -> None:
    async with store.reading() as unit:
        with pytest.raises(InvalidFieldError, match="cursor"):
            await unit.pools.page(10, cursor)
