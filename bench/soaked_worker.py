"""A worker of the service that is left alone for an hour: market_maker.cli.worker without eyes. It
says on SIGUSR2 what its memory holds, in `memory.json` in its folder."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import uvloop

import bench.native  # noqa: F401  first: it settles the form of the engine
from bench import memory
from bench.service_worker import without_eyes
from market_maker.serving.life import Stopping
from market_maker.serving.worker_folders import worker_folder
from market_maker.serving.worker_life import work
from market_maker.settings import settings_of


async def _work(number: int, data_dir: Path, link: socket.socket) -> bool:
    settings = settings_of(os.environ, data_dir)
    stopping, loop = Stopping(), asyncio.get_running_loop()
    out = worker_folder(data_dir, number) / "memory.json"
    loop.add_signal_handler(signal.SIGTERM, stopping.ask)
    loop.add_signal_handler(signal.SIGUSR2, lambda: memory.write_account(out))
    peak = loop.create_task(memory.watch_peak())
    factories = without_eyes(int(os.environ["BENCH_SYMBOLS"]))
    clean = await work(settings, number, link, stopping, factories)
    peak.cancel()
    return clean


def main(arguments: list[str]) -> int:
    descriptor, number, data_dir, _program = arguments
    with (
        socket.socket(fileno=int(descriptor)) as link,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        clean = runner.run(_work(int(number), Path(data_dir), link))
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
