"""Processes of the service under load: itself, its workers, an exchange outside, and servers."""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from bench.processes import RUN
from bench.seen_cancels import PLACE
from bench.service_worker import listings
from market_maker.serving.pulse import FILE_NAME, PulseReader
from market_maker.serving.worker_folders import worker_folder

CORES = 2
MB = 1024 * 1024


class Places(Struct):
    """Cores: of the service, and of all others."""

    service: list[int]
    others: list[int]

    @classmethod
    def found(cls) -> "Places":
        """Among the cores that this process may use."""
        cores = sorted(os.sched_getaffinity(0))
        return cls(cores[:CORES], cores[CORES:] or cores)

    def words(self) -> str:
        """In words."""
        service, others = (",".join(map(str, cores)) for cores in (self.service, self.others))
        if set(self.service) & set(self.others):
            return f"service, exchange and clients share the cores {service}"
        return f"service on the cores {service}, clients and an outside exchange on {others}"


def started(
    log: Path, cores: list[int], *arguments: str, **environment: str
) -> subprocess.Popen[str]:
    """A worker on its cores; what it has to complain of goes to `log`."""
    with log.open("ab") as errors:
        worker = subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-m", "bench.service_worker", *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **environment},
        )
    os.sched_setaffinity(worker.pid, cores)
    return worker


def resident(process: subprocess.Popen[str]) -> float:
    """Resident memory, MB."""
    return resident_of(process.pid)


def resident_of(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def spent_by(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Service:
    """The service's process and a client of it; outside: the exchange is a process of its own.
    workers: processes beside the edge, 1 for none. log: where warnings of all processes are kept;
    without it only errors are noted, and only until the end."""

    def __init__(
        self,
        folder: Path,
        symbols: int,
        places: Places,
        *,
        outside: bool,
        workers: int = 1,
        log: Path | None = None,
    ) -> None:
        level = "error" if log is None else "warning"
        log = log or folder / "log"
        self.symbols = sorted(listings(symbols))
        self._seen = folder / "seen.json"
        self._data, self._log, self._workers = folder / "data", log, workers
        self._exchange: subprocess.Popen[str] | None = None
        environment = {"HTTP_PORT": "any", "METRICS_PORT": "any", "MM_WORKERS": str(workers)}
        environment["LOG_LEVEL"] = level
        self._cancels = folder / "cancels.json"
        if outside:
            variables = {PLACE: str(self._cancels)}
            self._exchange = started(log, places.others, "exchange", str(symbols), **variables)
            environment["ORDER_SERVICE_URL"] = self._exchange.stdout.readline().split()[2]
        arguments = ("service", str(symbols), str(folder / "data"), str(self._seen))
        self.process = started(log, places.service, *arguments, **environment)
        self.base = self.process.stdout.readline().strip()
        if not self.base:
            self.stop()
            sys.exit(f"error: the service did not start: {log.read_text()[-500:]}")

    def begin(self) -> None:
        """Forget what was seen so far."""
        for pid, _ in self._engines():
            self._signal(pid, signal.SIGUSR1)
        if self._exchange is not None:
            self._exchange.send_signal(signal.SIGUSR1)

    def cancels_seen(self) -> dict[str, Any]:
        """What an exchange outside saw of cancels (bench.seen_cancels); nothing without one."""
        if self._exchange is None:
            return {"first": [], "all": 0, "pauses": []}
        return self._seen_by(self._exchange.pid, self._cancels)

    def seen(self) -> dict[str, Any]:
        """What the processes with engines saw."""
        accounts = [self._seen_by(pid, path) for pid, path in self._engines()]
        return together(accounts)

    def _seen_by(self, pid: int, path: Path) -> dict[str, Any]:
        path.unlink(missing_ok=True)
        self._signal(pid, signal.SIGUSR2)
        while not path.exists():
            time.sleep(0.05)
        time.sleep(0.5)
        return json.loads(path.read_text())

    def _signal(self, pid: int, number: signal.Signals) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            lines = self._log.read_text().splitlines()
            lost = [line for line in lines if '"worker lost"' in line]
            said = "\n".join((lost or lines)[-5:])
            sys.exit(f"error: process {pid} has ended: {said}")

    def _engines(self) -> list[tuple[int, Path]]:
        """Processes that step engines, and where each writes what it saw."""
        if self._workers == 1:
            return [(self.process.pid, self._seen)]
        folders = [worker_folder(self._data, n) for n in range(1, self._workers + 1)]
        pulses = [PulseReader(folder / FILE_NAME).read() for folder in folders]
        return [(p.pid, f / "seen.json") for p, f in zip(pulses, folders, strict=True) if p]

    def pids(self) -> dict[str, int]:
        """Processes, by what they are."""
        found = {"service" if self._workers == 1 else "edge": self.process.pid}
        if self._workers > 1:
            found |= {f"worker {n}": pid for n, (pid, _) in enumerate(self._engines(), 1)}
        if self._exchange is not None:
            found["exchange"] = self._exchange.pid
        return found

    def memory(self) -> float:
        """Resident, MB, of all processes of the service."""
        return sum(resident_of(pid) for what, pid in self.pids().items() if what != "exchange")

    def cpu(self) -> float:
        """Seconds of processor time so far, of the service's own process."""
        return spent_by(self.process.pid)

    def sampled(self, seconds: float) -> str:
        """Where the time goes of the edge and of the first worker, or of the one process."""
        both = dict([(self.process.pid, self._seen), *self._engines()[:1]])
        for turn in range(2):
            for pid in both:
                os.kill(pid, signal.SIGHUP)
            time.sleep(seconds if turn == 0 else 1.0)
        return "\n".join(path.with_name("samples.txt").read_text() for path in both.values())

    def stop(self) -> int:
        """End everything; returns the service's exit code."""
        code = ended(self.process)
        if self._exchange is not None:
            ended(self._exchange)
        return code


def ended(process: subprocess.Popen[str]) -> int:
    """Its exit code. One that does not end when it is asked is killed."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def together(accounts: list[dict[str, Any]]) -> dict[str, Any]:
    """What several processes saw, as one."""
    first, *others = accounts
    for other in others:
        for name, value in other.items():
            if isinstance(value, list):
                first[name] = sorted(first[name] + value)
            elif name == "seconds":
                first[name] = max(first[name], value)
            else:
                first[name] += value
    return first


@contextmanager
def servers(options: argparse.Namespace) -> Iterator[None]:
    """What the options need and the environment does not name, on loopback."""
    needed = {"POSTGRES_URL": options.workers > 1, "KAFKA_BROKERS": options.kafka}
    missing = [name for name, wanted in needed.items() if wanted and not os.environ.get(name)]
    if not missing:
        yield
        return
    try:
        from tests import java_servers, servers  # noqa: PLC0415  of the tests
    except ImportError:
        sys.exit(f"error: {missing[0]}: missing; or run this with .venv's Python")
    with ExitStack() as stack:
        if "POSTGRES_URL" in missing:
            binaries = servers.need_postgresql()
            server = stack.enter_context(servers.running_postgresql(binaries, servers.DURABLE))
            asyncio.run(server.wear_in())
            os.environ["POSTGRES_URL"] = asyncio.run(server.create("service"))
            upgrade = [sys.executable, "-c", RUN, "db", "upgrade"]
            subprocess.run(upgrade, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        if "KAFKA_BROKERS" in missing:
            broker = stack.enter_context(java_servers.running_kafka())
            os.environ["KAFKA_BROKERS"] = broker.address
            registry = stack.enter_context(java_servers.running_registry())
            os.environ["SCHEMA_REGISTRY_URL"] = registry.url
        yield
