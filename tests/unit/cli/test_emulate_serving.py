"""What the emulators' commands have in common."""

import asyncio
import os
import signal

from aiohttp import ClientSession, web

from market_maker.cli.emulate_serving import serve


def test_it_says_where_it_listens_on_loopback_and_ends_by_a_signal(capsys):
    app = web.Application()

    async def hello(_request):
        return web.Response(text="here")

    app.router.add_get("/", hello)

    async def whole():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(app, 0, "listening at {url}"))
            said = ""
            while not said:
                await asyncio.sleep(0)
                said = capsys.readouterr().out
            url = said.removeprefix("listening at ").strip()
            assert url.startswith("http://127.0.0.1:")
            async with ClientSession() as session, session.get(url) as answer:
                assert await answer.text() == "here"
            os.kill(os.getpid(), signal.SIGTERM)

    asyncio.run(whole())
