"""The order service's streams, measured: `python -m bench streams`. An exchange with a market for
load in a process of its own, and in this one the streams of a worker's symbols, drained as an
engine host does it, with no engines: processor time of a market event at both ends."""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvloop
from msgspec import Struct

from bench.service_process import Places, started
from bench.service_worker import listings
from market_maker.clocks import WallClock
from market_maker.execution.bell import Bell
from market_maker.serving.life import tune_python
from market_maker.venues.http import client_session
from market_maker.venues.order_service.client import OrderServiceReader, courier_to
from market_maker.venues.order_service.feed import OrderServiceFeed
from market_maker.venues.order_service.stream import Stream
from market_maker.venues.order_service.stream_socket import StreamSocket

WARM_UP_S = 3.0
REST_S = 0.002
TICKS = os.sysconf("SC_CLK_TCK")
CLOCK = WallClock()


class Spent(Struct):
    """Of a process: seconds of its own, and of the system for it."""

    own: float
    system: float

    @classmethod
    def by(cls, pid: int) -> "Spent":
        """So far."""
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return cls(int(fields[11]) / TICKS, int(fields[12]) / TICKS)

    def since(self, before: "Spent") -> "Spent":
        """What came since."""
        return Spent(self.own - before.own, self.system - before.system)


class Round(Struct):
    """events: that came. reading, exchange: what each end spent."""

    events: int
    seconds: float
    reading: Spent
    exchange: Spent


@contextmanager
def exchange(symbols: int) -> Iterator[tuple[int, str]]:
    """Its process and its address."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        cores = Places.found().others
        variables = {"BENCH_MARKET": "load", "BENCH_CANCELS": str(Path(folder) / "cancels")}
        process = started(log, cores, "exchange", str(symbols), **variables)
        try:
            assert process.stdout is not None
            said = process.stdout.readline().split()
            if not said:
                sys.exit(f"error: the exchange did not start: {log.read_text()[-500:]}")
            yield process.pid, said[2]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


async def rounds(url: str, pid: int, options: argparse.Namespace) -> list[Round]:
    """Every symbol's stream, followed for some rounds."""
    bell, taken, found = Bell(), 0, []
    feeds: dict[str, OrderServiceFeed] = {}
    loop = asyncio.get_running_loop()

    async def take() -> None:
        nonlocal taken
        while True:
            for symbol in await bell.rung(REST_S):
                taken += len(feeds[symbol].poll(CLOCK.now()))

    async with (
        client_session(0) as session,
        courier_to(url) as courier,
        asyncio.TaskGroup() as all_,
    ):
        socket = StreamSocket(OrderServiceReader(courier, session), CLOCK)
        for symbol, listing in list(listings(options.symbols).items())[: options.followed]:
            ring = partial(bell.ring, symbol)
            feeds[symbol] = OrderServiceFeed(Stream(socket, listing.instrument), ring)
        tasks = [all_.create_task(socket.run())]
        tasks += [all_.create_task(feed.run()) for feed in feeds.values()]
        tasks.append(all_.create_task(take()))
        await asyncio.sleep(WARM_UP_S)
        for _ in range(options.rounds):
            before, ours, theirs, began = taken, Spent.by(os.getpid()), Spent.by(pid), loop.time()
            await asyncio.sleep(options.seconds)
            spent = Spent.by(os.getpid()).since(ours), Spent.by(pid).since(theirs)
            found.append(Round(taken - before, loop.time() - began, *spent))
        for task in tasks:
            task.cancel()
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench streams", description=__doc__)
    parser.add_argument("--symbols", type=int, default=300)
    parser.add_argument("--followed", type=int, default=150, help="symbols of the one worker here")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    tune_python()
    with (
        exchange(options.symbols) as (pid, url),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        found = runner.run(rounds(url, pid, options))
    rate = statistics.median(each.events / each.seconds for each in found)
    print(f"{options.followed} of {options.symbols} symbols, {rate:,.0f} events a second came")
    print(f"load {os.getloadavg()[0]:.1f}; µs of an event, median of {options.rounds} rounds")
    for what in ("reading", "exchange"):
        parts = {
            part: statistics.median(
                getattr(getattr(each, what), part) / each.events * 1e6 for each in found
            )
            for part in ("own", "system")
        }
        print(f"{what:9} {sum(parts.values()):6.1f}, of it the system {parts['system']:.1f}")
    return 0
