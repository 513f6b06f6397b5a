import asyncio
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from market_maker.venues.exchange.pump import BATCHES_MAX, Pump

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Source:
    """came: each thing is a batch of its own, or raised. taken: how many were."""

    def __init__(self, *things: object) -> None:
        self.came: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.taken = threading.Semaphore(0)
        for each in things:
            self.came.put(each)

    def fetch(self) -> list[object]:
        try:
            found = self.came.get(timeout=0.01)
        except queue.Empty:
            return []
        self.taken.release()
        if isinstance(found, Exception):
            raise found
        return [found]


@contextmanager
def pumping(source: Source) -> Iterator[Pump[list[object]]]:
    with ThreadPoolExecutor(1) as thread:
        pump = Pump(source.fetch)
        pump.begin(thread)
        try:
            yield pump
        finally:
            pump.end()


async def took(pump: Pump[list[object]], count: int) -> list[object]:
    found: list[object] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            found += await pump.next()
    return found


async def test_messages_are_fetched_before_they_are_asked_for_and_come_in_order() -> None:
    source = Source(*range(3))
    with pumping(source) as pump:
        for _ in range(3):
            assert await asyncio.to_thread(source.taken.acquire, timeout=60)
        assert await took(pump, 3) == [0, 1, 2]
        source.came.put(3)
        assert await took(pump, 1) == [3]


async def test_a_loop_that_takes_nothing_is_left_a_few_batches_and_no_more() -> None:
    many = 10 * BATCHES_MAX
    source = Source(*range(many))
    with pumping(source) as pump:
        # One more is in the thread's hand.
        for _ in range(BATCHES_MAX + 1):
            assert await asyncio.to_thread(source.taken.acquire, timeout=60)
        assert not source.taken.acquire(blocking=False)
        assert len(pump._batches) <= BATCHES_MAX
        assert await took(pump, many) == list(range(many))


async def test_engines_have_a_turn_between_two_batches() -> None:
    source, turns = Source(*range(BATCHES_MAX)), []
    with pumping(source) as pump:
        for _ in range(BATCHES_MAX):
            assert await asyncio.to_thread(source.taken.acquire, timeout=60)
        for count in range(BATCHES_MAX):
            asyncio.get_running_loop().call_soon(turns.append, count)
            await took(pump, 1)
            assert turns == list(range(count + 1))


async def test_what_is_raised_comes_after_what_was_fetched() -> None:
    with pumping(Source("a", OSError("broken"))) as pump:
        assert await took(pump, 1) == ["a"]
        with pytest.raises(OSError, match="broken"):
            await took(pump, 1)


async def test_an_end_frees_a_thread_that_waits_for_room() -> None:
    source = Source(*range(10 * BATCHES_MAX))
    with ThreadPoolExecutor(1) as thread:
        pump = Pump(source.fetch)
        pump.begin(thread)
        for _ in range(BATCHES_MAX + 1):
            assert await asyncio.to_thread(source.taken.acquire, timeout=60)
        pump.end()
        async with asyncio.timeout(60):
            assert await asyncio.get_running_loop().run_in_executor(thread, lambda: True)
