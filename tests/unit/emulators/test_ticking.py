"""The market goes on while its server runs, and no longer."""

import asyncio

import pytest

from market_maker.emulators.ticking import ticking

pytestmark = pytest.mark.anyio


async def test_it_ticks_until_the_block_ends():
    ticks: list[int] = []
    enough = asyncio.Event()

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 3:
            enough.set()

    async with ticking(tick, 0):
        await enough.wait()
    seen = len(ticks)
    await asyncio.sleep(0)
    assert seen >= 3
    assert len(ticks) == seen
