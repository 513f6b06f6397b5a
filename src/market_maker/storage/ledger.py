"""The ledger: balanced entries, numbered without a gap in order of posting."""

from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Text, and_, case, cast, func, insert, not_, or_, select, text
from sqlalchemy.sql.expression import tuple_

from market_maker.model.exact import ZERO, exact, signed
from market_maker.model.money import EntryKind, LedgerEntry
from market_maker.model.records import (
    LedgerCriteria,
    LedgerHolding,
    LedgerSpan,
    LedgerSum,
    Page,
    TokenFee,
)
from market_maker.model.units import NANOS_PER_HOUR, Nanos, ParticipantId
from market_maker.storage.exact_sql import is_negative, total
from market_maker.storage.money_tables import ledger
from market_maker.storage.orders import conditions
from market_maker.storage.paging import NUMBER, Sorting, read_page
from market_maker.storage.session import (
    AnyRow,
    StoreSession,
    first_of_each,
    in_parts,
    record,
    values_of,
)
from market_maker.storage.tables import PAID_OTHERWISE, fills

POST_LOCK = 0x6D6D_0005
"""PostgreSQL advisory lock: entries get their numbers in the order in which they are committed."""

SKEW = 24 * NANOS_PER_HOUR
"""By how much the clocks of two processes may differ, and much more."""

EARNED = (EntryKind.FILL, EntryKind.FUNDING)
"""Kinds of entries that settlements are made of."""

_columns = ledger.c
_OLDEST = Sorting((_columns.entry_id,), NUMBER)
_NEWEST = select(ledger).order_by(_columns.entry_id.desc()).limit(1)
_HEAD = select(func.max(_columns.entry_id))
_entry = partial(record, LedgerEntry)


class StoredLedger:
    """ports.Ledger."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session
        self._head: int | None = None  # known once the lock is ours

    async def post(self, entries: Sequence[LedgerEntry]) -> tuple[LedgerEntry, ...]:
        if not entries:
            return ()
        if self._head is None:
            await self._session.take_turns(POST_LOCK)
            self._head = await self.head()
        head = self._head
        new = tuple(
            replace(entry, entry_id=number)
            for number, entry in enumerate(await self._missing(entries), head + 1)
        )
        for entry in new:
            assert not entry.imbalance, entry
        if new:
            await self._session.run(insert(ledger), [values_of(entry) for entry in new])
            self._head = new[-1].entry_id
        return new

    async def newest(self) -> LedgerEntry | None:
        await self._session.take_turns(POST_LOCK)
        row = await self._session.row(_NEWEST)
        self._head = 0 if row is None else row.entry_id
        return None if row is None else _entry(row)

    async def head(self) -> int:
        row = await self._session.row(_HEAD)
        return 0 if row is None or row[0] is None else int(row[0])

    async def bounds(self, since: Nanos, until: Nanos) -> tuple[int, int] | None:
        inside = and_(_columns.ts_event >= since, _columns.ts_event < until)
        row = await self._session.row(_BOUNDS.where(inside))
        return None if row is None or row[0] is None else (row[0], row[1])

    async def latest(
        self, symbol: str, participant_id: ParticipantId, before_entry: int | None = None
    ) -> LedgerEntry | None:
        mine = and_(_columns.participant_id == participant_id, _columns.symbol == symbol)
        if before_entry is not None:
            mine = and_(mine, _columns.entry_id < before_entry)
        row = await self._session.row(_NEWEST.where(mine))
        return None if row is None else _entry(row)

    async def page(
        self, criteria: LedgerCriteria, limit: int, cursor: str | None = None
    ) -> Page[LedgerEntry]:
        query = select(ledger).where(*_conditions(criteria))
        order = _OLDEST.turned(backwards=criteria.backwards)
        return await read_page(self._session, query, order, (limit, cursor), _entry)

    async def spanned(
        self, span: LedgerSpan, limit: int, cursor: str | None = None
    ) -> Page[LedgerEntry]:
        query = select(ledger).where(await self._within(span))
        return await read_page(self._session, query, _OLDEST, (limit, cursor), _entry)

    async def sums(self, span: LedgerSpan) -> tuple[LedgerSum, ...]:
        late = case((_columns.ts_event < span.late_before, 1), else_=0)
        query = _SUMS.add_columns(late.label("late")).where(await self._within(span))
        rows = await self._session.rows(query.group_by(*_SUM_GROUPS, late))
        parts: dict[tuple[str, bool], list[AnyRow]] = {}
        for row in rows:
            parts.setdefault((row.symbol, bool(row.late)), []).append(row)
        return tuple(_sum(*key, parts[key]) for key in sorted(parts))

    async def token_fees(self, span: LedgerSpan) -> tuple[TokenFee, ...]:
        # An entry of an earlier month is in a span if it was posted after that was closed, and so
        # was its fill: older ones are not joined, of which there may be any number.
        since = span.covered_ts
        recent = or_(fills.c.ts_event >= since, fills.c.recorded_at >= since - SKEW)
        mine = and_(fills.c.participant_id == span.participant_id, fills.c.ts_event < span.before)
        query = _TOKEN_FEES.where(mine, recent, await self._within(span))
        return tuple(TokenFee(*row) for row in await self._session.rows(query))

    async def holdings(
        self, ts: Nanos, upto_entry: int, participant_id: ParticipantId | None = None
    ) -> tuple[LedgerHolding, ...]:
        found = [
            await self._holding(ts, upto_entry, *pair) for pair in await self._pairs(participant_id)
        ]
        return tuple(each for each in found if each and (each.position or each.inventory))

    async def posted(self, kind: EntryKind, refs: Sequence[str]) -> frozenset[str]:
        found: list[str] = []
        for some in in_parts(refs):
            asked = _columns.ref.in_(some)
            query = select(_columns.ref).where(_columns.kind == kind, asked)
            found += [row.ref for row in await self._session.rows(query)]
        return frozenset(found)

    async def caused(self, kind: EntryKind, refs: Sequence[str]) -> tuple[LedgerEntry, ...]:
        found: list[LedgerEntry] = []
        for some in in_parts(refs):
            asked = _columns.ref.in_(some)
            query = select(ledger).where(_columns.kind == kind, asked)
            found += [_entry(row) for row in await self._session.rows(query)]
        return tuple(found)

    async def _missing(self, entries: Sequence[LedgerEntry]) -> tuple[LedgerEntry, ...]:
        """Those whose cause has no entry yet, each cause once."""
        refs: dict[EntryKind, list[str]] = {}
        for entry in entries:
            refs.setdefault(entry.kind, []).append(entry.ref)
        known = {kind: await self.posted(kind, refs[kind]) for kind in refs}
        missing = [cause for cause in map(_cause, entries) if cause[1] not in known[cause[0]]]
        return first_of_each(entries, _cause, missing)

    async def _within(self, span: LedgerSpan) -> ColumnElement[bool]:
        """What belongs to the span. Its first entry is looked up by time, so that the walk along
        the numbers starts there, and not at the participant's first entry."""
        mine = _columns.participant_id == span.participant_id
        by_time = and_(mine, _columns.ts_event >= span.covered_ts, _columns.ts_event < span.before)
        row = await self._session.row(_FIRST.where(by_time))
        first = row[0] if row is not None and row[0] is not None else span.upto_entry + 1
        covered = and_(_columns.ts_event < span.covered_ts, _columns.entry_id <= span.covered_entry)
        return and_(
            mine,
            _columns.entry_id >= min(first, span.covered_entry + 1),
            _columns.entry_id <= span.upto_entry,
            _columns.ts_event < span.before,
            _columns.kind.in_(EARNED),
            not_(covered),
        )

    async def _pairs(self, participant_id: ParticipantId | None) -> list[tuple[ParticipantId, str]]:
        """Who ever held what. From one to the next by index: there are few, of many entries."""
        pair = (participant_id or ParticipantId(""), "")
        found: list[tuple[ParticipantId, str]] = []
        while True:
            query = _NEXT_PAIR.where(tuple_(_columns.participant_id, _columns.symbol) > pair)
            row = await self._session.row(query)
            if row is None or participant_id not in {None, row.participant_id}:
                return found
            pair = (row.participant_id, row.symbol)
            if pair[1]:
                found.append(pair)

    async def _holding(
        self, ts: Nanos, upto: int, participant_id: ParticipantId, symbol: str
    ) -> LedgerHolding | None:
        mine = and_(_columns.participant_id == participant_id, _columns.symbol == symbol)
        early = and_(mine, _columns.entry_id <= upto, _columns.ts_event < ts)
        last = await self._session.row(_NEWEST.where(early))
        if last is None:
            return None
        # What was posted before that and happened after `ts` is taken out again. The first such
        # entry is looked up by time, as in `_within`.
        since = and_(_columns.participant_id == participant_id, _columns.ts_event >= ts)
        row = await self._session.row(_FIRST.where(since))
        first = row[0] if row is not None and row[0] is not None else last.entry_id
        between = and_(_columns.entry_id >= first, _columns.entry_id < last.entry_id)
        later = and_(mine, between, _columns.ts_event >= ts)
        undone = await self._session.row(_MOVED.where(later))
        assert undone is not None
        with exact():
            at_cost = signed(1 if last.position >= 0 else -1, last.cost)
            return LedgerHolding(
                participant_id=participant_id,
                symbol=symbol,
                position=last.position - undone.quantity,
                inventory=at_cost - undone.inventory,
            )


_BUYS = case((is_negative(_columns.quantity), 0), else_=1)
_COSTS = case((is_negative(_columns.fees), 0), else_=1)
_SUM_GROUPS = (_columns.symbol, _columns.kind, _BUYS, _COSTS)
_SUMS = select(
    _columns.symbol,
    _columns.kind,
    _BUYS.label("bought"),
    _COSTS.label("costs"),
    func.count().label("entries"),
    total(_columns.cash).label("cash"),
    total(_columns.realised).label("realised"),
    total(_columns.fees).label("fees"),
    total(_columns.funding).label("funding"),
)
# "+ 0": of a bare column both databases search the least by walking along its index, from an
# early beginning; asked for a number, they go by time.
_FIRST = select(func.min(_columns.entry_id + 0))
_BOUNDS = select(func.min(_columns.entry_id), func.max(_columns.entry_id))
_NEXT_PAIR = (
    select(_columns.participant_id, _columns.symbol)
    .order_by(_columns.participant_id, _columns.symbol)
    .limit(1)
)
_MOVED = select(
    total(_columns.quantity).label("quantity"), total(_columns.inventory).label("inventory")
)


def _named(*names: ColumnElement[str]) -> ColumnElement[str]:
    """settlement.posting.fill_ref, of a row of fills."""
    written = [func.replace(func.replace(name, "%", "%25"), "|", "%7C") for name in names]
    ref: ColumnElement[str] = written[0]
    for name in written[1:]:
        ref = ref.op("||")("|").op("||")(name)
    return ref


_FILL_REF = _named(
    fills.c.symbol,
    fills.c.account_id,
    cast(fills.c.trade_id, Text),
    fills.c.client_order_id,
)
_TOKEN_FEES = (
    select(fills.c.fee_token, total(fills.c.fee_token_amount))
    .join(ledger, and_(_columns.kind == EntryKind.FILL, _columns.ref == _FILL_REF))
    .where(text(PAID_OTHERWISE))
    .group_by(fills.c.fee_token)
    .order_by(fills.c.fee_token)
)


def _conditions(criteria: LedgerCriteria) -> list[ColumnElement[bool]]:
    demands = conditions(criteria, _columns, _columns.ts_event)
    if criteria.after_entry is not None:
        demands.append(_columns.entry_id > criteria.after_entry)
    if criteria.upto_entry is not None:
        demands.append(_columns.entry_id <= criteria.upto_entry)
    return demands


def _cause(entry: LedgerEntry) -> tuple[EntryKind, str]:
    return entry.kind, entry.ref


def _sum(symbol: str, late: bool, rows: Sequence[AnyRow]) -> LedgerSum:
    """Rows by kind and by the signs of quantity and fees. What a fill moved in cash beside its
    fee is its value."""
    fills = [row for row in rows if row.kind == EntryKind.FILL]
    with exact():
        return LedgerSum(
            symbol=symbol,
            late=late,
            entries=sum(row.entries for row in rows),
            trades=sum(row.entries for row in fills),
            realised=ZERO - sum((row.realised for row in rows), ZERO),
            fees=sum((row.fees for row in rows if row.costs), ZERO),
            rebates=ZERO - sum((row.fees for row in rows if not row.costs), ZERO),
            funding=ZERO - sum((row.funding for row in rows), ZERO),
            volume=sum((abs(row.cash + row.fees) for row in fills), ZERO),
        )
