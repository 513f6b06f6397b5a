"""`market_maker watch`: the pools of a running service, live, in a terminal over SSH."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TextIO
from urllib.parse import quote, urlsplit

import aiohttp
import typer
from rich.console import Console
from rich.live import Live

from market_maker.cli.stream_reader import HttpStream, StreamEvent, events
from market_maker.cli.stream_view import WatchBoard, alert_line, drawn, line, move_line
from market_maker.cli.wait import service_address
from market_maker.clocks import WallClock
from market_maker.documents import read_document
from market_maker.model.calendar import moment_text
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.settings import CLIENT_TOKEN

SCREEN_S = 0.5
LINE_S = 60.0
TOKEN_BYTES_MAX = 16 << 10
SYMBOLS_MAX = 50

Pause = Callable[[float], Awaitable[object]]


def command(
    symbol: Annotated[
        list[str] | None, typer.Option(help="Only this pool, in full; give it again for more.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Of the service; else HTTP_HOST and HTTP_PORT of the environment."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with an access token, read anew at every connection. "
            "Else MM_TOKEN of the environment."
        ),
    ] = None,
) -> None:
    """Show every pool of a running service, or those of --symbol in full: a table in a terminal,
    else a line a minute, and one for each move and alert. Old data say that they are old; a broken
    connection is made again. Ctrl-C ends it."""
    symbols = tuple(dict.fromkeys(symbol or ()))
    if len(symbols) > SYMBOLS_MAX:
        raise InvalidFieldError("symbol", len(symbols), f"at most {SYMBOLS_MAX} symbols")
    base = service_address() if url is None else url.rstrip("/")
    if urlsplit(base).scheme not in {"http", "https"} or not urlsplit(base).hostname:
        raise InvalidFieldError("url", base, "http://host[:port] or https://host[:port]")
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(base, symbols, lambda: token_of(token_file)))


def token_of(path: Path | None) -> str:
    """The access token, empty where there is none. Raises InvalidDataError."""
    if path is None:
        return os.environ.get(CLIENT_TOKEN, "").strip()
    return read_document(path, TOKEN_BYTES_MAX).decode("utf-8", "replace").strip()


async def _watch(base: str, symbols: tuple[str, ...], token: Callable[[], str]) -> None:
    query = "hz=2" + (f"&symbols={quote(','.join(symbols))}" if symbols else "")
    async with aiohttp.ClientSession() as http:
        stream = events(HttpStream(http, base, query, token))
        picture, clock = WatchBoard(symbols=symbols), WallClock()
        console = Console()
        if console.is_terminal and not console.is_dumb_terminal:
            with Live(console=console, screen=True, auto_refresh=False) as live:
                await shown(stream, picture, clock, lambda: _draw(live, picture, clock))
        else:
            await logged(stream, picture, clock, sys.stdout)


def _draw(live: Live, picture: WatchBoard, clock: Clock) -> None:
    live.update(drawn(picture, clock.now(), moment(clock.now())), refresh=True)


async def shown(
    stream: AsyncIterator[StreamEvent],
    picture: WatchBoard,
    clock: Clock,
    draw: Callable[[], None],
    pause: Pause = asyncio.sleep,
) -> None:
    """Draw the picture again and again, also while nothing comes: its age grows."""

    async def redraw() -> None:
        while True:
            draw()
            await pause(SCREEN_S)

    async with asyncio.TaskGroup() as tasks:
        drawing = tasks.create_task(redraw())
        async for event in stream:
            picture.take(event, clock.now())
        drawing.cancel()


async def logged(
    stream: AsyncIterator[StreamEvent],
    picture: WatchBoard,
    clock: Clock,
    out: TextIO,
    pause: Pause = asyncio.sleep,
) -> None:
    """A line at the first picture and then a line a minute; moves, alerts, breaks and returns at
    once."""

    async def minutes() -> None:
        while True:
            await pause(LINE_S)
            _say(out, line(picture, clock.now(), moment(clock.now())))

    async with asyncio.TaskGroup() as tasks:
        ticking = tasks.create_task(minutes())
        async for event in stream:
            for text in _news(picture, event, clock.now()):
                _say(out, text)
        ticking.cancel()


def _news(picture: WatchBoard, event: StreamEvent, now: Nanos) -> list[str]:
    """What is worth a line at once; takes the event."""
    before = picture.problem
    known = {each["id"] for each in picture.alerts}
    first = picture.glance is None
    picture.take(event, now)
    stamp = moment(now)
    if event.kind == "state":
        return [f"{stamp} {move_line(event.data)}"]
    if event.kind == "alerts":
        new = [each for each in picture.alerts if each["id"] not in known]
        return [f"{stamp} {alert_line(each)}" for each in new]
    lost_or_back = bool(before) != bool(picture.problem) and not first
    first_picture = first and event.kind == "glance"
    first_break = event.kind == "lost" and before == "connecting"
    return [line(picture, now, stamp)] if lost_or_back or first_picture or first_break else []


def _say(out: TextIO, text: str) -> None:
    print(text, file=out, flush=True)


def moment(now: Nanos) -> str:
    """UTC, to the second."""
    return moment_text(Nanos(now - now % NANOS_PER_SECOND))
