"""Workers, measured at the exchange: `python -m bench workers`. The emulated exchange runs in this
process and notes when requests come; the service beside it has an edge and workers, on PostgreSQL
(POSTGRES_URL names an empty database; without it one is started, with the tests' own fixture).

kill              from the request to the first and the last cancel at the exchange, by worker;
                  through the edge, and with the edge stopped through the workers' own sockets
move              a planned move while the pool quotes: how long it has no live order
kill -9, SIGSTOP  of a worker: until what it left is gone, and until its pools quote again, enabled
                  as soon as that is answered with 200

Ends with 1 where an aim is missed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import HTTPError

import asyncpg
from aiohttp import web
from typing_extensions import override

from bench.dead_man import PARTICIPANT, POOL
from bench.empty_database import empty_postgresql
from bench.processes import RUN, Process, ask
from bench.service_load import nanos
from market_maker.clocks import WallClock
from market_maker.emulators.exchange import Exchange
from market_maker.emulators.server import NO_WIRE_FAULTS, ExchangeServer
from market_maker.model.events import Accepted, Canceled, Filled
from market_maker.sandbox.listings import LISTINGS
from market_maker.serving.control_wire import ControlRequest
from market_maker.serving.control_wire import ask as ask_socket
from market_maker.serving.worker_folders import worker_folder
from market_maker.venues.order_service.wire import News

CLOCK = WallClock()
MS, S = 10**6, 10**9
LOOPBACK = "127.0.0.1"
SYMBOLS = tuple(listing.instrument.symbol for listing in LISTINGS[:4])
MEMBERS = {"acme": "50", "beta": "30", "carl": "20"}
WITHIN_S = 60.0
STEP_S = 0.01
LOOK_S = 0.05
"""Between two questions about the pools: faster ones would meet the limit of requests."""

FIRST_MS, LAST_MS, MOVE_S, CRASH_S = 20.0, 100.0, 0.5, 7.0
"""Aims."""


PHASES = (
    "proved empty, on record, given up",
    "taken up: lists, proof, reconciliation",
    "enabled, until the estimates are warm and quote",
)
"""Of a planned move, from the last order gone to the first new one."""


def moments(log: str, symbol: str) -> dict[str, int]:
    """When the last of each of a pool's log lines was written, nanoseconds."""
    found = {}
    for line in log.splitlines():
        if f'"{symbol}"' in line and ('"pool moved"' in line or '"pool recovered"' in line):
            said = json.loads(line)
            found[said.get("state", said["event"])] = nanos(said["ts"])
    return found


class SeenExchange(ExchangeServer):
    """cancels: (when, symbol, name) of every request to cancel; live: names of orders on the book,
    by symbol; empty: (since, until) of every span in which a symbol had none."""

    def __init__(self, exchange: Exchange) -> None:
        self.cancels: list[tuple[int, str, str]] = []
        self.live: defaultdict[str, set[str]] = defaultdict(set)
        self.accepted: Counter[str] = Counter()
        self.empty: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self._since: dict[str, int] = {}
        self._markets = exchange.markets
        super().__init__(exchange, CLOCK, NO_WIRE_FAULTS, 1, on_tick=self._heard)

    @override
    async def _delete(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.cancels.append((CLOCK.now(), request.query["symbol"], name))
        return await super()._delete(request)

    def _heard(self, symbol: str, news: list[News]) -> None:
        names = self.live[symbol]
        for each in news:
            before = bool(names)
            if isinstance(each.event, Accepted):
                names.add(each.client_order_id)
                self.accepted[symbol] += 1
            elif isinstance(each.event, Canceled) or self._is_over(symbol, each):
                names.discard(each.client_order_id)
            if before and not names:
                self._since[symbol] = CLOCK.now()
            elif names and not before and symbol in self._since:
                self.empty[symbol].append((self._since.pop(symbol), CLOCK.now()))

    def _is_over(self, symbol: str, news: News) -> bool:
        kept = self._markets[symbol]._by_name[news.client_order_id]  # noqa: SLF001  a bench's eyes
        return isinstance(news.event, Filled) and kept.filled >= kept.new.size


class Service:
    """Edge and workers."""

    def __init__(
        self, folder: Path, exchange: SeenExchange, addresses: tuple[str, str], workers: int
    ) -> None:
        """addresses: of the exchange and of the database."""
        self.folder, self.exchange, self.workers = folder, exchange, workers
        url, self.postgres = addresses
        arguments = ("serve", "--workers", str(workers), "--data-dir", str(folder / "data"))
        settings = {"HTTP_PORT": "any", "METRICS_PORT": "any", "DISABLE_AUTH": "true"}
        settings |= {"ORDER_SERVICE_URL": url, "POSTGRES_URL": self.postgres}
        self._start = lambda: Process(folder / "service.log", *arguments, **settings)

    async def begin(self) -> None:
        self.edge = await asyncio.to_thread(self._start)
        for symbol in SYMBOLS:
            await self.call("POST", "/pools", {"symbol": symbol, **POOL})
        for name, weight in MEMBERS.items():
            about = {"user_id": name, "account_id": f"account-{name}", "display_name": name}
            made = await self.call("POST", "/participants", PARTICIPANT | about)
            member = made["participant_id"]
            await self.call("POST", f"/participants/{member}/activate", {})
            limits = {"position_limit_usdt": "300000", "max_loss_usdt": "40000"}
            body = {"participant_id": member, "capital_weight_pct": weight, **limits}
            for symbol in SYMBOLS:
                await self.call("POST", f"/pools/{symbol}/members", body)
        await self.quote()

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return await asyncio.to_thread(ask, f"{self.edge.url}/v1{path}", method, body)

    async def quote(self) -> None:
        """Every pool ACTIVE, with orders on the book that came after this was asked."""
        before = dict(self.exchange.accepted)
        for symbol in SYMBOLS:
            await self._started(symbol)
        await until(
            lambda: (
                all(self.exchange.accepted[s] > before.get(s, 0) for s in SYMBOLS)
                and all(len(self.exchange.live[s]) >= len(MEMBERS) for s in SYMBOLS)
            )
        )

    async def _started(self, symbol: str) -> None:
        for _ in range(int(WITHIN_S / STEP_S)):
            state = (await self.call("GET", f"/pools/{symbol}/status"))["state"]
            if state == "ACTIVE":
                return
            how = "resume" if state == "HALTED" else "enable"
            with contextlib.suppress(HTTPError):
                await self.call("POST", f"/pools/{symbol}/{how}", {})
            await asyncio.sleep(STEP_S)
        raise AssertionError(f"{symbol} cannot be started")

    async def owners(self) -> dict[str, str]:
        """Symbol -> worker."""
        connection = await asyncpg.connect(self.postgres)
        try:
            rows = await connection.fetch("SELECT symbol, worker FROM mm_symbol_owners")
        finally:
            await connection.close()
        return {row["symbol"]: row["worker"] for row in rows}

    def log(self) -> str:
        return (self.folder / "service.log").read_text()

    async def end(self) -> None:
        self.edge.process.send_signal(signal.SIGCONT)
        self.edge.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self.edge.process.wait, WITHIN_S)
        self.edge.end()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(int(WITHIN_S / STEP_S)):
        if holds():
            return
        await asyncio.sleep(STEP_S)
    raise AssertionError("it never came to hold")


class Bench:
    def __init__(self, service: Service, rounds: int) -> None:
        self.service, self.exchange, self.rounds = service, service.exchange, rounds
        self.missed: list[str] = []
        self.numbers = tuple(range(1, service.workers + 1))

    async def run(self) -> None:
        await self.kill("through the edge", self._by_edge)
        if self.service.workers == 1:
            print("one process: no other one to kill past it, to move to or to take over")
            return
        await self.kill("past a stopped edge", self._by_sockets)
        await self.move()
        await self.crash("kill -9", signal.SIGKILL)
        await self.crash("SIGSTOP", signal.SIGSTOP)

    async def kill(self, how: str, stop: Callable[[], Any]) -> None:
        firsts, lasts, count = [], [], 0
        for _ in range(self.rounds):
            await self.service.quote()
            owners = await self.service.owners()
            live = set().union(*self.exchange.live.values())
            self.exchange.cancels.clear()
            began = CLOCK.now()
            await stop()
            await until(lambda: not any(self.exchange.live.values()))
            by_worker: defaultdict[str, dict[str, int]] = defaultdict(dict)
            for at, symbol, name in self.exchange.cancels:
                if name in live and at >= began:
                    by_worker[owners[symbol]].setdefault(name, at)
            count += sum(map(len, by_worker.values()))
            for times in by_worker.values():
                firsts.append((min(times.values()) - began) / MS)
                lasts.append((max(times.values()) - began) / MS)
        self.show(f"kill, {how}: first cancel of a worker", firsts, FIRST_MS, "ms")
        self.show(f"kill, {how}: last cancel of a worker", lasts, LAST_MS, "ms")
        print(f"{'':54} {count / self.rounds:.0f} cancels a kill, {len(firsts)} times a worker")

    async def _by_edge(self) -> None:
        await self.service.call("POST", "/mm/emergency/kill", {"reason": "bench"})

    async def _by_sockets(self) -> None:
        edge = self.service.edge.process
        edge.send_signal(signal.SIGSTOP)
        request = ControlRequest(command="kill", symbol="", reason="bench")
        folders = [worker_folder(self.service.folder / "data", n) for n in self.numbers]
        await asyncio.gather(*(asyncio.to_thread(ask_socket, f, request) for f in folders))
        edge.send_signal(signal.SIGCONT)

    async def move(self) -> None:
        gaps, symbol = [], SYMBOLS[0]
        phases: defaultdict[str, list[float]] = defaultdict(list)
        for number in range(self.rounds):
            await self.service.quote()
            log = len(self.service.log())
            self.exchange.empty[symbol].clear()
            before = self.exchange.accepted[symbol]
            worker = self.numbers[(number + 1) % len(self.numbers)]
            try:
                await self.service.call("POST", f"/pools/{symbol}/move", {"worker": worker})
            except HTTPError as error:
                print(f"move to worker {worker}: {error.read().decode()}")
                continue
            await until(lambda then=before: self.exchange.accepted[symbol] > then)
            await until(lambda: bool(self.exchange.empty[symbol]))
            since, until_ = max(self.exchange.empty[symbol], key=lambda each: each[1] - each[0])
            gaps.append((until_ - since) / S)
            marks = moments(self.service.log()[log:], symbol)
            steps = (since, marks.get("pool recovered"), marks.get("ACTIVE"), until_)
            for name, (a, b) in zip(PHASES, pairwise(steps), strict=True):
                if a and b:
                    phases[name].append((b - a) / S)
        self.show("planned move: no live order of the symbol", gaps, MOVE_S, "s")
        for name, seconds in phases.items():
            print(f"    of it {name:<44} p50 {median(seconds):7.2f} s")

    async def crash(self, name: str, how: signal.Signals) -> None:
        gone, back = [], []
        for number in range(self.rounds):
            await self.service.quote()
            owners = await self.service.owners()
            # Its process is part of a worker's name.
            victim = int(owners[SYMBOLS[number % len(SYMBOLS)]].split("-")[-2])
            os.kill(victim, how)
            began = CLOCK.now()
            lost = await self._orphans(owners)
            left = {each for symbol in lost for each in self.exchange.live[symbol]}
            await until(lambda names=left: not any(names & v for v in self.exchange.live.values()))
            gone.append((CLOCK.now() - began) / S)
            before = dict(self.exchange.accepted)
            for symbol in lost:
                await self.service._started(symbol)  # noqa: SLF001  one file
            await until(
                lambda s=lost, b=before: all(self.exchange.accepted[x] > b.get(x, 0) for x in s)
            )
            back.append((CLOCK.now() - began) / S)
        self.show(f"{name}: what the worker left is gone after", gone, CRASH_S, "s")
        self.show(f"{name}: its pools quote again after", back, CRASH_S, "s")

    async def _orphans(self, owners: dict[str, str]) -> list[str]:
        """Symbols whose pools the edge found without a worker."""
        found: list[str] = []
        for _ in range(int(WITHIN_S / STEP_S)):
            for symbol in owners:
                status = await self.service.call("GET", f"/pools/{symbol}/status")
                if status["state"] != "ACTIVE" and symbol not in found:
                    found.append(symbol)
            if found:
                return found
            await asyncio.sleep(LOOK_S)
        raise AssertionError("no one noticed")

    def show(self, what: str, values: list[float], aim: float, unit: str) -> None:
        if not values:
            self.missed.append(what)
            print(f"{what:<54} no figure")
            return
        worst = max(values)
        verdict = "" if worst <= aim else "  MISSED"
        if verdict:
            self.missed.append(what)
        seen = f"p50 {median(values):7.2f}, worst {worst:7.2f} {unit}"
        print(f"{what:<54} {seen}, aim {aim:g}{verdict}", flush=True)


@asynccontextmanager
async def exchange_here(seed: int) -> AsyncIterator[tuple[SeenExchange, str]]:
    server = SeenExchange(Exchange(LISTINGS, seed, CLOCK.now()))
    runner = web.AppRunner(server.app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0).start()
        yield server, f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def measured(folder: Path, database: str, options: argparse.Namespace) -> list[str]:
    async with exchange_here(options.seed) as (exchange, url):
        service = Service(folder, exchange, (url, database), options.workers)
        try:
            await service.begin()
            bench = Bench(service, options.rounds)
            await bench.run()
            return bench.missed
        finally:
            await service.end()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench workers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, choices=range(1, len(SYMBOLS) + 1), default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, empty_postgresql("workers") as database:
        subprocess.run(  # noqa: S603  our own command
            [sys.executable, "-c", RUN, "db", "upgrade"],
            env=os.environ | {"POSTGRES_URL": database},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        size = f"{len(SYMBOLS)} symbols x {len(MEMBERS)} members x {POOL['num_levels']} levels"
        who = f"{options.workers} worker{'s' * (options.workers > 1)}"
        print(f"{size}, {who}, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
        missed = asyncio.run(measured(Path(name), database, options))
    print("all aims are met" if not missed else f"aims missed: {len(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
