"""Presence by hour, what it came to by day, and what participants promised."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, Table, and_, exists, select, union, update
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.money import DailyPerformance, Obligations, PresenceRecord
from market_maker.model.records import ActivityCriteria, DayKey, Page
from market_maker.model.units import NANOS_PER_HOUR, Nanos, ParticipantId
from market_maker.storage.exact_sql import insert_adding
from market_maker.storage.failures import Broken, broken
from market_maker.storage.money_tables import activity, obligations, performance_daily, presence
from market_maker.storage.orders import conditions
from market_maker.storage.paging import TIME_AND_NAMES, Sorting, read_page
from market_maker.storage.pools import STALE
from market_maker.storage.session import StoreSession, record, values_of

NANOS_PER_DAY = 24 * NANOS_PER_HOUR

_daily = performance_daily.c
_NEWEST = Sorting(
    (_daily.day, _daily.symbol, _daily.participant_id), TIME_AND_NAMES, newest_first=True
)
_COUNTS = ("eligible", "valid")
_SUMS = ("spread_sum_bps", "depth_sum_usdt")
_TERMS = ("spread_min_bps", "spread_max_bps", "depth_target_usdt", "volume_target_usdt")
_day = partial(record, DailyPerformance)


class StoredPerformance:
    """ports.Performance."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add_presence(self, records: Sequence[PresenceRecord]) -> None:
        if records:
            statement = insert_adding(self._session, presence, (_COUNTS, _SUMS), _TERMS)
            await self._session.run(statement, [values_of(one) for one in records])

    async def presence(
        self,
        symbol: str | None,
        participant_id: ParticipantId | None,
        since: Nanos,
        until: Nanos,
    ) -> tuple[PresenceRecord, ...]:
        criteria = ActivityCriteria(
            symbol=symbol, participant_id=participant_id, since=since, until=until
        )
        query = (
            select(presence)
            .where(*conditions(criteria, presence.c, presence.c.hour))
            .order_by(presence.c.hour, presence.c.symbol, presence.c.participant_id)
        )
        return tuple(record(PresenceRecord, row) for row in await self._session.rows(query))

    async def unrolled(self, before_day: Nanos, since_day: Nanos) -> tuple[DayKey, ...]:
        seen = union(*(_days(table, since_day, before_day) for table in (presence, activity)))
        days = seen.subquery()
        rolled = and_(
            _daily.day == days.c.day,
            _daily.symbol == days.c.symbol,
            _daily.participant_id == days.c.participant_id,
        )
        rows = await self._session.rows(select(days).where(~exists().where(rolled)))
        return tuple(sorted(record(DayKey, row) for row in rows))

    async def put_daily(self, records: Sequence[DailyPerformance]) -> int:
        if not records:
            return 0
        statement = self._session.insert_missing(performance_daily).returning(_daily.day)
        return len((await self._session.run(statement, [values_of(r) for r in records])).all())

    async def daily(
        self, criteria: ActivityCriteria, limit: int, cursor: str | None = None
    ) -> Page[DailyPerformance]:
        query = select(performance_daily).where(*conditions(criteria, _daily, _daily.day))
        return await read_page(self._session, query, _NEWEST, (limit, cursor), _day)

    async def daily_all(self, since: Nanos, until: Nanos) -> tuple[DailyPerformance, ...]:
        query = select(performance_daily).where(_daily.day >= since, _daily.day < until)
        return tuple(map(_day, await self._session.rows(query.order_by(*_NEWEST.columns))))


class StoredPromises:
    """ports.Promises."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def get(self, participant_id: ParticipantId) -> Obligations | None:
        row = await self._session.row(select(obligations).where(_of(participant_id)))
        return None if row is None else record(Obligations, row)

    async def replace(
        self, promised: Obligations, expected_version: int, now: Nanos
    ) -> Obligations:
        new = replace(promised, version=expected_version + 1, updated_at=now)
        if expected_version:
            mine = and_(_of(new.participant_id), obligations.c.version == expected_version)
            written = await self._session.run(update(obligations).where(mine), values_of(new))
        else:
            written = await self._insert(new)
        if written.rowcount != 1:
            before = await self.get(new.participant_id)
            current = before.version if before else 0
            raise ConflictError("version", current, STALE)
        return new

    async def _insert(self, new: Obligations) -> Any:
        try:
            return await self._session.run(
                self._session.insert_missing(obligations), values_of(new)
            )
        except IntegrityError as error:
            if broken(error) is not Broken.REFERENCE:
                raise
            raise NotFoundError("participant", new.participant_id) from error


def _of(participant_id: ParticipantId) -> ColumnElement[bool]:
    return obligations.c.participant_id == participant_id


def _days(table: Table, since: Nanos, before: Nanos) -> Select[Any]:
    hour = table.c.hour
    day = (hour - hour % NANOS_PER_DAY).label("day")
    query = select(day, table.c.symbol, table.c.participant_id).distinct()
    return query.where(hour >= since, hour < before)
