"""Which month may be closed, what span of time it is for a participant, and what belongs to it."""

from collections.abc import Sequence

from msgspec import Struct

from market_maker.model.calendar import Month, month_named, month_of
from market_maker.model.errors import ConflictError, InvalidFieldError
from market_maker.model.money import SettlementRecord
from market_maker.model.records import LedgerSpan
from market_maker.model.units import Nanos, ParticipantId


class Membership(Struct, frozen=True):
    """A participant was in some pool from joined_at until left_at; None: it still is."""

    joined_at: Nanos
    left_at: Nanos | None


def month_to_settle(text: str, now: Nanos, *, dry_run: bool) -> Month:
    """The month YYYY-MM, if it may be settled at `now`: it must be over, or have begun when
    nothing is to be kept (dry_run). Raises InvalidFieldError("month")."""
    month = month_named(text)
    if month.start > now:
        raise InvalidFieldError("month", text, f"a month that has begun; now is {_now(now)}")
    if month.end > now and not dry_run:
        allowed = f"a month that is over, or a dry run; now is {_now(now)}"
        raise InvalidFieldError("month", text, allowed)
    return month


def months_to_close(first: Nanos, now: Nanos, closed: Sequence[str]) -> tuple[Month, ...]:
    """Months that are over at `now`, from that of `first` on, and not among the `closed` ones;
    oldest first: that is the order to close them in."""
    month, current = month_of(first), month_of(now)
    open_months = []
    while month < current:
        if month.name not in closed:
            open_months.append(month)
        month = month.next
    return tuple(open_months)


def check_order(month: Month, first: Nanos, closed: Sequence[str]) -> None:
    """Raise ConflictError("month") unless every month from that of `first` (the first entry)
    up to the one before `month` is closed."""
    for earlier in months_to_close(first, month.start, closed):
        raise ConflictError("month", earlier.name, "an earlier month has to be closed first")


def clipped(month: Month, memberships: Sequence[Membership]) -> tuple[Nanos, Nanos] | None:
    """[start, end) of a participant's period in a month: from the later of its start and the
    first joining to the earlier of its end and the last leaving. Leaving and joining again within
    the month make one period. None: it was in no pool then."""
    ends = [(m.joined_at, month.end if m.left_at is None else m.left_at) for m in memberships]
    inside = [
        (max(joined, month.start), min(left, month.end))
        for joined, left in ends
        if joined < month.end and left > month.start and left > joined
    ]
    if not inside:
        return None
    return min(start for start, _ in inside), max(end for _, end in inside)


def span_to_settle(
    participant_id: ParticipantId,
    month: Month,
    watermark: int,
    standing: Sequence[SettlementRecord],
) -> LedgerSpan:
    """The entries that belong to a new record of `month`. watermark: of the month's run, or a
    fresh one for a revision. standing: the participant's records that were not rejected.

    A record never reaches less far in the ledger than the one before it: a revision of an earlier
    month may have taken a later watermark than this month's run. Raises ConflictError("month") if
    this month or a later one has a standing record: its entries are taken.
    """
    last = max(standing, key=lambda record: record.month, default=None)
    if last is not None and last.month >= month.name:
        problem = "the month, or one after it, has a record that was not rejected"
        raise ConflictError("month", last.settlement_id, problem)
    return LedgerSpan(
        participant_id=participant_id,
        late_before=month.start,
        before=month.end,
        upto_entry=watermark if last is None else max(watermark, last.watermark),
        covered_ts=Nanos(0) if last is None else month_named(last.month).end,
        covered_entry=0 if last is None else last.watermark,
    )


def span_of(record: SettlementRecord) -> LedgerSpan:
    """The entries that a stored record was made of: for its statement."""
    month = month_named(record.month)
    return LedgerSpan(
        participant_id=record.participant_id,
        late_before=month.start,
        before=month.end,
        upto_entry=record.watermark,
        covered_ts=record.covered_ts,
        covered_entry=record.covered_entry,
    )


def _now(now: Nanos) -> str:
    return month_of(now).name
