"""Snapshots of presence on their way to the store: added up by hour, and each stored once."""

from collections.abc import Mapping
from functools import partial
from typing import TypeAlias

import msgspec

from market_maker.model.errors import StoreUnavailableError
from market_maker.model.exact import exact
from market_maker.model.money import PresenceRecord
from market_maker.model.units import NANOS_PER_HOUR, Nanos, ParticipantId
from market_maker.ports import Store, Unit

WAITING_MAX = 50_000
"""Sums that may wait while the database is away: a hundred pools of three members for a week.
What would come beyond it is given up, and counted."""

PresenceKey: TypeAlias = tuple[str, ParticipantId, Nanos]
PresenceSums: TypeAlias = dict[PresenceKey, PresenceRecord]


class PresenceBook:
    """Sums by symbol, participant and hour that the store does not have yet.

    waiting_max: sums kept. lost: snapshots that were given up. away: why nothing can be stored
    now, empty when it can.
    """

    def __init__(self, store: Store, waiting_max: int = WAITING_MAX) -> None:
        self._store, self._waiting_max = store, waiting_max
        self._waiting: PresenceSums = {}
        self._tried: PresenceSums = {}
        self._before: dict[PresenceKey, int] | None = None
        self.lost = 0
        self.away = ""

    @property
    def waiting(self) -> int:
        """Snapshots that are not known to be stored."""
        sums = (*self._waiting.values(), *self._tried.values())
        return sum(record.eligible for record in sums)

    def waits_for(self, before: Nanos) -> bool:
        """Whether there are snapshots of hours before this one that are not known to be stored."""
        return any(hour < before for _, _, hour in (*self._waiting, *self._tried))

    def add(self, record: PresenceRecord) -> None:
        """One more snapshot, or several."""
        key = _key(record)
        if key in self._waiting:
            self._waiting[key] = together(self._waiting[key], record)
        elif len(self._waiting) < self._waiting_max:
            self._waiting[key] = record
        else:
            self.lost += record.eligible

    async def write(self) -> None:
        """Store what waits, in one transaction. If the database is away it goes on waiting; after
        a transaction of which it is not known whether it held, the store is asked first."""
        try:
            if self._tried and not await self._was_stored():
                self._take_back()
            self._tried, self._before = {}, None
            if self._waiting:
                self._tried, self._waiting = self._waiting, {}
                await self._store.commit(partial(self._stored, self._tried))
                self._tried, self._before = {}, None
        except StoreUnavailableError as error:
            self.away = str(error)
            if self._before is None:
                # It broke before anything was written.
                self._take_back()
        else:
            self.away = ""

    async def _stored(self, sums: PresenceSums, unit: Unit) -> None:
        self._before = await _counts(unit, sums)
        await unit.performance.add_presence(list(sums.values()))

    async def _was_stored(self) -> bool:
        """Whether the last transaction held: it did as a whole or not at all."""
        async with self._store.reading() as unit:
            now = await _counts(unit, self._tried)
        before = self._before or {}
        return all(
            now.get(key, 0) >= before.get(key, 0) + record.eligible
            for key, record in self._tried.items()
        )

    def _take_back(self) -> None:
        tried, self._tried, self._before = self._tried, {}, None
        later, self._waiting = self._waiting, tried
        for record in later.values():
            self.add(record)


async def _counts(unit: Unit, sums: Mapping[PresenceKey, PresenceRecord]) -> dict[PresenceKey, int]:
    """How many eligible snapshots are stored, of each key of `sums` and its neighbours."""
    hours = [hour for _, _, hour in sums]
    until = Nanos(max(hours) + NANOS_PER_HOUR)
    rows = await unit.performance.presence(None, None, min(hours), until)
    return {_key(row): row.eligible for row in rows}


def together(first: PresenceRecord, later: PresenceRecord) -> PresenceRecord:
    """The sums of both, under the later one's terms."""
    with exact():
        return msgspec.structs.replace(
            later,
            eligible=first.eligible + later.eligible,
            valid=first.valid + later.valid,
            spread_sum_bps=first.spread_sum_bps + later.spread_sum_bps,
            depth_sum_usdt=first.depth_sum_usdt + later.depth_sum_usdt,
        )


def _key(record: PresenceRecord) -> PresenceKey:
    return record.symbol, record.participant_id, record.hour
