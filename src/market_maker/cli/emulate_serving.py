"""What the emulators have in common: one port on loopback until a signal comes."""

import asyncio
import gc
import logging
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Annotated, Any

import typer
import uvloop
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from market_maker.cli.end_requests import on_end_request

LOOPBACK = "127.0.0.1"
BACKLOG = 1_024
"""Connections that may wait to be accepted. One beyond is made anew after a second only, by when an
order is too old to be sent: workers open two hundred each at once."""

COLLECTOR = (50_000, 20, 20)
"""Thresholds of Python's search for cycles. Three hundred books that move at once are thousands of
new objects, none of them in a cycle: by default a quarter of an exchange's time goes into finding
that out."""

Port = Annotated[
    int, typer.Option(help="TCP port on loopback; 0 takes a free one.", min=0, max=65_535)
]


def _is_ours(record: logging.LogRecord) -> bool:
    """Bytes that are no HTTP are their sender's mistake, which 400 answers: not our log's."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Until it is done, on the loop that the service has too: what comes from a socket and goes to
    one costs half as much there."""
    with seldom_collected(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Python searches for cycles less often meanwhile."""
    before = gc.get_threshold()
    gc.set_threshold(*COLLECTOR)
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def serve(served: web.Application, port: int, said: str) -> None:
    """Serve until SIGTERM or SIGINT. said: a line for when it listens, with {url} in it."""
    await serve_all({"url": (served, port)}, said)


async def serve_all(doors: Mapping[str, tuple[web.Application, int]], said: str) -> None:
    """Serve several, each on a port of its own. said: with the name of each in braces, for its
    address."""
    stop = asyncio.Event()
    on_end_request(lambda _: stop.set())
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    async with AsyncExitStack() as stack:
        urls = {}
        for name, (served, port) in doors.items():
            runner = web.AppRunner(served, access_log=None, shutdown_timeout=1.0, logger=logger)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, LOOPBACK, port, backlog=BACKLOG).start()
            urls[name] = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        typer.echo(said.format(**urls))
        await stop.wait()
