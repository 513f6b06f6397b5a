"""What the emulators' commands have in common."""

import asyncio
import os
import signal

from aiohttp import ClientSession, web

from market_maker.cli.emulate_serving import serve


def served(app, capsys, test):
    """Run `test` with the address while `app` is served."""

    async def whole():
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(app, 0, "listening at {url}"))
            said = ""
            while not said:
                await asyncio.sleep(0)
                said = capsys.readouterr().out
            await test(said.removeprefix("listening at ").strip())
            os.kill(os.getpid(), signal.SIGTERM)

    asyncio.run(whole())


def test_bytes_that_are_no_http_are_answered_and_nothing_is_logged(capsys, caplog):
    async def test(url):
        host, _, port = url.removeprefix("http://").partition(":")
        for raw in (b"\0" * 100, b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(raw)
            assert b" 400 " in await reader.readline()
            writer.close()

    served(web.Application(), capsys, test)
    assert caplog.records == []


def test_it_says_where_it_listens_on_loopback_and_ends_by_a_signal(capsys):
    app = web.Application()

    async def hello(_request):
        return web.Response(text="here")

    app.router.add_get("/", hello)

    async def test(url):
        assert url.startswith("http://127.0.0.1:")
        async with ClientSession() as session, session.get(url) as answer:
            assert await answer.text() == "here"

    served(app, capsys, test)
