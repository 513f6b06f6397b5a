"""The service left alone for an hour: `python -m bench soak`. Does its memory stay flat?

A hundred symbols of three members and three levels quote on the sandbox exchange, which runs in the
service's own process, as `market_maker serve` does it; a few reads a second and a scrape of the
metrics every 15 s beside them. Nothing is measured inside the process but its memory, and that only
once a minute. Each minute one line, and at the end the slope of the second half (Theil-Sen).
--workers N: an edge and N workers on PostgreSQL, and an exchange outside whose market moves twenty
times a second; a line a minute for each process, and the slope of all of them together.

rss        resident memory, MB; heap: the C library's, anon: other memory of its own, most of it
           Python's arenas; file: programs and libraries
python     blocks that Python's own allocator has given out, thousands, and at most in that minute;
           arenas of 1 MB that it has
malloc     MB that the C allocator has given out, and MB that it keeps free
sqlite     MB that SQLite holds
objects    containers the collector knows, thousands; frozen: set aside by gc.freeze, thousands
grown      (--types) the types of which most were added since the line before

Ends with 1 when the second half grows faster than --limit MB/h.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from bench.seen_cancels import PLACE
from bench.service_load import read, slope_mb_per_h
from bench.service_process import Places, resident_of, servers, started
from bench.service_set_up import POOL, call, quoting, say, set_up
from bench.service_worker import listings
from market_maker.serving.pulse import FILE_NAME, PulseReader
from market_maker.serving.worker_folders import worker_folder

READS_PER_S = 5.0
SCRAPE_S = 15.0
SAMPLE_S = 5.0
LINE_S = 60.0
LIMIT_MB_PER_H = 0.5
STOPPED_WITHIN_S = 60
SHOWN_TYPES = 8
FIELDS_OF_MAPPING = 5

Memory = dict[str, Any]
Samples = list[tuple[float, float]]


class Soaked:
    """The processes of the service, and their own accounts of their memory. workers: processes
    beside the edge, 1 for none."""

    def __init__(self, folder: Path, symbols: int, places: Places, workers: int) -> None:
        self._data, self._log = folder / "data", folder / "log"
        self._account, self._workers = folder / "memory.json", workers
        self._exchange: subprocess.Popen[str] | None = None
        ports = {"HTTP_PORT": "any", "METRICS_PORT": "any", "PANEL_PORT": "any"}
        if workers > 1:
            given = {"BENCH_MARKET": "load", PLACE: str(folder / "cancels.json")}
            self._exchange = started(self._log, places.others, "exchange", str(symbols), **given)
            ports["ORDER_SERVICE_URL"] = self._exchange.stdout.readline().split()[2]
            ports["MM_WORKERS"] = str(workers)
        arguments = ("soak", str(symbols), str(self._data), str(self._account))
        self.process = started(self._log, places.service, *arguments, **ports)
        lines = [self.process.stdout.readline().strip() for _ in range(2)]
        if not all(lines):
            self.stop()
            sys.exit(f"error: the service did not start: {self._log.read_text()[-500:]}")
        self.base, self.metrics = lines

    def processes(self) -> dict[str, tuple[int, Path]]:
        """By name: the process, and where it writes its account."""
        if self._workers == 1:
            return {"service": (self.process.pid, self._account)}
        found = {"edge": (self.process.pid, self._account)}
        for number in range(1, self._workers + 1):
            folder = worker_folder(self._data, number)
            pulse = PulseReader(folder / FILE_NAME).read()
            if pulse is None:
                sys.exit(f"error: worker {number} has ended: {self._log.read_text()[-500:]}")
            found[f"worker {number}"] = (pulse.pid, folder / self._account.name)
        return found

    def memory(self) -> float:
        """Resident, MB, of all processes."""
        return sum(resident_of(pid) for pid, _ in self.processes().values())

    def stop(self) -> int:
        """End them; returns the service's exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = -signal.SIGKILL
        if self._exchange is not None:
            self._exchange.terminate()
            self._exchange.wait(STOPPED_WITHIN_S)
        return code


def account_of(pid: int, place: Path) -> Memory:
    """What a process says of its memory, and where it is mapped."""
    place.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR2)
    while not place.exists():
        time.sleep(0.1)
    account: Memory = json.loads(place.read_text())
    return account | {"mapped": mapped_mb(Path(f"/proc/{pid}/smaps").read_text())}


def mapped_mb(smaps: str) -> dict[str, float]:
    """Resident MB by kind of mapping, from the text of /proc/PID/smaps."""
    sums, kind = {"heap": 0.0, "anon": 0.0, "file": 0.0}, "anon"
    for line in smaps.splitlines():
        words = line.split()
        if words[0] == "Rss:":
            sums[kind] += int(words[1]) / 1024
        elif not words[0].endswith(":"):
            name = words[5] if len(words) > FIELDS_OF_MAPPING else ""
            kind = "heap" if name == "[heap]" else "file" if name.startswith("/") else "anon"
    return sums


def line_of(at: tuple[float, float], account: Memory, before: Memory, *, types: bool) -> str:
    """One minute, in words. at: seconds, MB."""
    parts = ", ".join(f"{name} {mb:.1f}" for name, mb in account["mapped"].items())
    words = (
        f"{time.strftime('%H:%M:%S')} {at[0] / 60:5.1f} min  rss {at[1]:6.1f} ({parts})  "
        f"python {account['blocks'] / 1e3:6.0f} of {account['peak'] / 1e3:.0f} in "
        f"{account['arenas']}  "
        f"malloc {account['in_use_mb']:5.1f} + {account['free_mb']:5.1f}  "
        f"sqlite {account['sqlite_mb']:4.1f}  objects {account['objects'] / 1e3:6.0f}  "
        f"frozen {account['frozen'] / 1e3:5.0f}"
    )
    if account["lines"]:
        words += "\n      " + "\n      ".join(account["lines"])
    if types and before:
        now, then = account["types"], before["types"]
        grown = sorted(((now[n] - then.get(n, 0), n) for n in now), reverse=True)[:SHOWN_TYPES]
        shown = ", ".join(f"{name} {more:+}" for more, name in grown if more > 0)
        words += f"\n      garbage among the frozen {account['lost']}; grown {shown}"
    return words


async def watched(service: Soaked, until: float, *, types: bool) -> Samples:
    """Samples (s, MB) until then; each minute a line for each process."""
    loop = asyncio.get_running_loop()
    began, samples, line_at = loop.time(), Samples(), 0.0
    before: dict[str, Memory] = {}
    while loop.time() < until:
        at = loop.time() - began
        samples.append((at, service.memory()))
        if at >= line_at:
            for name, (pid, place) in service.processes().items():
                account = await asyncio.to_thread(account_of, pid, place)
                here = (at, resident_of(pid))
                said = line_of(here, account, before.get(name, {}), types=types)
                print(f"{name:<9} {said}  load {os.getloadavg()[0]:.1f}", flush=True)
                before[name] = account
            line_at += LINE_S
        await asyncio.sleep(SAMPLE_S)
    return samples


async def scraped(metrics: str, until: float) -> None:
    """What Prometheus would do."""
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as session:
        while loop.time() < until:
            async with session.get(f"{metrics}/metrics") as answer:
                await answer.read()
            await asyncio.sleep(SCRAPE_S)


async def soaked(service: Soaked, options: argparse.Namespace) -> Samples:
    """Set up, warm up, watch."""
    loop, symbols = asyncio.get_running_loop(), sorted(listings(options.symbols))
    limits = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(service.base, timeout=limits) as session:
        await set_up(session, symbols)
        await quoting(session)
        say(f"{len(symbols)} pools quote; watching for {options.minutes:g} minutes")
        until = loop.time() + options.minutes * 60
        samples, *_ = await asyncio.gather(
            watched(service, until, types=options.types),
            read(session, symbols, options.reads, until),
            scraped(service.metrics, until),
        )
        counts = (await call(session, "GET", "/v1/mm/status"))["counts"]
        print(f"at the end: {counts}")
    return samples


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench soak", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--minutes", type=float, default=60.0, help="how long is watched")
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--reads", type=float, default=READS_PER_S, help="REST reads a second")
    parser.add_argument("--limit", type=float, default=LIMIT_MB_PER_H, help="MB/h allowed")
    parser.add_argument("--types", action="store_true", help="show which types grow")
    parser.add_argument("--workers", type=int, default=1, help="processes that own the engines")
    options = parser.parse_args(arguments)
    options.kafka = False
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: ended by SIGTERM"))
    places = Places.found()
    size = f"{options.symbols} symbols x 3 members x {POOL['num_levels']} levels"
    print(f"{size}; {places.words()}", flush=True)
    with tempfile.TemporaryDirectory() as folder, servers(options):
        service = Soaked(Path(folder), options.symbols, places, options.workers)
        try:
            samples = asyncio.run(soaked(service, options))
        finally:
            code = service.stop()
    slope = slope_mb_per_h(samples)
    print(
        f"resident memory {samples[0][1]:.1f} MB at first, {samples[-1][1]:.1f} MB after "
        f"{samples[-1][0] / 60:.1f} min; second half {slope:+.2f} MB/h "
        f"(allowed {options.limit:g}); ended {'clean' if code == 0 else f'with {code}'}"
    )
    return 0 if code == 0 and slope <= options.limit else 1
