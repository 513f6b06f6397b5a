"""The series of the pools: sampled once a second, kept in three resolutions, read back in any step.

The newest rows are in memory and reach the database every few seconds, so that a crash loses that
much at most.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal

from market_maker.execution.day_marks import DayMark
from market_maker.execution.engines import RunningPool
from market_maker.execution.running_pools import RunningPools
from market_maker.model.errors import StoreUnavailableError
from market_maker.model.history import (
    BLOCK_ROWS,
    DAY,
    HOUR,
    KEPT,
    MINUTE,
    SECOND,
    EncodedBlock,
    HistoryBlock,
    HistoryRow,
    block_start,
    merged,
    thinned,
)
from market_maker.model.units import Nanos
from market_maker.operations.growing_block import GrowingBlock
from market_maker.operations.history_rows import history_row
from market_maker.ports import Clock, Store

BLOCKS_AT_ONCE = 10
"""Of a read; then the engines have a turn."""

BLOCKS_WAITING_MAX = 30
"""Of each symbol and step, while the database is away: half an hour of seconds, more than a day of
minutes. Three hundred pools would take seventy megabytes an hour; the oldest are given up."""

DAYS_BEFORE = 7
"""How far back the last row before a day is searched."""

BlockKey = tuple[str, int, Nanos]
"""Symbol, step, beginning."""


class PoolHistory:
    """What is still in memory, and the way to the rest. lost: blocks that were given up."""

    def __init__(
        self,
        store: Store,
        pools: RunningPools,
        clock: Clock,
        rest: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0),
    ) -> None:
        self._store, self._pools, self._clock, self._rest = store, pools, clock, rest
        self._blocks: dict[BlockKey, GrowingBlock] = {}
        self._dirty: set[BlockKey] = set()
        self._whole: set[BlockKey] = set()
        self._fills: dict[str, int] = {}
        self._sampled = self.lost = 0

    async def step(self) -> None:
        """Sample every engine, unless that was done within this second; engines have a turn in
        between."""
        second = self._clock.now() // SECOND
        if second == self._sampled:
            return
        self._sampled = second
        for runner in self._pools.engine_host.runners():
            if runner.failure is None:
                await self._take_up_day(runner.instrument.symbol)
                self._note(runner)
                await self._rest()

    async def flush(self) -> None:
        """Store what is not stored yet, and forget blocks that are complete. Raises
        StoreUnavailableError; it is tried again with the next."""
        wanted, self._dirty = self._dirty, set()
        try:
            await self._adopt([key for key in wanted if key not in self._whole])
            blocks = []
            for symbol, step, ts in wanted:
                rows = self._blocks[symbol, step, ts].encoded()
                if rows:
                    blocks.append(EncodedBlock(symbol=symbol, step=Nanos(step), ts=ts, rows=rows))
                    await self._rest()
            await self._store.commit(lambda unit: unit.history.put(blocks))
        except StoreUnavailableError:
            self._dirty |= wanted
            raise
        self._forget()

    async def purge(self) -> None:
        """Forget what is older than it is kept."""
        now = self._clock.now()
        async with self._store.transaction() as unit:
            for step, span in KEPT.items():
                await unit.history.purge(Nanos(step), Nanos(now - span))

    async def read(
        self, symbol: str, step: int, since: Nanos, until: Nanos
    ) -> tuple[HistoryRow, ...]:
        """Rows with since <= ts < until in steps of `step` ns, oldest first."""
        source = max(each for each in KEPT if step % each == 0)
        found: list[HistoryRow] = []
        at = block_start(since, source)
        span = source * BLOCK_ROWS * BLOCKS_AT_ONCE
        while at < until:
            end = Nanos(min(at + span, until))
            async with self._store.glimpse() as unit:
                blocks = await unit.history.read(symbol, Nanos(source), Nanos(max(at, since)), end)
            rows = (row for each in self._newest(blocks, (symbol, source), end) for row in each)
            found += [row for row in rows if max(since, at) <= row.ts < end]
            await self._rest()
            at = Nanos(at + span)
        return thinned(tuple(found), step)

    async def _take_up_day(self, symbol: str) -> None:
        """The day as earlier runs saw it, once for each pool; a database that is away is asked
        again a second later."""
        if self._pools.days.knows(symbol):
            return
        now = self._clock.now()
        began = Nanos(now - now % DAY)
        try:
            rows = await self.read(symbol, HOUR, Nanos(began - DAYS_BEFORE * DAY), now)
        except StoreUnavailableError:
            return
        mark = day_mark(rows, began)
        if mark is not None:
            self._pools.days.begin(symbol, mark)

    async def _adopt(self, keys: Sequence[BlockKey]) -> None:
        """Take in what an earlier run stored of the same blocks."""
        for key in keys:
            symbol, step, ts = key
            async with self._store.glimpse() as unit:
                stored = await unit.history.read(symbol, Nanos(step), ts, Nanos(ts + 1))
            earlier = stored[0].rows if stored else ()
            if earlier:
                self._blocks[key] = GrowingBlock(_after(earlier, self._blocks[key].rows()))
            self._whole.add(key)

    def _newest(
        self, stored: Iterable[HistoryBlock], of: tuple[str, int], end: Nanos
    ) -> list[tuple[HistoryRow, ...]]:
        """Stored blocks, those in memory in their place; oldest first."""
        found = {block.ts: block.rows for block in stored}
        for key, rows in self._blocks.items():
            if key[:2] == of and key[2] < end:
                earlier = () if key in self._whole else found.get(key[2], ())
                found[key[2]] = _after(earlier, rows.rows())
        return [found[ts] for ts in sorted(found)]

    def _note(self, runner: RunningPool) -> None:
        symbol, seen = runner.instrument.symbol, runner.snapshot()
        if seen.position and not seen.mid_x2:
            # What it is worth is not known: a guess would stand there as the day's peak.
            return
        total = seen.counters.fills
        before = self._fills.get(symbol, total)
        self._fills[symbol] = total
        row = history_row(runner, self._clock.now(), total - before if total >= before else total)
        self._pools.days.saw(symbol, row.ts, row.net)
        for step in (SECOND, MINUTE, HOUR):
            self._add(symbol, step, row)

    def _add(self, symbol: str, step: int, row: HistoryRow) -> None:
        ts = Nanos(row.ts - row.ts % step)
        key = (symbol, step, block_start(ts, step))
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = GrowingBlock()
            self._give_up_oldest(key)
        block.add(merged(None, row, ts))
        self._dirty.add(key)

    def _give_up_oldest(self, newest: BlockKey) -> None:
        symbol, step, ts = newest
        oldest = (symbol, step, Nanos(ts - BLOCKS_WAITING_MAX * step * BLOCK_ROWS))
        # What is being stored now is in the hands of `flush`.
        if oldest in self._dirty:
            self._drop(oldest)
            self.lost += 1

    def _forget(self) -> None:
        now = self._clock.now()
        for key in list(self._blocks):
            if key not in self._dirty and key[2] != block_start(now, key[1]):
                self._drop(key)

    def _drop(self, key: BlockKey) -> None:
        del self._blocks[key]
        self._dirty.discard(key)
        self._whole.discard(key)


def day_mark(rows: Sequence[HistoryRow], began: Nanos) -> DayMark | None:
    """What the day that began then is measured from, by rows of it and of days before it. A pool
    without a row before it is as old as its first one, and began at 0 or next to it."""
    before = [row for row in rows if row.ts < began]
    today = [row for row in rows if row.ts >= began]
    if not rows:
        return None
    first = rows[0]
    opening = before[-1].net if before else min(max(Decimal(0), first.net_min), first.net_max)
    peak = max([opening, *(row.net_max for row in today)])
    return DayMark(began // DAY, opening, peak)


def _after(
    earlier: tuple[HistoryRow, ...], later: tuple[HistoryRow, ...]
) -> tuple[HistoryRow, ...]:
    """Rows of both; a step that both have is one row."""
    if not earlier or not later:
        return earlier or later
    first = later[0]
    same = next((row for row in earlier if row.ts == first.ts), None)
    kept = tuple(row for row in earlier if row.ts < first.ts)
    return (*kept, merged(same, first, first.ts), *later[1:])
