"""The client against a server of three routes."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from market_maker.cli.service_client import ServiceClient
from market_maker.model.errors import InvalidDataError

pytestmark = pytest.mark.anyio


async def echo(request: web.Request) -> web.Response:
    kind = request.headers.get("Content-Type", "")
    return web.json_response({"body": await request.text(), "type": kind})


async def pages(request: web.Request) -> web.Response:
    cursor = request.query.get("cursor")
    following = {None: "a", "a": "b", "b": None}[cursor]
    return web.json_response({"items": [{"n": cursor}], "next_cursor": following})


async def refuse(_request: web.Request) -> web.Response:
    return web.Response(status=409, text='{"detail": "not now"}')


@pytest.fixture
async def client() -> AsyncIterator[ServiceClient]:
    app = web.Application()
    app.router.add_post("/echo", echo)
    app.router.add_get("/pages", pages)
    app.router.add_get("/refuse", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with ServiceClient(f"http://{host}:{port}") as opened:
        yield opened
    await runner.cleanup()


async def test_a_body_is_json_and_a_call_without_one_has_none(client: ServiceClient) -> None:
    assert await client.post("/echo", {"a": 1}) == {"body": '{"a":1}', "type": "application/json"}
    assert (await client.post("/echo"))["body"] == ""


async def test_items_come_from_every_page(client: ServiceClient) -> None:
    assert [item["n"] async for item in client.items("/pages")] == [None, "a", "b"]


async def test_a_refusal_says_which_call_and_what_the_service_answered(
    client: ServiceClient,
) -> None:
    with pytest.raises(InvalidDataError, match=r"GET /refuse: answered 409: .*not now"):
        await client.get("/refuse")
