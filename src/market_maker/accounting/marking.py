"""Marking: what a symbol was worth after each of our fills, and at every full hour.

Mids are sampled four times a second and kept for half an hour, as many as there are slots. Fills
are found in the store, which knows those that have no mids yet; nothing of them waits in memory.
"""

from array import array
from collections import deque
from functools import partial

from market_maker.model.calendar import hour_of
from market_maker.model.instrument import Instrument
from market_maker.model.money import FillMarks, MarkRecord
from market_maker.model.records import FillRecord
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.performance.sampling import PoolRunners
from market_maker.ports import Clock, Store, Unit
from market_maker.settlement.attribution import activity_of_marks

STEP = Nanos(250 * NANOS_PER_MS)
"""Sampling interval of the mids."""

KEPT = Nanos(1_800 * NANOS_PER_SECOND)
"""How long a mid is kept: so long the database may be away until mids after fills are lost."""

NEAR = Nanos(NANOS_PER_SECOND)
"""A mid counts for moments at most so far from it."""

AFTER = tuple(Nanos(seconds * NANOS_PER_SECOND) for seconds in (1, 5, 30, 60))
"""When after a fill."""

STORE_INTERVAL = Nanos(5 * NANOS_PER_SECOND)
AT_ONCE = 500
"""Fills in one transaction."""

RECENT = NANOS_PER_HOUR
LONG_AGO = 40 * 24 * NANOS_PER_HOUR
"""How far back fills without mids are searched: each time, and at a start and every hour (for
those that were found late). Older ones stay without."""

HOURS_WAITING_MAX = 10_000
"""Hourly marks that wait while the database is away; the oldest are given up, and counted."""


class MidTrail:
    """Twice the mids of one symbol in a ring of slots, STEP each; 0 where none was seen."""

    def __init__(self) -> None:
        self._slots = array("q", bytes(8 * (KEPT // STEP)))
        self._last = 0

    def see(self, now: Nanos, mid_x2: int) -> None:
        """What is seen at `now`, 0 for nothing; moments never go back."""
        slot, size = now // STEP, len(self._slots)
        for skipped in range(max(self._last + 1, slot - size + 1), slot):
            self._slots[skipped % size] = 0
        self._slots[slot % size] = mid_x2
        self._last = slot

    def at(self, ts: Nanos) -> int:
        """The mid seen nearest to a moment, before it rather than after it; 0 if none was seen
        near it."""
        slot = ts // STEP
        for distance in range(NEAR // STEP + 1):
            for near in (slot - distance, slot + distance):
                if self._last - len(self._slots) < near <= self._last:
                    found = self._slots[near % len(self._slots)]
                    if found:
                        return found
        return 0


class Marking:
    """marked: fills whose mids were found; lost: hourly marks that were given up."""

    def __init__(self, store: Store, clock: Clock, floor: PoolRunners) -> None:
        self._store, self._clock, self._engine_host = store, clock, floor
        self._trails: dict[str, MidTrail] = {}
        self._instruments: dict[str, Instrument] = {}
        self._hourly: deque[MarkRecord] = deque()
        self._hour = hour_of(clock.now())
        self._store_at = self._search_at = Nanos(0)
        self.marked = self.lost = 0

    def sample(self) -> None:
        """See every mid, now."""
        now = self._clock.now()
        for runner in self._engine_host.runners():
            instrument = runner.instrument
            symbol, before = instrument.symbol, self._instruments.get(instrument.symbol)
            trail = self._trails.get(symbol)
            if trail is None or (before and before.tick_size != instrument.tick_size):
                trail = self._trails[symbol] = MidTrail()  # what is in it is in other ticks
            self._instruments[symbol] = instrument
            trail.see(now, runner.mid_x2 if runner.sighted else 0)
        if now >= self._hour + NANOS_PER_HOUR + NEAR:
            self._hour = hour_of(now)
            self._mark_hour()

    async def step(self) -> bool:
        """Sample; and, when it is due, store hourly marks and mids of fills that are old enough;
        whether it was. Raises StoreUnavailableError: what was to be stored will be the next
        time."""
        self.sample()
        now = self._clock.now()
        if now < self._store_at:
            return False
        self._store_at = Nanos(now + STORE_INTERVAL)
        if self._hourly:
            marks = list(self._hourly)
            await self._store.commit(lambda unit: unit.marks.put(marks))
            self._hourly.clear()
        thorough = now >= self._search_at
        await self._mark(Nanos(now - (LONG_AGO if thorough else RECENT)))
        if thorough:
            self._search_at = Nanos(now + NANOS_PER_HOUR)
        return True

    async def _mark(self, since: Nanos) -> None:
        while True:
            found, new = await self._store.commit(partial(self._mark_fills, since))
            self.marked += new
            if found < AT_ONCE:
                return
            self.sample()

    def _mark_hour(self) -> None:
        for symbol, trail in self._trails.items():
            mid_x2 = trail.at(self._hour)
            if not mid_x2:
                continue
            price = self._instruments[symbol].price(mid_x2) / 2
            self._hourly.append(MarkRecord(symbol=symbol, ts=self._hour, price=price))
            if len(self._hourly) > HOURS_WAITING_MAX:
                self._hourly.popleft()
                self.lost += 1

    async def _mark_fills(self, since: Nanos, unit: Unit) -> tuple[int, int]:
        """Mids after fills that have none yet; returns how many fills there were, and how many of
        them have mids now."""
        until = Nanos(self._clock.now() - AFTER[-1] - NEAR)
        fills = await unit.fill_marks.waiting(since, until, AT_ONCE)
        if not fills:
            return 0, 0
        orders = await unit.orders.get([fill.client_order_id for fill in fills])
        versions = {order.client_order_id: order.config_version for order in orders}
        marks = {_key(fill): self._marks(fill) for fill in fills}
        new = await unit.fill_marks.put(list(marks.values()))
        owners = {_key(fill): fill for fill in fills}
        sums = []
        for seen in new:
            fill = owners[_key(seen)]
            if fill.mid_x2 and seen.after_60s is not None:
                sums.append(activity_of_marks(fill, seen, versions[fill.client_order_id]))
        await unit.activity.add(sums)
        return len(fills), len(new)

    def _marks(self, fill: FillRecord) -> FillMarks:
        trail, grid = self._trails.get(fill.symbol), self._instruments.get(fill.symbol)
        seen = [0 if trail is None else trail.at(Nanos(fill.ts_event + span)) for span in AFTER]
        mids = [grid.price(mid_x2) / 2 if grid and mid_x2 else None for mid_x2 in seen]
        return FillMarks(
            **shared_fields(FillMarks, fill),
            after_1s=mids[0],
            after_5s=mids[1],
            after_30s=mids[2],
            after_60s=mids[3],
        )


def _key(of: FillRecord | FillMarks) -> tuple[str, str, int, str]:
    return of.symbol, of.account_id, of.trade_id, of.client_order_id
