"""A service with two workers, cut off from one part after another, judged at the exchange.

    python -m tests.e2e.cuts --seeds 1-10

PostgreSQL, Kafka, the schema registry, the order service, Redis and the metadata service stand
behind a TCP proxy each; the edge and a worker, whose connection is a pair of sockets that has no
address, are stopped or killed instead. Redis is flushed, messages of the topics come again, out
of order and spoilt, the matching engine starts anew, whose books are not shown for a while, and
PostgreSQL is crashed while symbols move.
Each fault is seeded: what it hits, whether connections are reset or bytes stand still, and for how
long.

What the exchange wrote to its own topic decides at the end: no slot of a member ever had two live
orders, so that no two workers quoted one symbol; what a worker left was gone before its successor
quoted; every fill stands in the database once; while there were no market data, and while no order
could be put on record, none was placed; and none was left while the books of a new epoch were not
known.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct
from redis import Redis

from market_maker.clocks import WallClock
from market_maker.emulators.engine_hand import BOOKS, RESTART
from market_maker.serving.pulse import FILE_NAME, PulseReader
from market_maker.serving.worker_folders import worker_folder
from market_maker.topics.schema_files import ENGINE_EVENTS
from tests.e2e.drill import ACCOUNTS, SYMBOLS, ExchangeProcess, Service, ask
from tests.e2e.exchange_judges import (
    account_in,
    check_silence,
    check_slots,
    check_successors,
    check_withdrawn,
    fills_in,
    nanos,
    once,
)
from tests.e2e.test_serve import COMMAND
from tests.e2e.test_two_services import asked
from tests.e2e.test_whole_platform import read_all
from tests.e2e.topic_trouble import trouble
from tests.java_servers import JavaServer, Registry, running_kafka, running_registry
from tests.servers import SETTINGS, PostgreSQL, free_port, need_postgresql, running_redis
from tests.servers import running_postgresql as running_server
from tests.support.emulated_platform import emulated_platform
from tests.support.tcp_proxy import Cut, TcpProxy

WITHIN_S = 60.0
S = 10**9
CRASH_AFTER_S = 0.3

PROXIED = {
    "postgresql": ("POSTGRES_URL",),
    "kafka": ("KAFKA_BROKERS",),
    "registry": ("SCHEMA_REGISTRY_URL",),
    "orders": ("ORDER_SERVICE_URL",),
    "redis": ("REDIS_URL",),
    "metadata": ("METADATA_SERVICE_GRPC_URL", "METADATA_SERVICE_URL"),
}
"""Part -> the settings that lead to it."""
PROCESSES = ("edge frozen", "worker frozen", "worker killed", "moves", "database crash")
DATA = ("redis flushed", "messages", "epoch")
PARTS = (*PROXIED, *PROCESSES, *DATA)
LEFT_OUT = ("AUTH_SERVICE_URL", "JWT_ISSUER")
"""Of the platform's environment: the drill needs no tokens."""

NO_ORDERS_AFTER = {"kafka": 4 * S, "postgresql": 2 * S, "orders": 1 * S, "epoch": 1 * S}
NO_ORDERS_AFTER["database crash"] = 3 * S
"""Cut off from which part no order reaches the exchange any more, and how soon: staleness (2 s) and
the bounds on an intent's age, with time for a loaded machine. Of a new epoch a reader has with its
first change."""


class Fault(Struct, frozen=True):
    """part: several that are cut together have + between them. seconds: how long it lasts."""

    part: str
    how: Cut
    seconds: float


class Suffered(Struct, frozen=True):
    """began, healed: nanoseconds. back: seconds from the healing until both symbols had new orders
    at the exchange; by_hand: whether a pool had to be enabled for that."""

    fault: Fault
    began: int
    healed: int
    back: float
    by_hand: bool

    @property
    def is_cut(self) -> bool:
        """Whether a connection was cut, rather than something done to a process or its data."""
        return self.fault.part not in (*PROCESSES, *DATA)

    @property
    def silent(self) -> tuple[int, int] | None:
        """When no order may have come; None where orders may always come."""
        allowed = [NO_ORDERS_AFTER[p] for p in self.fault.part.split("+") if p in NO_ORDERS_AFTER]
        return (self.began + min(allowed), self.healed) if allowed else None

    def told(self) -> str:
        fault, hand = self.fault, ", enabled by hand" if self.by_hand else ""
        how = fault.how if self.is_cut else ""
        return (
            f"{fault.part:<16} {how:<6} {fault.seconds:4.1f} s  new orders {self.back:5.2f} s "
            f"after its end{hand}"
        )


def faults_of(seed: int, count: int) -> list[Fault]:
    """Every part once in a random order, then more of them."""
    chance = Random(seed)
    parts = [*PARTS]
    chance.shuffle(parts)
    parts += chance.choices(PARTS, k=max(0, count - len(parts)))
    return [
        Fault(part, chance.choice(list(Cut)), round(chance.uniform(1.0, 8.0), 1))
        for part in parts[:count]
    ]


class Exchange(ExchangeProcess):
    """The order service of the platform, asked directly. Its process is the platform's."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __exit__(self, *_: object) -> None:
        """Nothing of its own."""

    def engine(self, path: str) -> None:
        """A hand on the matching engine."""
        status, answer = ask(f"{self.url}{path}", "POST")
        assert status == 200, answer


class World(Service):
    """The service in the middle of everything."""

    def __init__(
        self,
        folder: Path,
        direct: Mapping[str, str],
        roads: Mapping[str, TcpProxy],
        topics: tuple[JavaServer, Registry],
        server: PostgreSQL,
    ) -> None:
        super().__init__(Exchange(direct["ORDER_SERVICE_URL"]), folder)
        self.exchange, self.database = self._exchange, direct["POSTGRES_URL"]
        self.topics, self.server, self._clock = topics, server, WallClock()
        self.roads, self.direct = roads, direct
        self.shutdown_timeout = "30s"
        self.settings = {"MM_WORKERS": "2", **direct}
        self.settings |= {name: through(road, direct[name]) for name, road in roads.items()}

    def suffer(self, fault: Fault) -> Suffered:
        """One fault, and the way back to quoting."""
        began = self._clock.now()
        if fault.part == "moves":
            self._move_about(fault.seconds)
        else:
            self._begin(fault)
            self._wait_for(fault.seconds)
        # Before the end: bytes that were held go on in the same instant.
        healed = self._clock.now()
        self._end(fault)
        by_hand = self._back(fault)
        return Suffered(fault, began, healed, (self._clock.now() - healed) / S, by_hand)

    def _move_about(self, seconds: float) -> None:
        """A storm of owners: symbols change hands as fast as they can."""
        until, chance = self._clock.now() + round(seconds * S), Random(seconds)
        while self._clock.now() < until:
            path = f"/v1/pools/{chance.choice(SYMBOLS)}/move"
            status, _ = self.ask("POST", path, {"worker": chance.choice((1, 2))})
            # 503: the database is away, or the worker; 404: it was, and there is no engine;
            # 429: one answer after another came at once.
            assert status in {200, 404, 409, 429, 503}, status

    def _crash_in_a_move(self) -> None:
        """What was committed stays; what was not is gone."""
        with ThreadPoolExecutor(1) as thread:
            moving = thread.submit(self._move_about, 2 * CRASH_AFTER_S)
            self.stays_up(CRASH_AFTER_S)
            self.server.stop(signal.SIGQUIT)
            moving.result()

    def _begin(self, fault: Fault) -> None:
        match fault.part:
            case "database crash":
                self._crash_in_a_move()
            case "redis flushed":
                with Redis.from_url(self.direct["REDIS_URL"]) as server:
                    server.flushall()
            case "epoch":
                self.exchange.engine(RESTART)
            case "messages":
                trouble(self.topics[0], SYMBOLS, Random(fault.seconds))
            case "edge frozen":
                self.process.send_signal(signal.SIGSTOP)
            case "worker frozen" | "worker killed":
                how = signal.SIGSTOP if fault.part == "worker frozen" else signal.SIGKILL
                os.kill(self._owner_of(SYMBOLS[int(fault.seconds * 10) % 2]), how)
            case part:
                for road in self._of(part):
                    road.cut(fault.how)

    def _end(self, fault: Fault) -> None:
        """A frozen worker is ended by its edge."""
        if fault.part == "edge frozen":
            self.process.send_signal(signal.SIGCONT)
        elif fault.part == "epoch":
            self.exchange.engine(BOOKS)
        elif fault.part == "database crash":
            self.server.start()
        elif fault.part not in (*PROCESSES, *DATA):
            for road in self._of(fault.part):
                road.heal()

    def _of(self, part: str) -> list[TcpProxy]:
        return [self.roads[name] for each in part.split("+") for name in PROXIED[each]]

    def pid_of(self, number: int) -> int:
        pulse = PulseReader(worker_folder(self.data_dir, number) / FILE_NAME).read()
        assert pulse is not None
        return pulse.pid

    def _owner_of(self, symbol: str) -> int:
        """The process that trades it now, which is part of its worker's name."""
        query = "SELECT worker FROM mm_symbol_owners WHERE symbol = "
        return int(asked(self.database, f"{query}'{symbol}'").split("-")[-2])

    def _wait_for(self, seconds: float) -> None:
        until = self._clock.now() + round(seconds * S)
        while self._clock.now() < until:
            self.stays_up(0.1)

    def _back(self, fault: Fault) -> bool:
        """Whether a person had to enable a pool. A worker that was stopped is noticed first."""
        if fault.part == "worker frozen":
            self.until(lambda: not self._all_active(), WITHIN_S, "unnoticed")
        before = {symbol: len(self.exchange.ever(symbol)) for symbol in SYMBOLS}
        by_hand = False

        def quoting() -> bool:
            nonlocal by_hand
            for status in self.statuses():
                if status["state"] != "ACTIVE":
                    by_hand = True
                    self.ask("POST", f"/v1/pools/{status['symbol']}/enable", {})
            # Only what is new: pages of all orders, twenty times a second, held up the exchange.
            return all(self.exchange.ever(symbol, before[symbol]) for symbol in SYMBOLS)

        self.until(quoting, WITHIN_S, lambda: (fault, self.statuses()))
        return by_hand

    def _all_active(self) -> bool:
        return all(status["state"] == "ACTIVE" for status in self.statuses())

    # the end

    def finish(self) -> None:
        """Stopped, with nothing open and everything on record."""
        self.terminate()
        assert self.ended(WITHIN_S) == 0, self.said()
        # Who reads the log by machine reads every line of it.
        lines = self._log.read_text().splitlines()
        assert not [line for line in lines if not line.startswith("{")]
        assert self.exchange.open_count() == 0

    def judge(self, suffered: Sequence[Suffered]) -> tuple[int, int]:
        """How many orders and fills there were."""
        events = [
            each.fields
            for each in once(read_all(*self.topics, [ENGINE_EVENTS]))
            if each.key in SYMBOLS and account_in(each.fields) in ACCOUNTS
        ]
        check_slots(events)
        check_successors(events, self._taken_up())
        check_silence(events, [span for each in suffered if (span := each.silent) is not None])
        check_withdrawn(events, [each.healed for each in suffered if each.fault.part == "epoch"])
        return sum(each["type"] == "ACCEPTED" for each in events), self._check_fills()

    def _taken_up(self) -> list[tuple[str, int]]:
        """When which symbol was taken up by a new worker, from the log."""
        found = []
        for line in self._log.read_text().splitlines():
            if '"pool recovered"' in line:
                said = msgspec.json.decode(line)
                found.append((said["symbol"], nanos(said["ts"])))
        return found

    def _check_fills(self) -> int:
        """Every fill of the exchange is stored, once."""
        stored = asyncio.run(fills_in(self.database))
        assert len(stored) == len(set(stored))
        there = {(symbol, *fill) for symbol in SYMBOLS for fill in self.exchange.fills(symbol)}
        assert set(stored) == there, (len(stored), len(there), set(stored) ^ there)
        return len(stored)


def through(road: TcpProxy, address: str) -> str:
    """The same address with the proxy's port."""
    before, colon, after = address.rpartition(":")
    return f"{before}{colon}{road.port}{after.lstrip('0123456789')}"


def port_in(address: str) -> int:
    digits = address.rpartition(":")[2]
    return int(digits[: len(digits) - len(digits.lstrip("0123456789"))])


@contextmanager
def world(folder: Path, seed: int) -> Iterator[World]:
    """Everything started, and both symbols quoting, one in each worker."""
    with ExitStack() as stack:
        start = stack.enter_context
        listener = free_port()
        roads = {"KAFKA_BROKERS": start(TcpProxy(listener))}
        broker = start(running_kafka(behind=(listener, roads["KAFKA_BROKERS"].port)))
        registry = start(running_registry())
        # A server that may lose commits in a crash has all pools halted: it is an older database.
        kept = SETTINGS | {"synchronous_commit": "on"}
        postgresql = start(running_server(need_postgresql(), kept))
        around = start(emulated_platform(broker, registry, seed))
        direct = {name: text for name, text in around.items() if name not in LEFT_OUT} | {
            "POSTGRES_URL": asyncio.run(postgresql.create("cuts")),
            "REDIS_URL": start(running_redis()).url,
        }
        subprocess.run(
            [*COMMAND, "db", "upgrade"],
            env=os.environ | direct,  # noqa: TID251  for a child
            check=True,
            stdout=subprocess.DEVNULL,
        )
        for name in chain.from_iterable(PROXIED.values()):
            if name not in roads:
                roads[name] = start(TcpProxy(port_in(direct[name])))
        service = World(folder, direct, roads, (broker, registry), postgresql)
        service.start()
        stack.callback(service.put_away)
        service.set_up()
        service.enable()
        service.wait_until_quoting()
        yield service


def drill(folder: Path, seed: int, faults: Sequence[Fault]) -> Iterator[str]:
    """One line for each fault, and one for all of them. Raises AssertionError."""
    folder.chmod(0o700)
    with world(folder, seed) as service:
        suffered = []
        for fault in faults:
            suffered.append(service.suffer(fault))
            yield suffered[-1].told()
        service.finish()
        orders, fills = service.judge(suffered)
        yield f"seed {seed}: {len(faults)} faults, {orders} orders, {fills} fills, all judged right"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.cuts", description=__doc__)
    parser.add_argument("--seeds", default="1", help="one, or a range: 1-10")
    parser.add_argument("--faults", type=int, default=len(PARTS), help="of each seed")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    for seed in range(int(first), int(last or first) + 1):
        with tempfile.TemporaryDirectory(prefix="market-maker-cuts-") as name:
            for line in drill(Path(name), seed, faults_of(seed, given.faults)):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
