"""An emulated market goes on by itself while its server runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def ticking(tick: Callable[[], None], interval_s: float) -> AsyncIterator[None]:
    """Call `tick` every `interval_s` seconds until the block ends."""

    async def run() -> None:
        while True:
            tick()
            await asyncio.sleep(interval_s)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(run())
        yield
        task.cancel()
