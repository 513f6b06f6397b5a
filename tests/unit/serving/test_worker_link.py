"""The edge's end: no question stays open when the worker is gone, or silent."""

import asyncio
from decimal import Decimal

import pytest
from msgspec import structs

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


async def test_a_configuration_crosses_the_connection_when_it_changes_and_stays_known():
    async with remote_office() as remote:
        await remote.office.quoting()
        await remote.office.until(lambda: remote.mirror.get(SYMBOL) is not None)
        config = remote.office.engine_host.get(SYMBOL).config
        await remote.office.until(lambda: remote.mirror.get(SYMBOL).config == config)
        first = remote.mirror.get(SYMBOL)
        await remote.office.until(lambda: remote.mirror.get(SYMBOL) is not first)
        assert remote.mirror.get(SYMBOL).config is first.config
        assert remote.mirror.get(SYMBOL).instrument is first.instrument
        after = structs.replace(config, version=config.version + 1, max_spread_bps=Decimal(77))
        remote.office.engine_host.configure(after)
        await remote.office.until(lambda: remote.mirror.get(SYMBOL).config == after)
        assert remote.mirror.get(SYMBOL).instrument == first.instrument


async def test_a_pool_that_was_gone_comes_back_whole():
    async with remote_office() as remote:
        await remote.office.quoting()
        await remote.office.until(lambda: remote.mirror.get(SYMBOL) is not None)
        runner = remote.office.engine_host.get(SYMBOL)
        published = remote.link._published
        remote.office.engine_host.get = lambda _symbol: None
        await remote.office.until(lambda: remote.mirror.get(SYMBOL) is None)
        assert remote.link._terms == {}
        assert remote.link._published == published
        del remote.office.engine_host.get
        await remote.office.until(lambda: remote.mirror.get(SYMBOL) is not None)
        assert remote.mirror.get(SYMBOL).config == runner.config


async def _lost(work):
    with pytest.raises(ProcessLostError) as lost:
        await work
    return lost.value
