"""Analytics: what trading came to, and from what, in time that does not depend on how much there
was before."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from market_maker.accounting.month_records import open_profit
from market_maker.accounting.views import (
    ATTRIBUTES,
    Attributed,
    AttributionView,
    Bucket,
    OverviewOfMoney,
    ParticipantTotals,
    SideTotals,
    SymbolMetrics,
    SymbolTotals,
    TimeWindow,
    Totals,
)
from market_maker.accounting.window import ActivitySums, Scope, funding_sum, sums_since, totals
from market_maker.execution.running_pools import RunningPools
from market_maker.model.calendar import hour_of
from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import ZERO, exact
from market_maker.model.lifecycle import PoolState
from market_maker.model.money import ActivityRecord, SettlementStatus
from market_maker.model.orders import Side
from market_maker.model.records import PAGE_MAX, ActivityCriteria, ActivitySum
from market_maker.model.units import NANOS_PER_HOUR, Nanos, ParticipantId
from market_maker.performance.rollup import day_so_far
from market_maker.ports import Clock, Store, Unit
from market_maker.settlement.attribution import Attribution, attribution

DAY = Nanos(24 * NANOS_PER_HOUR)
WINDOWS = {"24h": DAY, "7d": Nanos(7 * DAY), "30d": Nanos(30 * DAY)}
SPAN_MAX = Nanos(92 * DAY)
"""Of hourly buckets and attribution."""

GROUPS_MAX = 10_000
"""Of attribution; more is a question for the database."""

ALL_ENTRIES = 2**62
"""More than any ledger has: what is read is one picture, and nothing is posted in it."""

ActivityRow: TypeAlias = ActivityRecord | ActivitySum


class Analytics:
    """Read-only; everything is of the moment when it is asked."""

    def __init__(self, store: Store, clock: Clock, pools: RunningPools) -> None:
        self._store, self._clock, self._pools = store, clock, pools

    async def overview(self) -> OverviewOfMoney:
        """The last 24 hours, all symbols and participants."""
        now = self._clock.now()
        since = Nanos(now - DAY)
        async with self._store.reading() as unit:
            rows = await sums_since(unit, since, now, Scope())
            funding = await _funding(unit, since, Nanos(now + 1), Scope())
            counts = await unit.settlements.counts()
        runners = self._pools.engine_host.runners()
        return OverviewOfMoney(
            since=since,
            until=now,
            totals=totals(rows),
            funding_usdt=funding,
            unrealised_usdt=self._unrealised(),
            active_pools=sum(runner.state is PoolState.ACTIVE for runner in runners),
            pools=len(runners),
            pending_settlements=counts[SettlementStatus.PENDING],
            symbols=tuple(
                SymbolTotals(symbol=str(key), totals=totals(own))
                for key, own in _grouped(rows, lambda row: row.symbol)
            ),
            participants=_by_participant(rows),
        )

    async def hourly(
        self,
        *,
        symbol: str | None = None,
        participant_id: ParticipantId | None = None,
        since: Nanos | None = None,
        until: Nanos | None = None,
        after: Nanos | None = None,
        limit: int = PAGE_MAX,
        backwards: bool = False,
    ) -> tuple[Bucket, ...]:
        """Hours that begin within [since, until), oldest first, those without fills left out; by
        default the last 24 and the one that is not over. after: those after this one, in the order
        asked for; limit: at most so many; backwards: newest first. Raises NotFoundError for an
        unknown instrument, InvalidFieldError for a span in which no hour begins."""
        if symbol is not None:
            self._pools.instrument(symbol)
        begin, end = _whole_hours(since, until, self._clock.now())
        if after is not None and backwards:
            end = Nanos(min(end, after))
        elif after is not None:
            begin = Nanos(max(begin, after + NANOS_PER_HOUR))
        spans = [(Nanos(at), Nanos(min(at + SPAN_MAX, end))) for at in range(begin, end, SPAN_MAX)]
        rows: list[ActivitySum] = []
        async with self._store.reading() as unit:
            for first, stop in reversed(spans) if backwards else spans:
                if len(rows) >= limit:
                    break
                criteria = ActivityCriteria(
                    symbol=symbol, participant_id=participant_id, since=first, until=stop
                )
                hours = await unit.activity.hours(criteria, ("hour",))
                rows += reversed(hours) if backwards else hours
        return tuple(
            Bucket(hour=row.hour or Nanos(0), symbol=symbol, totals=totals([row]))
            for row in rows[:limit]
        )

    async def symbol_metrics(self, symbol: str) -> SymbolMetrics:
        """The common windows of one symbol, and what is behind them. Raises NotFoundError for an
        unknown instrument."""
        self._pools.instrument(symbol)
        now, scope = self._clock.now(), Scope(symbol)
        windows: list[TimeWindow] = []
        day: ActivitySums = ()
        async with self._store.reading() as unit:
            for name, span in WINDOWS.items():
                since = Nanos(now - span)
                rows = await sums_since(unit, since, now, scope)
                windows.append(TimeWindow(name=name, since=since, until=now, totals=totals(rows)))
                day = rows if span == DAY else day
            orders = await unit.orders.breakdown(symbol, Nanos(now - DAY))
            today = await day_so_far(unit, now, symbol)
        return SymbolMetrics(
            symbol=symbol,
            windows=tuple(windows),
            sides=_by_side(day),
            participants=_by_participant(day),
            orders=orders,
            today=tuple(today),
        )

    async def attribution(
        self,
        *,
        symbol: str | None = None,
        participant_id: ParticipantId | None = None,
        since: Nanos | None = None,
        until: Nanos | None = None,
        by: Sequence[str] = ("symbol",),
    ) -> AttributionView:
        """Where money came from in the hours that begin within [since, until), by default the
        last 24 and the one that is not over. Raises InvalidFieldError("by") for what sums cannot
        be grouped by, ("since") for more than SPAN_MAX; NotFoundError for an unknown
        instrument."""
        if symbol is not None:
            self._pools.instrument(symbol)
        _check_groups(by)
        now = self._clock.now()
        begin, end = _whole_hours(since, until, now, SPAN_MAX)
        scope = Scope(symbol, participant_id)
        criteria = ActivityCriteria(
            symbol=symbol, participant_id=participant_id, since=begin, until=end
        )
        async with self._store.reading() as unit:
            rows = await unit.activity.hours(criteria, by)
            funding = await _funding(unit, begin, end, scope)
            before = await self._open_profit(unit, begin, scope)
            after = await self._open_profit(unit, min(end, now), scope)
        if len(rows) > GROUPS_MAX:
            raise InvalidFieldError(
                "by", ",".join(by), f"a grouping with at most {GROUPS_MAX} groups"
            )
        whole = totals(rows)
        return AttributionView(
            since=begin,
            until=end,
            by=tuple(by),
            rows=tuple(
                Attributed(group=tuple(getattr(row, name) for name in by), totals=totals([row]))
                for row in rows
            ),
            totals=whole,
            funding_usdt=funding,
            whole=_explained(whole, funding, (before, after)),
        )

    async def _open_profit(self, unit: Unit, ts: Nanos, scope: Scope) -> Decimal | None:
        """Of all positions at a moment; None where a mark is missing."""
        held = await unit.ledger.holdings(ts, ALL_ENTRIES, scope.participant_id)
        return await open_profit(unit, ts, [h for h in held if scope.symbol in {None, h.symbol}])

    def _unrealised(self) -> Decimal:
        """Of all engines, as they stand."""
        runners = self._pools.engine_host.runners()
        with exact():
            return sum((each.instrument.money(each.unrealised) for each in runners), ZERO)


def _explained(
    sums: Totals, funding: Decimal, open_profits: tuple[Decimal | None, Decimal | None]
) -> Attribution | None:
    """A window's identity, from open profit at its two ends."""
    before, after = open_profits
    if before is None or after is None:
        return None
    with exact():
        change = after - before
    return attribution(
        realised=sums.realised_usdt,
        unrealised_change=change,
        edge=sums.edge_usdt,
        adverse=sums.adverse_usdt,
        fees=sums.fees_usdt,
        funding=funding,
    )


async def _funding(unit: Unit, since: Nanos, until: Nanos, scope: Scope) -> Decimal:
    criteria = ActivityCriteria(
        symbol=scope.symbol, participant_id=scope.participant_id, since=since, until=until
    )
    total, cursor = ZERO, None
    while True:
        page = await unit.funding.page(criteria, PAGE_MAX, cursor)
        total = funding_sum([total, *(paid.amount for paid in page.items)])
        cursor = page.next_cursor
        if cursor is None:
            return total


def _grouped(
    rows: ActivitySums, of: Callable[[ActivityRow], Any]
) -> list[tuple[Any, list[ActivityRow]]]:
    groups: dict[Any, list[ActivityRow]] = {}
    for row in rows:
        groups.setdefault(of(row), []).append(row)
    return [(key, groups[key]) for key in sorted(groups)]


def _by_side(rows: ActivitySums) -> tuple[SideTotals, ...]:
    groups = _grouped(rows, lambda row: row.side)
    return tuple(SideTotals(side=Side(key), totals=totals(own)) for key, own in groups)


def _by_participant(rows: ActivitySums) -> tuple[ParticipantTotals, ...]:
    return tuple(
        ParticipantTotals(participant_id=key, totals=totals(own))
        for key, own in _grouped(rows, lambda row: row.participant_id)
    )


def _whole_hours(
    since: Nanos | None, until: Nanos | None, now: Nanos, most: Nanos | None = None
) -> tuple[Nanos, Nanos]:
    """Where a span of whole hours begins and ends; nothing begins after the hour of `now`."""
    this_hour = hour_of(now) + NANOS_PER_HOUR
    end = Nanos(this_hour if until is None else min(this_hour, _hour_from(until)))
    begin = Nanos(end - DAY - NANOS_PER_HOUR if since is None else _hour_from(since))
    if begin >= end:
        raise InvalidFieldError("since", begin, "a span in which an hour has begun")
    if most is not None and end - begin > most:
        allowed = f"a span in which at most {most // NANOS_PER_HOUR} hours begin"
        raise InvalidFieldError("since", begin, allowed)
    return begin, end


def _hour_from(ts: Nanos) -> int:
    """The first full hour at or after a moment."""
    return -(-ts // NANOS_PER_HOUR) * NANOS_PER_HOUR


def _check_groups(by: Sequence[str]) -> None:
    for name in by:
        if name not in ATTRIBUTES or list(by).count(name) > 1:
            raise InvalidFieldError("by", name, "each once: " + ", ".join(ATTRIBUTES))
