"""Scores: days with all that they were made of, the leaderboard, and what was promised."""

from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.calendar import NANOS_PER_DAY, day_of, month_named, month_of
from market_maker.model.caller import Caller
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.fields import check_fields
from market_maker.model.money import DailyPerformance, Obligations, Promise
from market_maker.model.participant import Participant
from market_maker.model.records import ActivityCriteria
from market_maker.model.units import Nanos, ParticipantId
from market_maker.model.versions import checked_version
from market_maker.performance.rollup import day_so_far
from market_maker.performance.views import Leaderboard, ObligationsView, Scored
from market_maker.ports import Clock, Instruments, Store, Unit, listed
from market_maker.scoring.leaderboard import leaderboard
from market_maker.scoring.obligations import SymbolDuties, obligations_met
from market_maker.scoring.q_score import FORMULA

DAYS = 30
"""Days of the leaderboard by default, today among them."""
DAYS_MAX = 366


class Scores:
    """Every score comes with its parts, so that a reader can compute it again."""

    def __init__(
        self, store: Store, trail: AuditTrail, clock: Clock, instruments: Instruments
    ) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._instruments = instruments

    async def leaderboard(
        self, since: Nanos | None = None, until: Nanos | None = None
    ) -> Leaderboard:
        """All participants over all symbols, best first, on the UTC days that begin within [since,
        until); by default the last DAYS, today included. Raises InvalidFieldError for a span
        without a day or of more than DAYS_MAX."""
        now = self._clock.now()
        span = _days(since, until, now)
        async with self._store.reading() as unit:
            rows = list(await unit.performance.daily_all(*span))
            live = span[0] <= day_of(now) < span[1]
            if live:
                rows += await day_so_far(unit, now)
            names = sorted({row.participant_id for row in rows})
            who = {name: await _participant(unit, name) for name in names}
        ranked = leaderboard(rows, {name: found.tier for name, found in who.items()})
        return Leaderboard(
            since=span[0],
            until=span[1],
            provisional=live,
            formula=FORMULA,
            names={row.participant_id: who[row.participant_id].display_name for row in ranked},
            rows=ranked,
        )

    async def symbol(
        self,
        symbol: str,
        limit: int,
        cursor: str | None = None,
        *,
        since: Nanos | None = None,
        until: Nanos | None = None,
    ) -> Scored:
        """Days of all members of one symbol, newest first. Raises NotFoundError for an unknown
        instrument, InvalidFieldError for a bad limit or cursor."""
        listed(self._instruments, symbol)
        criteria = ActivityCriteria(symbol=symbol, since=since, until=until)
        async with self._store.reading() as unit:
            return await self._scored(unit, criteria, limit, cursor)

    async def participant(
        self,
        participant_id: ParticipantId,
        limit: int,
        cursor: str | None = None,
        *,
        since: Nanos | None = None,
        until: Nanos | None = None,
    ) -> Scored:
        """Days of one participant in all symbols, newest first. Raises NotFoundError, and
        InvalidFieldError for a bad limit or cursor."""
        criteria = ActivityCriteria(participant_id=participant_id, since=since, until=until)
        async with self._store.reading() as unit:
            await _participant(unit, participant_id)
            return await self._scored(unit, criteria, limit, cursor)

    async def obligations(
        self, participant_id: ParticipantId, month: str | None = None
    ) -> ObligationsView:
        """What was promised, and how far it was met in a month YYYY-MM, by default in this one as
        far as it has come. Raises NotFoundError, InvalidFieldError("month")."""
        now = self._clock.now()
        span = month_of(now) if month is None else month_named(month)
        if span.start > now:
            raise InvalidFieldError("month", span.name, "a month that has begun")
        async with self._store.reading() as unit:
            await _participant(unit, participant_id)
            promised = await unit.obligations.get(participant_id)
            rows = await unit.performance.daily_all(span.start, span.end)
            days = [row for row in rows if row.participant_id == participant_id]
            if now < span.end:
                days += await day_so_far(unit, now, participant_id=participant_id)
        symbols = () if promised is None else obligations_met(promised, days)
        return ObligationsView(
            participant_id=participant_id,
            promised=promised,
            since=span.start,
            until=min(span.end, now),
            symbols=symbols,
            met=_all_met(symbols),
        )

    async def promise(
        self,
        caller: Caller,
        participant_id: ParticipantId,
        promise: Promise,
        expected_version: int | None = None,
    ) -> Obligations:
        """Put new obligations in place of the old ones. Raises NotFoundError, InvalidFieldError,
        ConflictError("version")."""
        action = "obligations.replace"
        async with self._trail.refusals_kept(caller, action, participant_id):
            now = self._clock.now()
            wanted = Obligations(
                participant_id=participant_id,
                uptime_min_pct=promise.uptime_min_pct,
                spread_max_bps=promise.spread_max_bps,
                depth_min_usdt=promise.depth_min_usdt,
                version=1,
                updated_at=now,
            )
            check_fields(wanted)
            async with self._store.transaction() as unit:
                await _participant(unit, participant_id)
                before = await unit.obligations.get(participant_id)
                version = checked_version(before.version if before else 0, expected_version)
                after = await unit.obligations.replace(wanted, version, now)
                entry = AuditEntry(
                    caller=caller, action=action, target=participant_id, before=before, after=after
                )
                await self._trail.append(unit, entry)
        return after

    async def _scored(
        self, unit: Unit, criteria: ActivityCriteria, limit: int, cursor: str | None
    ) -> Scored:
        page = await unit.performance.daily(criteria, limit, cursor)
        now = self._clock.now()
        asked = (criteria.since or 0) <= day_of(now) < (criteria.until or now + 1)
        today: list[DailyPerformance] = []
        if cursor is None and asked:
            today = await day_so_far(unit, now, criteria.symbol, criteria.participant_id)
        return Scored(
            formula=FORMULA, today=tuple(today), items=page.items, next_cursor=page.next_cursor
        )


async def _participant(unit: Unit, participant_id: ParticipantId) -> Participant:
    found = await unit.participants.get(participant_id)
    if found is None:
        raise NotFoundError("participant", participant_id)
    return found


def _days(since: Nanos | None, until: Nanos | None, now: Nanos) -> tuple[Nanos, Nanos]:
    """Whole days, the ones that begin within the span."""
    end = Nanos(day_of(now) + NANOS_PER_DAY if until is None else _day_from(until))
    begin = Nanos(end - DAYS * NANOS_PER_DAY if since is None else _day_from(since))
    if not 0 < (end - begin) // NANOS_PER_DAY <= DAYS_MAX:
        allowed = f"a span in which 1 to {DAYS_MAX} UTC days begin"
        raise InvalidFieldError("since", begin, allowed)
    return begin, end


def _day_from(ts: Nanos) -> int:
    """The first midnight at or after a moment."""
    return -(-ts // NANOS_PER_DAY) * NANOS_PER_DAY


def _all_met(symbols: tuple[SymbolDuties, ...]) -> bool | None:
    verdicts = [duty.met for each in symbols for duty in each.duties]
    if False in verdicts:
        return False
    return True if verdicts and None not in verdicts else None
