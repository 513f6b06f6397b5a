"""What a thread fetches, brought to the event loop without being asked for: asking costs the loop
and the thread a part of what reading a message costs, and waits for both."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

BATCHES_MAX = 2
"""Of batches that the loop has not taken yet: then the thread waits, and what comes meanwhile is
one batch more, not many for each of which it would interrupt a loop that is late already."""

Batch = TypeVar("Batch")


class Pump(Generic[Batch]):
    """From `begin` to `end` the thread does nothing but `fetch`, which comes back soon where there
    is nothing."""

    def __init__(self, fetch: Callable[[], Batch]) -> None:
        self._fetch = fetch
        self._loop = asyncio.get_running_loop()
        self._batches: deque[Batch] = deque()
        self._room = threading.Semaphore(BATCHES_MAX)
        self._arrived = asyncio.Event()
        self._ending = False
        self._running: asyncio.Future[None] | None = None

    def begin(self, thread: ThreadPoolExecutor) -> None:
        """Occupy the thread."""
        self._running = self._loop.run_in_executor(thread, self._run)
        self._running.add_done_callback(lambda _: self._arrived.set())

    async def next(self) -> Batch:
        """What was fetched, each batch once and in order. Raises what `fetch` raised."""
        if self._batches:
            # Engines have their turn also where batches never end.
            await asyncio.sleep(0)
        while not self._batches:
            assert self._running is not None
            if self._running.done():
                self._running.result()
            self._arrived.clear()
            await self._arrived.wait()
        self._room.release()
        return self._batches.popleft()

    def end(self) -> None:
        """The thread is free as soon as it comes back."""
        self._ending = True
        self._room.release()

    def _run(self) -> None:
        while not self._ending:
            batch = self._fetch()
            self._room.acquire()
            self._batches.append(batch)
            self._loop.call_soon_threadsafe(self._arrived.set)
