"""Measure scores, analytics, settlement and the ledger's check on 10^4 to 10^6 fills.

Two shapes: `history` has 2,000 fills a day and becomes longer, and what reads a day or a month
should not notice; `month` has everything within one month, and what adds that month up may take in
proportion to its fills. Wall time, the median of a few asks where nothing is changed. Ends with 1
when the check of the ledger finds anything.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from msgspec import Struct

from bench.money_rows import MONTH, NANOS_PER_DAY, Plan, load
from market_maker.accounting.analytics import Analytics
from market_maker.accounting.closing import MonthClosing, silent
from market_maker.accounting.ledger_check import check_ledger
from market_maker.clocks import SimClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import Connection, ConnectRequest, EngineHost
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditTrail
from market_maker.journaling.bookkeeper import is_complete
from market_maker.journaling.recorder import Recorder
from market_maker.model.caller import Caller, Role
from market_maker.model.money import MoneyFlow
from market_maker.model.records import SettlementCriteria
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND, Nanos
from market_maker.performance.rollup import RollUp
from market_maker.performance.scores import Scores
from market_maker.storage.database import Database, embedded_url, open_database, postgresql_url
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore
from market_maker.venues.instruments import SandboxInstruments

Sample = dict[str, Any]
Ask = Callable[[], Awaitable[object]]

SIZES = (10_000, 100_000, 1_000_000)
FILLS_PER_DAY = 2_000
NOW = Nanos(MONTH.end + 600 * NANOS_PER_SECOND)
"""When the month is settled: ten minutes after its end."""
CALLER = Caller("bench", (Role.FINANCE,), "")
QUICK_S = 1.0
"""What takes longer than this is asked once."""
ASKED = 5


class Idle:
    """engine_host.Observer and recorder.Naming of a engine_host on which nothing happens."""

    def turned(self, symbol: str, turn_ns: int, waiting: int) -> None:
        raise AssertionError(symbol, turn_ns, waiting)

    def lagged(self, lag_ns: int) -> None:
        raise AssertionError(lag_ns)

    def broke(self, symbol: str, failure: str, trace: str) -> None:
        raise AssertionError(symbol, failure, trace)

    def unproved(self, symbol: str, since_ns: int, orders: int) -> None:
        raise AssertionError(symbol, since_ns, orders)


async def nowhere(opening: ConnectRequest) -> Connection:
    raise AssertionError(opening)


class Service(Struct, frozen=True):
    """The parts of the service at NOW that are measured, without a pool that runs."""

    store: DatabaseStore
    trail: AuditTrail
    clock: SimClock
    pools: RunningPools


def service_on(store: DatabaseStore) -> Service:
    clock, idle = SimClock(NOW), Idle()
    trail = AuditTrail(store, clock)
    engine_host = EngineHost(
        clock, Recorder(store, trail, clock), nowhere, idle, Alarms(), shadow=False
    )
    pools = RunningPools(store, engine_host, SandboxInstruments())
    return Service(store, trail, clock, pools)


async def measure(database: Database, shape: str, plan: Plan) -> Sample:
    """A fresh database filled as planned, and how long everything takes on it, seconds."""
    store = DatabaseStore(database)
    began = time.perf_counter()
    await upgrade_schema(database)
    await load(database, plan, lambda done, of: say(f"  {done:,} of {of:,} fills written"))
    sample: Sample = {"shape": shape, "fills": plan.fills, "days": plan.days}
    sample["loaded_s"] = time.perf_counter() - began
    assert await is_complete(store)
    await roll_up_all_but_the_last_day(store, plan)
    own = service_on(store)
    trail, clock = own.trail, own.clock
    analytics = Analytics(store, clock, own.pools)
    closing = MonthClosing(store, trail, clock, MoneyFlow.OWN_ACCOUNTS)
    scores = Scores(store, trail, clock, own.pools.instruments)
    await close_all_but_the_last_month(closing, plan)
    symbol = SandboxInstruments().symbols()[0]
    thirty_days = Nanos(NOW - 30 * NANOS_PER_DAY)
    asks: dict[str, Ask] = {
        "roll-up of a day": RollUp(store, clock).step,
        "leaderboard, 30 days": scores.leaderboard,
        "overview, 24 h": analytics.overview,
        "hourly, 24 h": analytics.hourly,
        "hourly, 30 days": lambda: analytics.hourly(since=thirty_days),
        "symbol, 24 h + 7 d + 30 d": lambda: analytics.symbol_metrics(symbol),
        "settlement, dry run": lambda: closing.preview(CALLER, MONTH.name, None, silent),
        "settlement of a month": lambda: closing.close(CALLER, MONTH.name, silent),
    }
    once = {"roll-up of a day", "settlement of a month"}
    times = {name: await seconds(ask, 1 if name in once else ASKED) for name, ask in asks.items()}
    sample["month_entries"] = await entries_of(store)
    began = time.perf_counter()
    verdict = await check_ledger(store, None, lambda *_: None)
    times["ledger check"] = time.perf_counter() - began
    began = time.perf_counter()
    month_verdict = await check_ledger(store, MONTH, lambda *_: None)
    times["ledger check --month"] = time.perf_counter() - began
    found = verdict.findings + month_verdict.findings
    return sample | {"seconds": times, "findings": [str(each) for each in found]}


async def seconds(ask: Ask, times: int) -> float:
    """The median of so many asks; of one that takes long, the first."""
    taken: list[float] = []
    while len(taken) < times and (not taken or taken[0] < QUICK_S):
        began = time.perf_counter()
        await ask()
        taken.append(time.perf_counter() - began)
    return median(taken)


async def roll_up_all_but_the_last_day(store: DatabaseStore, plan: Plan) -> None:
    clock = SimClock(plan.start)
    rolling = RollUp(store, clock)
    for day in range(1, plan.days):
        clock.advance_to(Nanos(plan.start + day * NANOS_PER_DAY + NANOS_PER_HOUR))
        await rolling.step()


async def close_all_but_the_last_month(closing: MonthClosing, plan: Plan) -> None:
    month = plan.first_month
    while month != MONTH:
        await closing.close(CALLER, month.name, silent)
        month = month.next


async def entries_of(store: DatabaseStore) -> int:
    """What the settled month was made of."""
    async with store.reading() as unit:
        page = await unit.settlements.page(SettlementCriteria(month=MONTH.name), 1_000)
    return sum(record.entries for record in page.items)


def plans(sizes: list[int]) -> list[tuple[str, Plan]]:
    days = (MONTH.end - MONTH.start) // NANOS_PER_DAY
    history = [("history", Plan(size, max(1, size // FILLS_PER_DAY))) for size in sizes]
    return [*history, *(("month", Plan(size, days)) for size in sizes)]


async def everything(sizes: list[int], postgres: str | None) -> list[Sample]:
    samples = []
    for shape, plan in plans(sizes):
        say(f"{shape}: {plan.fills:,} fills in {plan.days} days")
        with tempfile.TemporaryDirectory(prefix="market-maker-bench-") as folder:
            url = embedded_url(Path(folder)) if postgres is None else postgresql_url(postgres)
            database = open_database(url)
            try:
                if postgres is not None:
                    await empty(database)
                samples.append(await measure(database, shape, plan))
            finally:
                await database.close()
    return samples


async def empty(database: Database) -> None:
    """The database is the benchmark's own: what an earlier run left in it goes."""
    async with database.writer.begin() as connection:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            await connection.exec_driver_sql(statement)


def show(samples: list[Sample]) -> None:
    where = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    print(f"{where}, load {os.getloadavg()[0]:.1f}; ms, and in brackets the growth")
    for shape in ("history", "month"):
        own = [sample for sample in samples if sample["shape"] == shape]
        print(f"\n{shape:<26}" + "".join(f"{s['fills']:>20,}" for s in own) + "  fills")
        print(f"{'days':<26}" + "".join(f"{s['days']:>20,}" for s in own))
        print(f"{'entries of the month':<26}" + "".join(f"{s['month_entries']:>20,}" for s in own))
        print(f"{'loaded, s':<26}" + "".join(f"{s['loaded_s']:>20.1f}" for s in own))
        for name in own[0]["seconds"]:
            taken = [sample["seconds"][name] * 1e3 for sample in own]
            growth = ["", *(f"({b / a:.1f})" for a, b in pairwise(taken))]
            cells = (f"{ms:,.1f} {by:>7}" for ms, by in zip(taken, growth, strict=True))
            print(f"{name:<26}" + "".join(f"{cell:>20}" for cell in cells))
    for sample in samples:
        for finding in sample["findings"][:3]:
            print(f"NOT right, {sample['shape']} {sample['fills']:,}: {finding}")


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench money", description=__doc__)
    parser.add_argument("--fills", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument(
        "--postgres", metavar="URL", help="a database of the benchmark's own: it is emptied"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    samples = asyncio.run(everything(options.fills, options.postgres))
    if options.json:
        print(json.dumps(samples, indent=2))
    else:
        show(samples)
    return 1 if any(sample["findings"] for sample in samples) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
