"""What a read over REST costs the edge: `python -m bench reads`. An edge and two workers on
PostgreSQL, pools of three members that quote; one client asks for one thing after another.

Printed: processor time of the edge for one read of each route, without what it spends anyway; the
same as a multiple of `/health`, which asks the store nothing and shows what the way in and out
costs; and how long a read took. Spans of all routes take turns, so that whatever else the machine
does meets all of them alike; medians."""

import argparse
import asyncio
import os
import sys
import tempfile
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

from bench.service_load import READ, servers
from bench.service_process import Places, Service
from bench.service_set_up import quoting, say, set_up

PLAIN = "/health"
ROUTES = (PLAIN, *READ, "/v1/mm-fills/{}", "/v1/pools", "/v1/participants")
AT_REST_S = 1.0
WARM_UP_S = 5.0
NANOS_PER_US = 1_000


def nanos_of(pid: int) -> int:
    """Processor time so far, of all threads that live."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in tasks)


async def span(
    session: aiohttp.ClientSession, service: Service, route: str, reads: int
) -> tuple[float, float]:
    """Microseconds of a read: of the edge's processor, all that it did meanwhile, and until it was
    answered."""
    symbols, loop = cycle(service.symbols), asyncio.get_running_loop()
    began, spent = loop.time(), nanos_of(service.process.pid)
    for _ in range(reads):
        async with session.get(route.format(next(symbols))) as answer:
            await answer.read()
            if answer.status != 200:
                sys.exit(f"error: {answer.url}: {answer.status}")
    spent = nanos_of(service.process.pid) - spent
    return spent / reads / NANOS_PER_US, (loop.time() - began) / reads * 1e6


async def at_rest(service: Service) -> float:
    """Of a core, without any read."""
    loop = asyncio.get_running_loop()
    began, spent = loop.time(), nanos_of(service.process.pid)
    await asyncio.sleep(AT_REST_S)
    return (nanos_of(service.process.pid) - spent) / 1e9 / (loop.time() - began)


async def measured(service: Service, options: argparse.Namespace) -> dict[str, Any]:
    limits = aiohttp.ClientTimeout(total=60)
    found: dict[str, list[tuple[float, float]]] = {route: [] for route in ROUTES}
    rest = []
    async with aiohttp.ClientSession(service.base, timeout=limits) as session:
        say(f"setting up {len(service.symbols)} pools")
        await set_up(session, service.symbols)
        await quoting(session)
        await asyncio.sleep(WARM_UP_S)
        for number in range(1, options.rounds + 1):
            say(f"round {number} of {options.rounds}")
            share = await at_rest(service)
            rest.append(share)
            for route in ROUTES:
                all_of_it, took = await span(session, service, route, options.reads)
                found[route].append((all_of_it - share * took, took))
    return {"rest": median(rest), "routes": found}


def show(result: dict[str, Any], options: argparse.Namespace) -> None:
    print(f"{options.symbols} pools, an edge and {options.workers} workers")
    print(f"{options.places}, load {os.getloadavg()[0]:.1f}")
    print(f"the edge without a read  {result['rest']:.1%} of a core")
    plain = median(spent for spent, _ in result["routes"][PLAIN])
    for route, spans in result["routes"].items():
        spent, took = (median(each) for each in zip(*spans, strict=True))
        print(f"{route:<24} {spent:6.0f} µs, {spent / plain:5.2f} of plain; {took:6.0f} µs long")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench reads", description=__doc__)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--reads", type=int, default=60, help="of a span")
    parser.add_argument("--rounds", type=int, default=10, help="spans of each route")
    options = parser.parse_args(arguments)
    options.workers, options.kafka = 2, False
    places = Places.found()
    os.sched_setaffinity(0, places.others)
    options.places = places.words()
    os.environ["BENCH_MARKET"] = "load"
    with tempfile.TemporaryDirectory() as folder, servers(options):
        service = Service(
            Path(folder), options.symbols, places, outside=True, workers=options.workers
        )
        try:
            result = asyncio.run(measured(service, options))
        finally:
            code = service.stop()
    show(result, options)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
