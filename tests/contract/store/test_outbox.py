import asyncio
import random

import pytest

from market_maker.model.errors import ConflictError
from market_maker.model.records import OutboxBacklog
from market_maker.model.units import Nanos
from market_maker.ports import Store
from tests.builders import NOW, event

pytestmark = pytest.mark.anyio

LEASE = Nanos(1_000)


async def add(store: Store, *numbers: int, key: str = "K") -> None:
    async with store.transaction() as unit:
        await unit.outbox.add([event(number, key) for number in numbers])


async def claim(store: Store, at: int = 0, limit: int = 100) -> list[str]:
    async with store.transaction() as unit:
        claimed = await unit.outbox.claim(Nanos(NOW + at), LEASE, limit)
    return [found.event_id for found in claimed]


async def publish(store: Store, event_ids: list[str]) -> None:
    async with store.transaction() as unit:
        await unit.outbox.published(event_ids, NOW)


async def backlog(store: Store) -> OutboxBacklog:
    async with store.reading() as unit:
        return await unit.outbox.backlog()


async def test_events_are_claimed_once_as_they_were_added_and_then_published(
    store: Store,
) -> None:
    await add(store, 1, 2)
    async with store.transaction() as unit:
        claimed = await unit.outbox.claim(NOW, LEASE, 100)
    assert claimed == (event(1, "K"), event(2, "K"))
    assert await claim(store, 999) == []
    assert await backlog(store) == OutboxBacklog(2, 0, Nanos(NOW + 1))
    await publish(store, ["event-1", "event-2"])
    assert await claim(store, 5_000) == []
    assert await backlog(store) == OutboxBacklog(0, 0, None)


async def test_an_event_of_a_transaction_that_failed_is_never_seen(store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as unit:
            await unit.outbox.add([event(1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await claim(store) == []


async def test_an_event_id_is_used_once(store: Store) -> None:
    await add(store, 1)
    with pytest.raises(ConflictError, match="event-1"):
        await add(store, 2, 1)


async def test_what_a_dead_relay_held_is_free_when_its_lease_is_over(store: Store) -> None:
    await add(store, 1, 2)
    assert await claim(store) == ["event-1", "event-2"]
    assert await claim(store, 1_000) == ["event-1", "event-2"]


async def test_a_key_with_a_held_event_waits_and_other_keys_go_on(store: Store) -> None:
    await add(store, 1, 2, 3, key="A")
    assert await claim(store, limit=1) == ["event-1"]
    await add(store, 4, key="B")
    assert await claim(store, 1) == ["event-4"]
    await publish(store, ["event-1"])
    assert await claim(store, 2) == ["event-2", "event-3"]


async def test_what_failed_is_given_back_and_a_poisonous_event_parks_its_key_only(
    store: Store,
) -> None:
    await add(store, 1, 2, key="A")
    await add(store, 3, key="B")
    await claim(store)
    async with store.transaction() as unit:
        await unit.outbox.failed(["event-3"], park=False)
        await unit.outbox.failed(["event-1", "event-2"], park=True)
    assert await backlog(store) == OutboxBacklog(3, 2, Nanos(NOW + 1))
    await add(store, 4, key="A")
    assert await claim(store, 1) == ["event-3"]
    assert await claim(store, 9_000) == ["event-3"]
    async with store.transaction() as unit:
        assert await unit.outbox.unpark("A") == 2
        assert await unit.outbox.unpark("A") == 0
    assert await claim(store, 2) == ["event-1", "event-2", "event-4"]


async def test_published_events_are_forgotten_later(store: Store) -> None:
    await add(store, 1, 2)
    await publish(store, ["event-1"])
    async with store.transaction() as unit:
        assert await unit.outbox.purge(NOW) == 0
        assert await unit.outbox.purge(Nanos(NOW + 1)) == 1
    assert await claim(store) == ["event-2"]


async def test_relays_side_by_side_lose_no_event_double_none_and_keep_each_keys_order(
    store: Store,
) -> None:
    keys = ["A", "B", "C", "D"]
    numbers = iter(range(1, 10_000))
    chance = random.Random(3)
    written: dict[str, list[str]] = {key: [] for key in keys}
    published: dict[str, list[str]] = {key: [] for key in keys}

    async def write(key: str) -> None:
        # As a symbol's transactions do, a key's writers take turns.
        for _ in range(20):
            events = [event(next(numbers), key) for _ in range(chance.randrange(1, 4))]
            async with store.transaction() as unit:
                await unit.outbox.add(events)
            written[key] += [e.event_id for e in events]

    async def relay() -> None:
        while writing or (await backlog(store)).waiting > 0:
            async with store.transaction() as unit:
                claimed = await unit.outbox.claim(NOW, LEASE, 7)
            for found in claimed:
                published[found.key].append(found.event_id)
            await asyncio.sleep(0)
            async with store.transaction() as unit:
                await unit.outbox.published([found.event_id for found in claimed], NOW)

    async def writers() -> None:
        await asyncio.gather(*(write(key) for key in keys))
        writing.clear()

    writing = [True]
    await asyncio.gather(writers(), relay(), relay(), relay())
    assert published == written
