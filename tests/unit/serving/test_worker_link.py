"""The edge's end: no question stays open when the worker is gone, or silent."""

import asyncio

import pytest

from market_maker.model.errors import ProcessLostError
from market_maker.serving.worker_wire import EnableAsked, MetricsAsked
from tests.support.office import ANN, SYMBOL
from tests.support.remote_office import remote_office

pytestmark = pytest.mark.anyio


async def test_the_worker_says_who_it_is_and_answers_what_it_is_asked():
    async with remote_office() as remote:
        assert await remote.link.ask(MetricsAsked()) == "# HELP one\n"
        assert remote.link.begun.worker == "worker-of-a-test"
        assert remote.link.is_open


async def test_a_question_that_is_open_when_the_worker_goes_fails():
    async with remote_office() as remote:

        async def never():
            await asyncio.Event().wait()

        remote.duties.metrics = never
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(_lost(remote.link.ask(MetricsAsked())))
            await asyncio.sleep(0)
            remote.far.close()
            assert "ended before it answered" in str(await asked)
        with pytest.raises(ProcessLostError, match="gone"):
            await remote.link.ask(EnableAsked(ANN, SYMBOL))


async def test_a_question_that_is_not_answered_in_time_fails():
    async with remote_office() as remote:

        async def never():
            await asyncio.Event().wait()

        remote.duties.metrics = never
        assert "did not answer within" in str(await _lost(remote.link.ask(MetricsAsked(), 0.01)))
        remote.far.close()


async def _lost(work):
    with pytest.raises(ProcessLostError) as lost:
        await work
    return lost.value
