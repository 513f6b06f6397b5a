"""What the emulators have in common: one port on loopback until a signal comes."""

import asyncio
import signal

import typer
from aiohttp import web

LOOPBACK = "127.0.0.1"


async def serve(served: web.Application, port: int, said: str) -> None:
    """Serve until SIGTERM or SIGINT. said: a line for when it listens, with {url} in it."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(served, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        typer.echo(said.format(url=f"http://{LOOPBACK}:{runner.addresses[0][1]}"))
        await stop.wait()
    finally:
        await runner.cleanup()
