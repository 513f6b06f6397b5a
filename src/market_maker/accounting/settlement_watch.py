"""Scores and settlements for the metrics, read from the store at intervals."""

from collections.abc import Mapping

from market_maker.model.calendar import NANOS_PER_DAY, day_of
from market_maker.model.money import DailyPerformance, SettlementStatus
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.performance.rollup import day_so_far
from market_maker.ports import Clock, Store

INTERVAL = Nanos(30 * NANOS_PER_SECOND)


class SettlementWatch:
    """q_scores: of the day that is not over as far as it has come, or of the last one that has a
    score, by symbol and participant. settlements: records by status."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._due = Nanos(0)
        self._began = False
        self.q_scores: dict[tuple[str, str], float] = {}
        self.settlements: Mapping[SettlementStatus, int] = {}

    async def step(self) -> bool:
        """Read them, if it is due; whether it was. Raises StoreUnavailableError."""
        now = self._clock.now()
        if now < self._due:
            return False
        self._due = Nanos(now + INTERVAL)
        async with self._store.reading() as unit:
            self.settlements = await unit.settlements.counts()
            if not self._began:
                today = day_of(now)
                yesterday = Nanos(today - NANOS_PER_DAY)
                self._take(await unit.performance.daily_all(yesterday, today))
                self._began = True
            self._take(await day_so_far(unit, now))
        return True

    def _take(self, days: tuple[DailyPerformance, ...] | list[DailyPerformance]) -> None:
        for day in days:
            if day.q_score is not None:
                self.q_scores[day.symbol, day.participant_id] = float(day.q_score)
