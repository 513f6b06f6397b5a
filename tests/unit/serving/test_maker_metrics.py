"""The maker's metrics are served while it runs, each time as it stands."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.serving.maker_metrics import maker_metrics
from tests.servers import free_port
from tests.unit.telemetry.test_maker_page import reading

pytestmark = pytest.mark.anyio


async def asked(url, method="GET", **headers):
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


@asynccontextmanager
async def served(readings):
    port = free_port()
    listener = maker_metrics(port, readings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listener.run_until_told())
        yield f"http://127.0.0.1:{port}/metrics"
        listener.should_exit = True


async def test_every_request_sees_the_maker_as_it_stands():
    makers = [reading(), reading(killed=True)]
    async with served(lambda: [makers.pop(0)]) as url:
        status, page = await asked(url)
        assert status == 200
        assert 'mm_kill_switch_triggered{asset="BTC",quote="USDC"} 0' in page
        assert "process_resident_memory_bytes" in page
        _, page = await asked(url)
        assert 'mm_kill_switch_triggered{asset="BTC",quote="USDC"} 1' in page


async def test_port_0_serves_nothing():
    assert maker_metrics(0, list) is None


async def test_a_port_that_is_taken_is_named():
    async with served(list) as url:
        port = int(url.split(":")[2].removesuffix("/metrics"))
        with pytest.raises(InvalidFieldError, match=rf"metrics_port.*{port}.*is taken"):
            maker_metrics(port, list)


async def test_only_metrics_are_there_and_only_for_this_machines_names():
    async with served(list) as url:
        assert (await asked(url.replace("/metrics", "/")))[0] == 404
        assert (await asked(url, "POST"))[0] == 405
        assert (await asked(url, Host="evil.example"))[0] == 421
