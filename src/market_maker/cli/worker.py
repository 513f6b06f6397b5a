"""A worker of `market_maker serve --workers N`: started by the edge with `cli.worker_start`, and by
nothing else.

Arguments: the descriptor of the connection to the edge, the worker's number, the data directory of
the service, and what program the edge is. Everything else is read from the environment, as the edge
reads it.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

from market_maker.api.health import program_fingerprint
from market_maker.cli.end_requests import on_end_request
from market_maker.model.errors import MakerError
from market_maker.serving.life import Stopping
from market_maker.serving.worker_life import work
from market_maker.serving.worker_process import CHANGED, EXIT_CHANGED, EXIT_REFUSED
from market_maker.settings import Settings, settings_of

EXIT_UNCLEAN = 1
BY_HAND = "a worker is started by `market_maker serve --workers N`, never by hand"


def main(arguments: Sequence[str]) -> int:
    """Its exit code."""
    try:
        descriptor, number, data_dir, program = arguments
        opened = socket.socket(fileno=int(descriptor))
    except (ValueError, OSError):
        print(f"error: {BY_HAND}", file=sys.stderr)
        return EXIT_REFUSED
    if program != program_fingerprint():
        # What the two say to each other may have changed, too.
        print(f"error: worker {number}: {CHANGED}", file=sys.stderr)
        opened.close()
        return EXIT_CHANGED
    try:
        settings = settings_of(os.environ, Path(data_dir))
        with (
            opened as link,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            clean = runner.run(_work(settings, int(number), link))
    except MakerError as error:
        print(f"error: worker {number}: {error}", file=sys.stderr)
        return EXIT_REFUSED
    return 0 if clean else EXIT_UNCLEAN


async def _work(settings: Settings, number: int, link: socket.socket) -> bool:
    stopping = Stopping()
    # Ctrl-C of a terminal is its edge's.
    on_end_request(lambda _: stopping.ask(), (signal.SIGTERM, signal.SIGHUP))
    return await work(settings, number, link, stopping)
