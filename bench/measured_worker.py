"""A worker of the service under load: market_maker.cli.worker with eyes at its sockets. It begins
to count on SIGUSR1, writes what it saw to `seen.json` in its folder on SIGUSR2, and samples itself
from one SIGHUP to the next, of which the table is `samples.txt`."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import uvloop

import bench.native  # noqa: F401  first: it settles the form of the engine
from bench import service_worker
from bench.samples import Samples
from market_maker.serving.life import Stopping
from market_maker.serving.worker_folders import worker_folder
from market_maker.serving.worker_life import work
from market_maker.settings import Settings, settings_of


async def _work(settings: Settings, number: int, link: socket.socket) -> bool:
    stopping, loop = Stopping(), asyncio.get_running_loop()
    folder = worker_folder(settings.data_dir, number)
    samples = Samples(folder / "samples.txt")

    def write_down() -> None:
        (folder / "seen.json").write_text(json.dumps(service_worker.report()))

    loop.add_signal_handler(signal.SIGTERM, stopping.ask)
    loop.add_signal_handler(signal.SIGUSR1, service_worker.SEEN.begin)
    loop.add_signal_handler(signal.SIGUSR2, write_down)
    loop.add_signal_handler(signal.SIGHUP, samples.turn)
    factories = service_worker.measuring(int(os.environ["BENCH_SYMBOLS"]))
    return await work(settings, number, link, stopping, factories)


def main(arguments: list[str]) -> int:
    descriptor, number, data_dir, _program = arguments
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
