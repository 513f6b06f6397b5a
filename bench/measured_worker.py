"""A worker of the service under load: market_maker.cli.worker with eyes at its sockets. It begins
to count on SIGUSR1, writes what it saw to `seen.json` in its folder on SIGUSR2, and profiles itself
from one SIGHUP to the next, whose table is `profile.txt`."""

import asyncio
import cProfile
import io
import json
import os
import pstats
import signal
import socket
import sys
from pathlib import Path

import uvloop

from bench import service_worker
from market_maker.serving.life import Stopping
from market_maker.serving.worker_folders import worker_folder
from market_maker.serving.worker_life import work
from market_maker.settings import Settings, settings_of

LINES = 30


class Profile:
    def __init__(self, out: Path) -> None:
        self._out, self._running = out, None

    def turn(self) -> None:
        """On, or off and written."""
        if self._running is None:
            self._running = cProfile.Profile()
            self._running.enable()
            return
        self._running.disable()
        text = io.StringIO()
        pstats.Stats(self._running, stream=text).sort_stats("tottime").print_stats(LINES)
        self._out.write_text(text.getvalue())
        self._running = None


async def _work(settings: Settings, number: int, link: socket.socket) -> bool:
    stopping, loop = Stopping(), asyncio.get_running_loop()
    folder = worker_folder(settings.data_dir, number)
    profile = Profile(folder / "profile.txt")

    def tell() -> None:
        (folder / "seen.json").write_text(json.dumps(service_worker.report()))

    loop.add_signal_handler(signal.SIGTERM, stopping.ask)
    loop.add_signal_handler(signal.SIGUSR1, service_worker.SEEN.begin)
    loop.add_signal_handler(signal.SIGUSR2, tell)
    loop.add_signal_handler(signal.SIGHUP, profile.turn)
    factories = service_worker.measuring(int(os.environ["BENCH_SYMBOLS"]))
    return await work(settings, number, link, stopping, factories)


def main(arguments: list[str]) -> int:
    descriptor, number, data_dir = arguments
    settings = settings_of(os.environ, Path(data_dir))
    service_worker.watch_collector()
    with (
        socket.socket(fileno=int(descriptor)) as link,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        clean = runner.run(_work(settings, int(number), link))
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
