"""Sums over the fills of a window that ends now: whole hours as they are kept, and the hour in
which it begins from its fills."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from market_maker.accounting.views import Totals
from market_maker.model.calendar import hour_of
from market_maker.model.exact import ZERO, exact
from market_maker.model.money import ActivityRecord, EntryKind
from market_maker.model.records import (
    PAGE_MAX,
    ActivityCriteria,
    ActivitySum,
    Criteria,
    FillRecord,
)
from market_maker.model.units import NANOS_PER_HOUR, Nanos, ParticipantId
from market_maker.ports import Unit
from market_maker.settlement.attribution import activity_of_fill, activity_of_marks
from market_maker.settlement.posting import fill_ref

ActivitySums: TypeAlias = Sequence[ActivityRecord | ActivitySum]

_COUNTS = ("fills", "priced", "marked")
_MONEY = ("volume_base", "volume_quote", "fees", "realised", "edge", "adverse")


class Scope(Struct, frozen=True):
    """Whose fills; None: those of all participants, in every symbol."""

    symbol: str | None = None
    participant_id: ParticipantId | None = None


async def sums_since(unit: Unit, since: Nanos, now: Nanos, scope: Scope) -> ActivitySums:
    """What adds up to the fills of [since, now], by symbol, participant and side."""
    whole = Nanos(-(-since // NANOS_PER_HOUR) * NANOS_PER_HOUR)
    criteria = ActivityCriteria(
        symbol=scope.symbol,
        participant_id=scope.participant_id,
        since=whole,
        until=Nanos(hour_of(now) + NANOS_PER_HOUR),
    )
    hours = await unit.activity.hours(criteria, ("symbol", "participant_id", "side"))
    return [*hours, *await _edge(unit, since, whole, scope)]


async def _edge(unit: Unit, since: Nanos, until: Nanos, scope: Scope) -> list[ActivityRecord]:
    """Of a part of one hour, fill by fill."""
    if since == until:
        return []
    criteria = Criteria(
        symbol=scope.symbol, participant_id=scope.participant_id, since=since, until=until
    )
    found: list[ActivityRecord] = []
    cursor = None
    while True:
        page = await unit.fills.page(criteria, PAGE_MAX, cursor)
        found += await _activity(unit, page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


async def _activity(unit: Unit, fills: Sequence[FillRecord]) -> list[ActivityRecord]:
    """What these fills add to the sums; the configuration's version is left out."""
    entries = await unit.ledger.caused(EntryKind.FILL, [fill_ref(fill) for fill in fills])
    realised = {entry.ref: -entry.realised for entry in entries}
    marks = {_names(seen): seen for seen in await unit.fill_marks.of(fills)}
    found = [activity_of_fill(fill, realised.get(fill_ref(fill), ZERO), 0) for fill in fills]
    for fill in fills:
        seen = marks.get(_names(fill))
        if seen is not None:
            found.append(activity_of_marks(fill, seen, 0))
    return found


def _names(of: object) -> tuple[object, ...]:
    names = ("symbol", "account_id", "trade_id", "client_order_id")
    return tuple(getattr(of, name) for name in names)


def totals(rows: Iterable[ActivityRecord | ActivitySum]) -> Totals:
    """Everything added up."""
    counts, money = dict.fromkeys(_COUNTS, 0), dict.fromkeys(_MONEY, ZERO)
    with exact():
        for row in rows:
            for name in _COUNTS:
                counts[name] += getattr(row, name)
            for name in _MONEY:
                money[name] += getattr(row, name)
        return Totals(
            **counts,
            volume_base=money["volume_base"],
            volume_usdt=money["volume_quote"],
            fees_usdt=money["fees"],
            realised_usdt=money["realised"],
            net_usdt=money["realised"] - money["fees"],
            edge_usdt=money["edge"],
            adverse_usdt=money["adverse"],
        )


def funding_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Added up, > 0 was received."""
    with exact():
        return sum(amounts, ZERO)
