"""The service under load: `python -m bench service`. A hundred symbols of three members and three
levels on the sandbox, reads over REST beside it; then a kill. The service has two cores, and what
calls it and an exchange of its own process the others, where there are others: it says so.

What is measured, and what it is held against (the documents, and the aims of issue 3):
--workers N: an edge and N workers on PostgreSQL, --kafka: the exchange's topics in the place of its
streams. What POSTGRES_URL and KAFKA_BROKERS do not name is started, with the tests' own fixtures.
--profile: where the time of the edge and of the first worker goes (bench.samples).
--settle S: in its first two minutes a service's collector goes through all that was made for the
pools, four times, and what is measured then has that in it.
--log FILE: what the processes warned of: refused orders, moves of pools, market data lost.

tick to order      from a market fact's arrival in the worker to the order on the wire, its intent
                   committed; and by stages (bench.stages)
exchange to order  the same from when the exchange produced the message to Kafka
event-loop lag     how late the loop comes back to the engines
REST               a read, as the caller sees it
kill               to the first and to the last cancel on the wire, of each order the first one,
                   and to when an exchange outside began to read them
not recorded       orders that were not sent because the database took too long
waited for a core  a second, by process: ready to run while others ran (bench.waiting)
forced to the disk a block of a file beside the load, and what of it was the disk's
memory             resident, over time; slope by Theil-Sen
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

from bench.service_process import Places, Service, servers
from bench.service_set_up import MEMBERS, POOL, call, quoting, say, set_up
from bench.stages import STAGES
from bench.waiting import Spent, started_servers, writing

SAMPLE_S = 1.0
SETTLE_S = 5.0
UPDATES_PER_S = 20
READS_AT_ONCE = 4
READ = ("/v1/pools/{}/status", "/v1/pools/{}", "/v1/pools/{}/members", "/v1/mm-orders/{}")
"""What is read, of a pool by chance."""
PROFILED_S = 10.0
AIMS_MS = {0.5: 3.0, 0.99: 10.0}
"""Tick to order, of 300 symbols."""


async def read(
    session: aiohttp.ClientSession, symbols: list[str], per_s: float, until: float
) -> tuple[list[float], Counter[int]]:
    """Reads at a steady rate until then: seconds each took, and how many were answered how."""
    chance, took, statuses = random.Random(1), [], Counter()
    interval, loop = READS_AT_ONCE / per_s, asyncio.get_running_loop()

    async def reader() -> None:
        due = loop.time() + chance.random() * interval
        while due < until:
            await asyncio.sleep(max(0.0, due - loop.time()))
            path = chance.choice(READ).format(chance.choice(symbols))
            began = loop.time()
            async with session.get(path) as answer:
                await answer.read()
            took.append(loop.time() - began)
            statuses[answer.status] += 1
            due += interval

    await asyncio.gather(*(reader() for _ in range(READS_AT_ONCE)))
    return took, statuses


async def sample(service: Service, until: float) -> list[tuple[float, float]]:
    """(seconds, MB) over time."""
    loop = asyncio.get_running_loop()
    began, samples = loop.time(), []
    while loop.time() < until:
        samples.append((loop.time() - began, service.memory()))
        await asyncio.sleep(SAMPLE_S)
    return samples


async def sampled(session: aiohttp.ClientSession, service: Service, reads: float) -> str:
    """Under the same load."""
    until = asyncio.get_running_loop().time() + PROFILED_S
    table, _ = await asyncio.gather(
        asyncio.to_thread(service.sampled, PROFILED_S),
        read(session, service.symbols, reads, until),
    )
    return table


async def scrape(session: aiohttp.ClientSession, service: Service) -> dict[str, Any]:
    before, began = service.cpu(), time.perf_counter()
    async with session.get("/metrics") as answer:
        text = await answer.text()
    return {
        "ms": (time.perf_counter() - began) * 1e3,
        "cpu_ms": (service.cpu() - before) * 1e3,
        "lines": text.count("\n"),
    }


async def measured(
    service: Service, seconds: float, reads: float, *, settle: float, profile: bool = False
) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    limits = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(service.base, timeout=limits) as session:
        say(f"setting up {len(service.symbols)} pools")
        await set_up(session, service.symbols)
        early = service.seen()
        say(f"while setting up: a commit {quantiles(early['commits'])}")
        say(f"while setting up: lag {quantiles(early['lag'])}")
        await quoting(session)
        await asyncio.sleep(settle)
        say(f"measuring for {seconds:.0f} s")
        service.begin()
        processes = {what: [pid] for what, pid in service.pids().items()} | started_servers()
        before = {what: Spent.so_far(pids) for what, pids in processes.items()}
        cpu, until = service.cpu(), loop.time() + seconds
        with writing() as forced:
            (took, statuses), memory = await asyncio.gather(
                read(session, service.symbols, reads, until), sample(service, until)
            )
        cpu = service.cpu() - cpu
        spent = {what: Spent.so_far(pids).since(before[what]) for what, pids in processes.items()}
        seen = service.seen()
        status = await call(session, "GET", "/v1/mm/status")
        table = await sampled(session, service, reads) if profile else ""
        kill = await killed(session, service)
    return {
        "seen": seen,
        "profile": table,
        "reads": sorted(took),
        "statuses": dict(statuses),
        "memory": memory,
        "cpu_share": cpu / seen["seconds"],
        "shares": {what: each.ran / seen["seconds"] for what, each in spent.items()},
        "waits": {what: each.waited / seen["seconds"] for what, each in spent.items()},
        "ours": [what for what in service.pids() if what != "exchange"],
        "forced": forced,
        "status": {name: status[name] for name in ("counts", "open_orders", "unknown_orders")},
        "reasons": sorted({f"{pool['state']}: {pool['reason']}" for pool in status["pools"]}),
        "kill": kill,
    }


async def killed(session: aiohttp.ClientSession, service: Service) -> dict[str, Any]:
    """Kill everything; when cancels were written, and when they came in at an exchange outside."""
    loop = asyncio.get_running_loop()
    before, began = service.cancels_seen()["all"], loop.time()
    kill = await call(session, "POST", "/v1/mm/emergency/kill", {"reason": "bench"})
    answered, at = loop.time() - began, nanos(kill["at"])
    after = [each - at for each in service.seen()["cancels"] if each >= at]
    arrived = service.cancels_seen()
    there = [each - at for each in arrived["first"] if each >= at]
    return {
        "cancels": len(after),
        "first": min(after, default=0),
        "last": max(after, default=0),
        "there": len(there),
        "first_there": min(there, default=0),
        "last_there": max(there, default=0),
        "paused_there": within(arrived["pauses"], at, at + max(there, default=0)),
        "requests": arrived["all"] - before,
        "s": answered,
        "cancelled": sum(len(pool["cancelled"]) for pool in kill["pools"]),
        "still_open": sum(len(pool["still_open"]) for pool in kill["pools"]),
    }


def within(spans: list[list[int]], began: int, ended: int) -> int:
    """How much of this time the spans take."""
    return sum(max(0, min(b, ended) - max(a, began)) for a, b in spans)


def nanos(moment: str) -> int:
    whole, _, fraction = moment.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 10**9 + int(fraction.ljust(9, "0"))


def slope_mb_per_h(samples: list[tuple[float, float]]) -> float:
    """Theil-Sen over the second half: the first one is warming up."""
    half = samples[len(samples) // 2 :]
    step = max(1, len(half) // 200)
    points = half[::step]
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0]) for index, a in enumerate(points) for b in points[index + 1 :]
    ]
    return median(slopes) * 3600 if slopes else 0.0


def quantile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def show(result: dict[str, Any], options: argparse.Namespace) -> None:
    seen = result["seen"]
    rate = seen["events"] / seen["seconds"]
    where = "in its own process" if options.outside else "in the service's process"
    size = f"{options.symbols} symbols x {len(MEMBERS)} members x {POOL['num_levels']} levels"
    loaded = options.outside and not options.traders
    print(f"{size}, {'a market for load' if loaded else 'the sandbox exchange'} {where}")
    if options.workers > 1 or options.kafka:
        road = "Kafka" if options.kafka else "the order service's streams"
        print(f"an edge and {options.workers} workers, market data by {road}")
    print(f"{options.places}, load {os.getloadavg()[0]:.1f}, {options.database}")
    wanted = f", of {options.symbols * UPDATES_PER_S:,} a second" if loaded else ""
    print(f"market events            {rate:,.0f} a second over {seen['seconds']:.0f} s{wanted}")
    print(f"orders                   {len(seen['arrival']) / seen['seconds']:,.0f} a second")
    show_stages(seen)
    print(f"a commit of intents      {quantiles(seen['commits'])}")
    news = seen["news"]
    print(f"a commit of news         {quantiles(news)}, {len(news) / seen['seconds']:.0f} a second")
    print(f"intents in a commit      {counts(seen['batches'])}")
    print(f"not recorded in time     {seen['unrecorded']} orders")
    print(f"event-loop lag           {quantiles(seen['lag'])}")
    print(f"turn                     {quantiles(seen['turn'])}")
    print(
        f"garbage collector        {quantiles(seen['pauses'])}, {sum(seen['pauses']) / 1e9:.2f} s"
    )
    reads = [each * 1e9 for each in result["reads"]]
    print(
        f"REST read                {quantiles(reads)} "
        f"({len(reads) / seen['seconds']:.0f} a second, answers {result['statuses']})"
    )
    show_kill(result)
    memory = result["memory"]
    print(
        f"resident memory          {memory[0][1]:.0f} MB at first, {memory[-1][1]:.0f} MB after "
        f"{memory[-1][0]:.0f} s, {slope_mb_per_h(memory):+.1f} MB/h over the second half"
    )
    show_shares(result)
    print(f"state before the kill    {result['status']} {result['reasons']}")


def show_kill(result: dict[str, Any]) -> None:
    kill = result["kill"]
    first, last = kill["first"] / 1e6, kill["last"] / 1e6
    print(f"kill, {kill['cancels']} cancels written  first {first:.2f} ms, last {last:.2f} ms")
    first, last = kill["first_there"] / 1e6, kill["last_there"] / 1e6
    print(
        f"  {kill['there']} at the exchange      first {first:.2f} ms, last {last:.2f} ms, "
        f"{kill['requests']} requests, {kill['paused_there'] / 1e6:.0f} ms in its own collector"
    )
    print(
        f"kill answered            {kill['s'] * 1e3:.0f} ms: {kill['cancelled']} proved gone, "
        f"{kill['still_open']} not yet"
    )


def show_stages(seen: dict[str, Any]) -> None:
    print(f"tick to order            {quantiles(seen['here'])}")
    for stage in STAGES:
        print(f"  {stage:<32} {quantiles(seen[f'stage {stage}'])}")
    print(f"exchange to order        {quantiles(seen['arrival'])}")
    print(f"turn to order            {quantiles(seen['decision'])}")


def show_shares(result: dict[str, Any]) -> None:
    shares = ", ".join(f"{what} {share:.0%}" for what, share in result["shares"].items())
    print(f"of a core, by process    {shares}")
    waits = ", ".join(f"{what} {each * 1e3:.0f}" for what, each in result["waits"].items())
    print(f"waited for a core        {waits} ms a second")
    forced = result["forced"]
    print(f"8 KB forced to the disk  {quantiles(sorted(forced.took))}")
    print(f"  the disk's part        {quantiles(sorted(forced.disk))}")
    events = result["seen"]["events"] / result["seen"]["seconds"]
    ours = sum(share for what, share in result["shares"].items() if what in result["ours"])
    print(f"of a market event        {ours / max(events, 1) * 1e6:,.0f} µs of edge and workers")
    for share, aim in AIMS_MS.items():
        found = quantile(result["seen"]["here"], share) / 1e6
        verdict = "met" if found <= aim else "missed"
        print(
            f"tick to order p{share * 100:.0f}        {found:.2f} ms, aim {aim:.0f} ms: {verdict}"
        )


def counts(values: list[int]) -> str:
    """p50, p99 and the greatest."""
    found = [quantile(values, share) for share in (0.5, 0.99, 1.0)]
    return "p50 {}, p99 {}, greatest {}".format(*found)


def quantiles(nanos: list[float]) -> str:
    """Orders go out by nines: of five hundred the 99th percentile is the worst moment of all, and
    two runs are compared by the 90th."""
    values = [quantile(nanos, share) / 1e6 for share in (0.5, 0.9, 0.99, 0.999, 1.0)]
    shown = "p50 {:.2f}, p90 {:.2f}, p99 {:.2f}, p99.9 {:.2f}, worst {:.2f} ms"
    return shown.format(*values)


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench service", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long is measured")
    parser.add_argument(
        "--settle",
        type=float,
        default=SETTLE_S,
        help="seconds between the last pool's quotes and that",
    )
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--reads", type=float, default=100.0, help="REST reads a second")
    parser.add_argument(
        "--outside", action="store_true", help="the exchange in a process of its own, over HTTP"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that own the engines")
    parser.add_argument("--kafka", action="store_true", help="market data through Kafka")
    parser.add_argument(
        "--traders", action="store_true", help="outside: the sandbox's traders make the market"
    )
    parser.add_argument("--profile", action="store_true", help="edge and first worker, 10 s more")
    parser.add_argument("--log", type=Path, help="keep the warnings of all processes in this file")
    options = parser.parse_args(arguments)
    options.outside |= options.kafka or options.workers > 1
    return options


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    # Whatever was started is ended, also where a time limit ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("error: ended by SIGTERM"))
    places = Places.found()
    os.sched_setaffinity(0, places.others)
    options.places = places.words()
    with tempfile.TemporaryDirectory() as folder, servers(options):
        options.database = "PostgreSQL" if os.environ.get("POSTGRES_URL") else "SQLite"
        size = {"outside": options.outside, "workers": options.workers, "log": options.log}
        os.environ["BENCH_MARKET"] = "sandbox" if options.traders else "load"
        service = Service(Path(folder), options.symbols, places, **size)
        try:
            result = asyncio.run(
                measured(
                    service,
                    options.seconds,
                    options.reads,
                    settle=options.settle,
                    profile=options.profile,
                )
            )
        finally:
            code = service.stop()
    show(result, options)
    if options.profile:
        print(result["profile"])
    print(f"ended                    {'clean' if code == 0 else f'with {code}'}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
