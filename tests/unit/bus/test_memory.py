import asyncio

import pytest

from market_maker.bus.memory import Batch, MemoryBus
from market_maker.bus.topics import RISK_TRIGGERED, STATE_CHANGED
from tests.contract.bus.test_bus import event

pytestmark = pytest.mark.anyio


async def test_a_reader_sees_its_topics_from_when_it_came() -> None:
    bus = MemoryBus()
    await bus.publish(event(1))
    states, everything = bus.subscribe(STATE_CHANGED), bus.subscribe()
    risk = event(2, topic=RISK_TRIGGERED)
    await bus.publish(risk)
    await bus.publish(event(3))
    assert await states.take() == Batch((event(3),), 0)
    assert await everything.take() == Batch((risk, event(3)), 0)


async def test_publishing_never_waits_for_a_reader_and_a_slow_one_gets_what_it_missed() -> None:
    bus = MemoryBus(capacity=3)
    slow = bus.subscribe()
    for number in range(1, 11):
        await bus.publish(event(number))
    assert await slow.take() == Batch((event(8), event(9), event(10)), 7)
    await bus.publish(event(11))
    assert await slow.take() == Batch((event(11),), 0)


async def test_a_reader_waits_until_something_of_its_topics_is_there() -> None:
    bus = MemoryBus()
    reader = bus.subscribe(RISK_TRIGGERED)
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(reader.take())
        await asyncio.sleep(0)
        await bus.publish(event(1))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not taking.done()
        risk = event(2, topic=RISK_TRIGGERED)
        await bus.publish(risk)
    assert taking.result() == Batch((risk,), 0)


async def test_many_readers_are_all_woken() -> None:
    bus = MemoryBus()
    readers = [bus.subscribe() for _ in range(20)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(reader.take()) for reader in readers]
        await asyncio.sleep(0)
        await bus.publish(event(1))
    assert {task.result().events for task in tasks} == {(event(1),)}
