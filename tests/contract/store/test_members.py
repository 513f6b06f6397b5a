import asyncio
import random
from collections.abc import Awaitable
from decimal import Decimal

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError, InvalidFieldError, NotFoundError
from market_maker.model.records import KnownMember
from market_maker.model.units import Nanos
from market_maker.ports import Store
from market_maker.storage.database import Database
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, SYMBOL, enroll, member, pool

pytestmark = pytest.mark.anyio

LATER = Nanos(NOW + 5)

INSERT = text(
    "INSERT INTO mm_pool_members VALUES (:symbol, :name, :weight, :limit, :limit, true, 1, 0, 0)"
)


async def prepare(store: Store, *names: str) -> None:
    async with store.transaction() as unit:
        await enroll(unit, *names)
        await unit.pools.add(pool(), NOW)


async def total_weight(store: Store) -> Decimal:
    async with store.reading() as unit:
        found = await unit.members.of_pool(SYMBOL)
    return sum((m.member.capital_weight_pct for m in found if m.member.active), Decimal(0))


@pytest.mark.thorough
async def test_a_member_comes_back_and_its_pool_has_a_new_version(store: Store) -> None:
    await prepare(store, "acme")
    async with store.transaction() as unit:
        added = await unit.members.add(SYMBOL, member(weight="33.333333333333"), LATER)
    assert (added.symbol, added.member, added.version) == (
        SYMBOL,
        member(weight="33.333333333333"),
        1,
    )
    async with store.reading() as unit:
        assert await unit.members.get(SYMBOL, ACME) == added
        assert await unit.members.of_pool(SYMBOL) == (added,)
        assert await unit.members.of_participant(ACME) == (added,)
        found = await unit.pools.get(SYMBOL)
    assert found is not None
    assert (found.config.version, found.updated_at) == (2, LATER)


async def test_members_of_several_pools_and_the_sum_of_each_ones_limits(store: Store) -> None:
    other, none = "ETHUSDT-PERP", "SOLUSDT-PERP"
    await prepare(store, "acme", "beta", "carl")
    async with store.transaction() as unit:
        await unit.pools.add(pool(other), NOW)
        await unit.pools.add(pool(none), NOW)
        acme = await unit.members.add(SYMBOL, member("acme", 50, "20000.10"), NOW)
        there = await unit.members.add(other, member("acme", 50, "0.20"), NOW)
        beta = await unit.members.add(SYMBOL, member("beta", 10, 5_000), NOW)
        left = replace(beta.member, active=False)
        gone = await unit.members.replace(SYMBOL, left, beta.version, LATER)
    async with store.reading() as unit:
        found = await unit.members.of_pools([SYMBOL, other, none])
        assert found == {SYMBOL: (acme, gone), other: (there,), none: ()}
        assert await unit.members.limits(["acme", "beta", "carl"]) == {"acme": Decimal("20000.30")}


async def test_members_are_known_with_who_they_are_and_what_all_their_limits_sum_to(
    store: Store,
) -> None:
    other = "ETHUSDT-PERP"
    async with store.glimpse() as unit:
        assert await unit.members.known(SYMBOL) is None
    await prepare(store, "acme", "beta")
    async with store.glimpse() as unit:
        assert await unit.members.known(SYMBOL) == ()
    async with store.transaction() as unit:
        await unit.pools.add(pool(other), NOW)
        await unit.members.add(SYMBOL, member("beta", 10, "2.50"), NOW)
        await unit.members.add(SYMBOL, member("acme", 20, "0.000000000001"), NOW)
        await unit.members.add(other, member("beta", 20, 4), NOW)
        gone = await unit.members.add(other, member("acme", 20, 4), NOW)
        await unit.members.replace(other, replace(gone.member, active=False), 1, NOW)
    async with store.reading() as unit:
        rows = await unit.members.of_pool(SYMBOL)
        people = await unit.participants.some([row.member.participant_id for row in rows])
        limits = await unit.members.limits(list(people))
        expected = [
            KnownMember(row, people[name], limits[name])
            for row in rows
            for name in [row.member.participant_id]
        ]
        assert await unit.members.known(SYMBOL) == tuple(expected)
        (beta, acme) = (await unit.members.known(other) or ())[::-1]
    assert (acme.row.member.active, acme.limits) == (False, Decimal("0.000000000001"))
    assert beta.limits == Decimal("6.50")


async def test_pool_and_participant_must_exist_and_no_participant_joins_twice(store: Store) -> None:
    await prepare(store, "acme")
    async with store.transaction() as unit:
        with pytest.raises(NotFoundError, match="no pool"):
            await unit.members.add("NONE", member(), NOW)
        with pytest.raises(NotFoundError, match="no participant"):
            await unit.members.add(SYMBOL, member("nobody"), NOW)
        await unit.members.add(SYMBOL, member(), NOW)
        with pytest.raises(ConflictError, match="already"):
            await unit.members.add(SYMBOL, member(), NOW)


async def test_weights_sum_to_at_most_a_hundred_to_the_last_digit(store: Store) -> None:
    await prepare(store, "a", "b", "c")
    async with store.transaction() as unit:
        await unit.members.add(SYMBOL, member("a", "33.333333333333"), NOW)
        await unit.members.add(SYMBOL, member("b", "33.333333333333"), NOW)
        with pytest.raises(InvalidFieldError, match="Total capital weight would exceed 100%"):
            await unit.members.add(SYMBOL, member("c", "33.333333333335"), NOW)
        await unit.members.add(SYMBOL, member("c", "33.333333333334"), NOW)
    assert await total_weight(store) == 100


async def test_a_removed_member_frees_its_weight_and_may_return(store: Store) -> None:
    await prepare(store, "a", "b")
    async with store.transaction() as unit:
        first = await unit.members.add(SYMBOL, member("a", "100"), NOW)
        gone = await unit.members.replace(SYMBOL, replace(first.member, active=False), 1, LATER)
        assert (gone.member.active, gone.version, gone.created_at) == (False, 2, NOW)
        await unit.members.add(SYMBOL, member("b", "60"), LATER)
        with pytest.raises(InvalidFieldError):
            await unit.members.add(SYMBOL, member("a", "41"), LATER)
        back = await unit.members.add(SYMBOL, member("a", "40"), LATER)
        assert (back.member.active, back.version) == (True, 3)
    assert await total_weight(store) == 100


async def test_a_change_of_an_old_version_is_refused(store: Store) -> None:
    await prepare(store, "acme")
    async with store.transaction() as unit:
        await unit.members.add(SYMBOL, member(), NOW)
        await unit.members.replace(SYMBOL, member(weight="60"), 1, LATER)
        with pytest.raises(ConflictError) as refused:
            await unit.members.replace(SYMBOL, member(weight="70"), 1, LATER)
        assert (refused.value.field, refused.value.current) == ("version", 2)
        with pytest.raises(NotFoundError, match="member of BTCUSDT-PERP"):
            await unit.members.replace(SYMBOL, member("nobody"), 1, LATER)


async def test_fifty_parallel_additions_never_pass_a_hundred_percent(store: Store) -> None:
    names = [f"p{number:02}" for number in range(50)]
    await prepare(store, *names)
    chance = random.Random(7)
    weights = {name: Decimal(chance.randrange(1, 200)) / 10 for name in names}

    async def add(name: str) -> bool:
        try:
            async with store.transaction() as unit:
                await unit.members.add(SYMBOL, member(name, str(weights[name])), NOW)
        except InvalidFieldError:
            return False
        return True

    added = await asyncio.gather(*(add(name) for name in names))
    total = await total_weight(store)
    assert total == sum(w for w, ok in zip(weights.values(), added, strict=True) if ok)
    refused = [w for w, ok in zip(weights.values(), added, strict=True) if not ok]
    assert total <= 100
    assert all(total + weight > 100 for weight in refused)


async def test_the_database_itself_refuses_weights_above_a_hundred(
    store: Store, database: Database
) -> None:
    await prepare(store, "a", "b", "c")
    whole = Decimal if database.reader.dialect.name == "postgresql" else str
    row = {"symbol": SYMBOL, "limit": whole("1")}
    async with database.writer.begin() as connection:
        await connection.execute(INSERT, row | {"name": "a", "weight": whole("99.999999999999")})
    for name, weight in (("b", "0.000000000002"), ("c", "100")):
        with pytest.raises(IntegrityError, match="Total capital weight would exceed 100%"):
            async with database.writer.begin() as connection:
                await connection.execute(INSERT, row | {"name": name, "weight": whole(weight)})
    async with database.writer.begin() as connection:
        await connection.execute(INSERT, row | {"name": "b", "weight": whole("0.000000000001")})
    update = text("UPDATE mm_pool_members SET capital_weight_pct = :w WHERE participant_id = 'b'")
    with pytest.raises(IntegrityError, match="Total capital weight would exceed 100%"):
        async with database.writer.begin() as connection:
            await connection.execute(update, {"w": whole("0.000000000002")})
    assert await total_weight(store) == 100


@pytest.mark.slow
async def test_without_our_lock_the_database_still_holds_the_sum_under_concurrency(
    server: Database,
) -> None:
    store = DatabaseStore(server)
    await prepare(store, "a", "b")
    row = {"symbol": SYMBOL, "weight": Decimal(60), "limit": Decimal(1)}
    check_now = text("SET CONSTRAINTS ALL IMMEDIATE")

    async def blocked() -> bool:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        async with server.reader.connect() as connection:
            return bool((await connection.execute(text(query))).scalar())

    async with server.writer.connect() as first, server.writer.connect() as second:
        await first.execute(INSERT, row | {"name": "a"})
        await second.execute(INSERT, row | {"name": "b"})
        await first.execute(check_now)
        async with asyncio.TaskGroup() as tasks:
            checking = tasks.create_task(outcome(second.execute(check_now)))
            while not (checking.done() or await blocked()):
                pass
            await first.commit()
        assert "Total capital weight would exceed 100%" in checking.result()
    assert await total_weight(store) == 60


async def outcome(execution: Awaitable[object]) -> str:
    try:
        await execution
    except IntegrityError as error:
        return str(error)
    return "no error"
