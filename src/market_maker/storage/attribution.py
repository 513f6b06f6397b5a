"""What attribution is made from: funding, marks, mids after fills, sums by hour."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import and_, cast, func, null, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import tuple_

from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.money import ActivityRecord, FillMarks, FundingRecord, MarkRecord
from market_maker.model.records import ActivityCriteria, ActivitySum, FillRecord, Page
from market_maker.model.units import Nanos
from market_maker.storage.exact_sql import insert_adding, total
from market_maker.storage.failures import Broken, broken
from market_maker.storage.fills import IDENTITY
from market_maker.storage.money_tables import activity, fill_marks, funding, marks
from market_maker.storage.orders import conditions
from market_maker.storage.paging import TIME_AND_NAME, TIME_AND_NAMES, Sorting, read_page
from market_maker.storage.session import (
    IDS_PER_QUERY,
    StoreSession,
    first_of_each,
    record,
    values_of,
)
from market_maker.storage.tables import fills
from market_maker.storage.types import Whole

_FUNDING_KEY = (funding.c.symbol, funding.c.participant_id, funding.c.ts_event)
_NEWEST_FUNDING = Sorting(
    (funding.c.ts_event, funding.c.symbol, funding.c.participant_id),
    TIME_AND_NAMES,
    newest_first=True,
)
_NEWEST_MARKS = Sorting((marks.c.ts, marks.c.symbol), TIME_AND_NAME, newest_first=True)

GROUPS = ("symbol", "participant_id", "hour", "side", "level", "config_version")
"""What sums by hour can be grouped by, and what knows one of them."""
COUNTS = ("fills", "priced", "marked")
SUMS = ("volume_base", "volume_quote", "fees", "realised", "edge", "adverse")


class StoredFunding:
    """ports.Funding."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, records: Sequence[FundingRecord]) -> tuple[FundingRecord, ...]:
        if not records:
            return ()
        statement = self._session.insert_missing(funding).returning(*_FUNDING_KEY)
        result = await self._session.run(statement, [values_of(paid) for paid in records])
        return first_of_each(records, _funding_key, map(tuple, result.all()))

    async def page(
        self, criteria: ActivityCriteria, limit: int, cursor: str | None = None
    ) -> Page[FundingRecord]:
        query = select(funding).where(*conditions(criteria, funding.c, funding.c.ts_event))
        convert = partial(record, FundingRecord)
        return await read_page(self._session, query, _NEWEST_FUNDING, (limit, cursor), convert)


class StoredMarks:
    """ports.Marks."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def put(self, seen: Sequence[MarkRecord]) -> None:
        if seen:
            await self._session.run(
                self._session.insert_missing(marks), [values_of(mark) for mark in seen]
            )

    async def at(self, symbol: str, ts: Nanos, within_ns: Nanos) -> MarkRecord | None:
        near = and_(marks.c.symbol == symbol, marks.c.ts <= ts, marks.c.ts >= ts - within_ns)
        query = select(marks).where(near).order_by(marks.c.ts.desc()).limit(1)
        row = await self._session.row(query)
        return None if row is None else record(MarkRecord, row)

    async def page(
        self, criteria: ActivityCriteria, limit: int, cursor: str | None = None
    ) -> Page[MarkRecord]:
        if criteria.participant_id is not None:
            raise InvalidFieldError(
                "participant_id", criteria.participant_id, "none: marks are of symbols"
            )
        query = select(marks).where(*conditions(criteria, marks.c, marks.c.ts))
        convert = partial(record, MarkRecord)
        return await read_page(self._session, query, _NEWEST_MARKS, (limit, cursor), convert)


class StoredFillMarking:
    """ports.FillMarking."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def put(self, seen: Sequence[FillMarks]) -> tuple[FillMarks, ...]:
        if not seen:
            return ()
        identity = (fill_marks.c[name] for name in IDENTITY)
        statement = self._session.insert_missing(fill_marks).returning(*identity)
        try:
            result = await self._session.run(statement, [values_of(marked) for marked in seen])
        except IntegrityError as error:
            if broken(error) is not Broken.REFERENCE:
                raise
            ids = ", ".join(str(marked.trade_id) for marked in seen)
            raise NotFoundError("fill", ids) from error
        return first_of_each(seen, _identity, map(tuple, result.all()))

    async def waiting(self, since: Nanos, until: Nanos, limit: int) -> tuple[FillRecord, ...]:
        query = (
            select(fills)
            .join(fill_marks, _SAME_FILL, isouter=True)
            .where(fill_marks.c.symbol.is_(null()))
            .where(fills.c.ts_event >= since, fills.c.ts_event < until)
            .order_by(fills.c.ts_event, fills.c.id)
            .limit(limit)
        )
        return tuple(record(FillRecord, row) for row in await self._session.rows(query))

    async def of(self, marked: Sequence[FillRecord]) -> tuple[FillMarks, ...]:
        key = tuple_(*(fill_marks.c[name] for name in IDENTITY))
        found: dict[tuple[str | int, ...], FillMarks] = {}
        for start in range(0, len(marked), IDS_PER_QUERY // len(IDENTITY)):
            some = [_identity(f) for f in marked[start : start + IDS_PER_QUERY // len(IDENTITY)]]
            for row in await self._session.rows(select(fill_marks).where(key.in_(some))):
                seen = record(FillMarks, row)
                found[_identity(seen)] = seen
        return tuple(found[_identity(f)] for f in marked if _identity(f) in found)

    async def numbered(self, after: int, upto: int) -> tuple[FillMarks, ...]:
        inside = and_(fills.c.id > after, fills.c.id <= upto)
        query = select(fill_marks).join(fills, _SAME_FILL).where(inside)
        return tuple(record(FillMarks, row) for row in await self._session.rows(query))


_SAME_FILL = and_(*(fills.c[name] == fill_marks.c[name] for name in IDENTITY))


class StoredActivity:
    """ports.Activity."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, records: Sequence[ActivityRecord]) -> None:
        if records:
            statement = insert_adding(self._session, activity, (COUNTS, SUMS))
            # In one order, so that two who add at once wait for each other, not both for both.
            await self._session.run(
                statement, [values_of(one) for one in sorted(records, key=_hour)]
            )

    async def hours(self, criteria: ActivityCriteria, by: Sequence[str]) -> tuple[ActivitySum, ...]:
        for name in by:
            if name not in GROUPS:
                raise InvalidFieldError("by", name, "one of " + ", ".join(GROUPS))
        groups = [activity.c[name] for name in by]
        others = [null().label(name) for name in GROUPS if name not in by]
        query = (
            select(*groups, *others, *_TOTALS)
            .where(*conditions(criteria, activity.c, activity.c.hour))
            .group_by(*groups)
            .order_by(*groups)
        )
        rows = await self._session.rows(query)
        # Without groups there is a row even where there is nothing to add up.
        return tuple(record(ActivitySum, row) for row in rows if row.fills is not None)


_TOTALS = (
    *(cast(func.sum(activity.c[name]), Whole).label(name) for name in COUNTS),
    *(total(activity.c[name]).label(name) for name in SUMS),
)


def _funding_key(paid: FundingRecord) -> tuple[str, str, int]:
    return paid.symbol, paid.participant_id, paid.ts_event


def _hour(of: ActivityRecord) -> tuple[str | int, ...]:
    return tuple(getattr(of, name) for name in GROUPS)


def _identity(of: FillMarks | FillRecord) -> tuple[str | int, ...]:
    return tuple(getattr(of, name) for name in IDENTITY)
