"""What it costs to put orders on record before they go out: `python -m bench commits`.

Turn by turn in one run, so that whatever else the machine does meets all alike: a bare write of
8 KB forced to the disk (what any durable commit costs at least), one small row committed by
PostgreSQL with fsync on, and what a worker does before its orders: a ladder of intents under its
fence; the news of two ladders before, which are put down beside; and all three in one statement.
Then the ladder where the server does not wait for the disk, which no service does: the difference
is the disk's share. POSTGRES_URL names an empty database; without it a server is started with the
tests' fixture.

--pause MS between two commits: workers commit a few times a second, on a machine that slept.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import msgspec
import uvloop
from sqlalchemy import event

from bench.empty_database import empty_postgresql
from bench.money_rows import participant
from market_maker.model.orders import Side
from market_maker.model.ownership import Fence
from market_maker.model.participant import Participant
from market_maker.model.records import OrderChange, OrderRecord, OrderStatus
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId, Ticks
from market_maker.ports import PutDown
from market_maker.storage.database import Database, open_database, postgresql_url
from market_maker.storage.schema import upgrade_schema
from market_maker.storage.store import DatabaseStore

BLOCK = b"\0" * 8_192
FILE_BLOCKS = 2_048
"""Written over and over again, as PostgreSQL does with the files of its log."""
MEMBERS = tuple(map(ParticipantId, ("m50", "m30", "m20")))
LEVELS = 3
LONG = Nanos(3_600 * NANOS_PER_SECOND)
MS = 1e3
BARE = "8 KB forced to the disk"
Work = Callable[[], Awaitable[object]]
WARM_UP = 50


class Bare:
    """Writes and forces to the disk, without a database."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "bare", os.O_RDWR | os.O_CREAT)
        for _ in range(FILE_BLOCKS):
            os.write(self._file, BLOCK)
        os.fsync(self._file)
        self._next = 0

    async def __call__(self) -> None:
        os.pwrite(self._file, BLOCK, self._next * len(BLOCK))
        os.fdatasync(self._file)
        self._next = (self._next + 1) % FILE_BLOCKS


class Ladders:
    """What engines put on record."""

    def __init__(self, store: DatabaseStore, fences: tuple[Fence, ...]) -> None:
        self._store, self._fences = store, fences
        self._number = 0
        self._before: list[OrderRecord] = []
        self._gone: list[OrderRecord] = []

    async def news(self) -> None:
        """The last ones are live, those before them gone."""
        await self._store.commit(PutDown((), (), self._changes()))

    def _changes(self) -> tuple[OrderChange, ...]:
        live = (_news(each, OrderStatus.LIVE) for each in self._before)
        return (*live, *(_news(each, OrderStatus.CANCELED) for each in self._gone))

    async def __call__(self, *, news: bool = False) -> None:
        """New orders, and the news of those before with them."""
        changes = self._changes() if news else ()
        made = [
            self._order(f.symbol, member, level)
            for f in self._fences
            for member in MEMBERS
            for level in range(LEVELS)
        ]
        await self._store.commit(PutDown(self._fences, tuple(made), changes))
        self._before, self._gone = made, self._before

    def _order(self, symbol: str, member: ParticipantId, level: int) -> OrderRecord:
        self._number += 1
        now = Nanos(time.time_ns())
        return OrderRecord(
            client_order_id=f"mm-{member}-{symbol}-{level}-BUY-{now}{self._number}",
            symbol=symbol,
            order_id=OrderId(now + self._number),
            participant_id=member,
            account_id=f"account-{member}",
            side=Side.BUY,
            level=level,
            price=Ticks(800_000),
            size=Lots(10),
            filled=Lots(0),
            reduce_only=False,
            status=OrderStatus.PENDING_NEW,
            venue_order_id="",
            reason="",
            tick_size=Decimal("0.1"),
            lot_size=Decimal("0.001"),
            config_version=1,
            created_at=now,
            updated_at=now,
        )


def _news(order: OrderRecord, status: OrderStatus) -> OrderChange:
    return OrderChange(
        client_order_id=order.client_order_id,
        status=status,
        filled=Lots(0),
        updated_at=Nanos(time.time_ns()),
        reason="",
    )


def _participant(name: ParticipantId) -> Participant:
    return msgspec.structs.replace(
        participant(0, Nanos(time.time_ns())),
        participant_id=name,
        user_id=f"user-{name}",
        account_id=f"account-{name}",
        display_name=name,
    )


async def fences(store: DatabaseStore, worker: str, symbols: int) -> tuple[Fence, ...]:
    found = []
    async with store.transaction() as unit:
        await unit.owners.enlist(worker, LONG, alone=False)
        for number in range(symbols):
            fence = await unit.owners.claim(f"{worker}{number}USDT-PERP", worker, LONG)
            assert fence is not None
            found.append(fence)
    return tuple(found)


async def prepared(url: str) -> Database:
    database = open_database(postgresql_url(url))
    await upgrade_schema(database)
    store = DatabaseStore(database)
    async with store.transaction() as unit:
        for name in MEMBERS:
            await unit.participants.add(_participant(name))
    return database


def careless(url: str) -> Database:
    """One whose commits do not wait for the disk."""
    database = open_database(postgresql_url(url))

    @event.listens_for(database.intents.engine.sync_engine, "connect")
    def note(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("SET synchronous_commit = off")
        cursor.close()
        connection.commit()

    return database


class Meter:
    """What each work took: times, seconds; spent, of this process; log, of the server's."""

    def __init__(self, connection: Any, *, log: bool) -> None:
        self._connection, self._with_log = connection, log
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.spent: Counter[str] = Counter()
        self.log: defaultdict[str, Counter[str]] = defaultdict(Counter)

    async def take(self, name: str, work: Work) -> None:
        """Once."""
        before = await self._counters()
        began, cpu = time.perf_counter(), time.process_time()
        await work()
        self.times[name].append(time.perf_counter() - began)
        self.spent[name] += time.process_time() - cpu
        self.log[name].update(await self._counters())
        self.log[name].subtract(before)

    async def _counters(self) -> dict[str, float]:
        if not self._with_log:
            return {}
        asked = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
        return {"bytes of the log": float(await self._connection.fetchval(asked))}

    def show(self) -> None:
        """A line for each."""
        bare = median(self.times[BARE])
        for name, took in self.times.items():
            took.sort()
            p50, p99 = (took[int(len(took) * share)] * MS for share in (0.5, 0.99))
            own = self.spent[name] / len(took) * MS
            log = (f", {what} {value / len(took):,.1f}" for what, value in self.log[name].items())
            print(
                f"{name:<24} p50 {p50:6.2f}, p99 {p99:6.2f} ms, {p50 / bare / MS:5.2f} of the bare"
                f" write, {own:5.2f} ms of this process{''.join(log)}"
            )


async def measured(url: str, folder: Path, options: argparse.Namespace) -> None:
    database, loose, raw = await prepared(url), careless(url), await asyncpg.connect(url)
    store = DatabaseStore(database)
    await raw.execute("CREATE TABLE bench_row (at bigint)")
    insert = await raw.prepare("INSERT INTO bench_row VALUES ($1)")
    question = await raw.prepare("SELECT $1::bigint")
    apart, together, unforced = [
        Ladders(each, await fences(each, worker, options.symbols))
        for each, worker in ((store, "a"), (store, "b"), (DatabaseStore(loose), "c"))
    ]
    works: dict[str, Work] = {
        BARE: Bare(folder),
        "a question to the server": partial(question.fetchval, 1),
        "one small row": partial(insert.fetchval, 1),
        "a ladder": apart,
        "news of two": apart.news,
        "a ladder and news": partial(together, news=True),
        "a ladder, not forced": unforced,
    }
    for count in (WARM_UP, options.commits):
        meter = Meter(await asyncpg.connect(url), log=options.wal)
        for _ in range(count):
            for name, work in works.items():
                await asyncio.sleep(options.pause / MS)
                await meter.take(name, work)
    meter.show()
    await raw.close()
    await loose.close()
    await store.close()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench commits", description=__doc__)
    parser.add_argument("--commits", type=int, default=500)
    parser.add_argument("--symbols", type=int, default=1, help="ladders in a commit")
    parser.add_argument("--pause", type=float, default=0.0, help="ms before each")
    parser.add_argument("--wal", action="store_true", help="what the server's log takes for each")
    options = parser.parse_args(arguments)
    print(
        f"{options.symbols} symbols x {len(MEMBERS)} members x {LEVELS} levels a commit,"
        f" {options.commits} commits, load {os.getloadavg()[0]:.1f}"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        empty_postgresql("commits", durable=True) as url,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(measured(url, Path(folder), options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
