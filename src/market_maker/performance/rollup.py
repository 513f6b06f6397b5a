"""The daily roll-up: what presence and fills of a UTC day came to, once the day is over.

It finds days that have none, so that a night in which the service was down is made up for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias

from market_maker.model.calendar import NANOS_PER_DAY, day_of
from market_maker.model.exact import ZERO
from market_maker.model.money import DailyPerformance, PresenceRecord
from market_maker.model.records import ActivityCriteria, ActivitySum, DayKey
from market_maker.model.units import NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.performance.presence import PresenceBook
from market_maker.ports import Clock, Store, Unit
from market_maker.scoring.q_score import Targets
from market_maker.scoring.rollup import Trading, daily

DELAY = Nanos(60 * NANOS_PER_SECOND)
"""After midnight, so that what happened before it is stored."""

CHECK_INTERVAL = Nanos(600 * NANOS_PER_SECOND)
"""Interval of the search for days that have none."""

BACKFILL = Nanos(62 * NANOS_PER_DAY)
"""How far after a start; later from RECENT before the last time on."""
RECENT = Nanos(2 * NANOS_PER_DAY)

NO_TRADING = Trading()
NO_TARGETS = Targets(
    spread_min_bps=ZERO, spread_max_bps=ZERO, depth_target_usdt=ZERO, volume_target_usdt=ZERO
)
"""Of a day without a snapshot, whose score is undefined."""

Pair: TypeAlias = tuple[str, ParticipantId]


class RollUp:
    """book: snapshots that are not stored yet; a day waits for its own. rolled: daily records made
    since the start, by symbol."""

    def __init__(self, store: Store, clock: Clock, book: PresenceBook | None = None) -> None:
        self._store, self._clock, self._book = store, clock, book
        self._due = Nanos(0)
        self._since: Nanos | None = None
        self.rolled: Counter[str] = Counter()

    async def step(self) -> int:
        """Roll up every day that is over and was not, if the check is due; returns how many
        records are new, and False where the store was not asked. Raises StoreUnavailableError."""
        now = self._clock.now()
        if now < self._due:
            return False
        before = day_of(Nanos(now - DELAY))
        if self._book is not None and self._book.waits_for(before):
            return False
        since = Nanos(max(0, before - BACKFILL)) if self._since is None else self._since
        async with self._store.reading() as unit:
            keys = await unit.performance.unrolled(before, since)
        made = 0
        for day, own in groupby(keys, key=attrgetter("day")):
            rows = await self._store.commit(partial(self._roll, day, list(own)))
            self.rolled.update(row.symbol for row in rows)
            made += len(rows)
        self._since = Nanos(max(0, before - RECENT))
        self._due = Nanos(min(before + NANOS_PER_DAY + DELAY, now + CHECK_INTERVAL))
        return made

    async def _roll(self, day: Nanos, keys: Sequence[DayKey], unit: Unit) -> list[DailyPerformance]:
        criteria = ActivityCriteria(since=day, until=Nanos(day + NANOS_PER_DAY))
        rows = (await _read(unit, criteria)).rows(keys, self._clock.now())
        return rows if await unit.performance.put_daily(rows) else []


class _Day:
    """What is stored of one day: presence and fills, by symbol and participant."""

    def __init__(self, presence: Iterable[PresenceRecord], sums: Iterable[ActivitySum]) -> None:
        self.hours: dict[Pair, list[PresenceRecord]] = {}
        for row in presence:
            self.hours.setdefault((row.symbol, row.participant_id), []).append(row)
        self.trading = {_pair(row): _trading(row) for row in sums}

    def rows(self, keys: Iterable[DayKey], now: Nanos) -> list[DailyPerformance]:
        """One for each key."""
        found = []
        for key in keys:
            pair = (key.symbol, key.participant_id)
            hours, trading = self.hours.get(pair, ()), self.trading.get(pair, NO_TRADING)
            found.append(daily(key, hours, trading, NO_TARGETS, now))
        return found


async def _read(unit: Unit, criteria: ActivityCriteria) -> _Day:
    assert criteria.since is not None
    assert criteria.until is not None
    whose = (criteria.symbol, criteria.participant_id)
    presence = await unit.performance.presence(*whose, criteria.since, criteria.until)
    return _Day(presence, await unit.activity.hours(criteria, ("symbol", "participant_id")))


async def day_so_far(
    unit: Unit, now: Nanos, symbol: str | None = None, participant_id: ParticipantId | None = None
) -> list[DailyPerformance]:
    """The day that is not over, as far as it has come, by symbol and participant; of all of them,
    or of one symbol or participant."""
    today = day_of(now)
    criteria = ActivityCriteria(
        symbol=symbol,
        participant_id=participant_id,
        since=today,
        until=Nanos(today + NANOS_PER_DAY),
    )
    day = await _read(unit, criteria)
    pairs = sorted({*day.hours, *day.trading})
    return day.rows([DayKey(today, *pair) for pair in pairs], now)


def _pair(row: ActivitySum) -> Pair:
    assert row.symbol is not None
    assert row.participant_id is not None
    return row.symbol, row.participant_id


def _trading(row: ActivitySum) -> Trading:
    return Trading(
        volume_usdt=row.volume_quote,
        trades=row.fills,
        realised_usdt=row.realised,
        fees_usdt=row.fees,
    )
