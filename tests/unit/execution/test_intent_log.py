"""Waiting for the intent log can be given up at every moment."""

import asyncio

import pytest

from tests.support.office import PATIENCE_S
from tests.support.sending import at_work

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("ticks", range(12))
async def test_a_cancel_is_never_swallowed_by_a_result_of_the_same_moment(ticks):
    async with at_work() as scene:
        scene.store.slow.clear()
        scene.place()
        waiting = asyncio.get_running_loop().create_task(scene.log.flushed(PATIENCE_S))
        for _ in range(20):
            await asyncio.sleep(0)
        scene.store.slow.set()
        while scene.log.waiting:  # noqa: ASYNC110  ticks are counted
            await asyncio.sleep(0)
        for _ in range(ticks):
            await asyncio.sleep(0)
        accepted = waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled() == accepted
