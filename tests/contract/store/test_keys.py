import asyncio

import pytest
from msgspec.structs import replace

from market_maker.model.records import KeyRecord
from market_maker.model.units import Nanos
from market_maker.ports import Store
from tests.builders import NOW, key

pytestmark = pytest.mark.anyio


async def test_a_key_is_taken_once_for_each_caller_and_remembers_its_answer(store: Store) -> None:
    async with store.transaction() as unit:
        assert await unit.keys.take(key()) is None
        assert await unit.keys.take(key(subject="risk-joe")) is None
    async with store.transaction() as unit:
        assert await unit.keys.take(key(fingerprint="other")) == key()
        await unit.keys.answer("ops-jane", "k1", 201, b'{"id":\x00\xff}')
    async with store.transaction() as unit:
        answered = replace(key(), status=201, answer=b'{"id":\x00\xff}')
        assert await unit.keys.take(key()) == answered
        assert await unit.keys.take(key(subject="risk-joe")) == key(subject="risk-joe")


async def test_a_released_key_is_free_again(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.keys.take(key())
        await unit.keys.release("ops-jane", "k1")
        assert await unit.keys.take(key(fingerprint="new")) is None


async def test_of_many_who_take_a_key_at_once_one_gets_it(store: Store) -> None:
    async def take(number: int) -> KeyRecord | None:
        async with store.transaction() as unit:
            return await unit.keys.take(key(fingerprint=str(number)))

    outcomes = await asyncio.gather(*(take(number) for number in range(20)))
    (winner,) = [number for number, found in enumerate(outcomes) if found is None]
    assert {found.fingerprint for found in outcomes if found} == {str(winner)}


async def test_old_keys_are_forgotten(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.keys.take(key("old", created_at=Nanos(NOW - 1)))
        await unit.keys.take(key("new"))
        assert await unit.keys.purge(NOW) == 1
        assert await unit.keys.take(key("old")) is None
        assert await unit.keys.take(key("new")) == key("new")
