"""What the emulators' commands have in common."""

import asyncio
import gc
import os
import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import uvloop
from aiohttp import ClientSession, web

from market_maker.cli.emulate_serving import run, serve
from tests.support.patient_loop import patient


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

    patient(whole())


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


def test_more_connections_at_once_than_it_accepts_at_once_are_all_there_at_once(capsys):
    """Two workers whose pools begin open so many within a moment."""
    most = int(Path("/proc/sys/net/core/somaxconn").read_text())

    async def test(url):
        # Nothing is awaited: the server accepts none of them meanwhile.
        host, _, port = url.removeprefix("http://").partition(":")
        with ExitStack() as opened:
            for _ in range(min(400, most)):
                one = opened.enter_context(socket.socket())
                one.settimeout(60.0)
                one.connect((host, int(port)))

    served(web.Application(), capsys, test)


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


def test_it_runs_on_the_loop_that_the_service_has():
    loops = []

    async def seen():
        loops.append(asyncio.get_running_loop())

    run(seen())
    assert [type(loop) for loop in loops] == [uvloop.Loop]


def test_no_cycles_are_searched_for_among_the_messages_of_a_busy_moment():
    """Frames of three hundred books at once are some thousand tuples."""

    async def busy():
        gc.collect()  # what other tests of this process left counts as new objects
        searches = []
        gc.callbacks.append(lambda *search: searches.append(search))
        made = [(number,) for number in range(20_000)]
        gc.callbacks.pop()
        return searches, made

    before, found = gc.get_threshold(), []

    async def noted():
        found.append(await busy())

    run(noted())
    assert [searches for searches, _ in found] == [[]]
    assert gc.get_threshold() == before
