import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from market_maker.emulators.engine_hand import BOOKS, RESTART, engine_routes

pytestmark = pytest.mark.anyio


async def test_a_drill_restarts_the_matching_engine_and_shows_its_books() -> None:
    done: list[str] = []

    def begin() -> int:
        done.append("begun")
        return 8

    app = web.Application()
    app.add_routes(engine_routes(begin, lambda: done.append("shown")))
    async with TestClient(TestServer(app)) as client:
        assert await (await client.post(RESTART)).json() == {"epoch": 8}
        assert (await client.post(BOOKS)).status == 200
    assert done == ["begun", "shown"]
