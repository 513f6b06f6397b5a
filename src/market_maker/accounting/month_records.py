"""What a participant's settlement record is made from, read from the store."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from market_maker.model.calendar import Month, month_named
from market_maker.model.errors import NotFoundError
from market_maker.model.money import MoneyFlow, SettlementRecord, SettlementRun
from market_maker.model.participant import Participant
from market_maker.model.records import LedgerHolding, LedgerSpan, MemberRecord
from market_maker.model.units import NANOS_PER_HOUR, Nanos, ParticipantId
from market_maker.ports import Unit
from market_maker.settlement import average_cost
from market_maker.settlement.arithmetic import Basis, SharingTerms, settle
from market_maker.settlement.period import Membership, clipped, span_to_settle

MARK_WITHIN = Nanos(NANOS_PER_HOUR)
"""A mark counts as that of a moment if it is at most so much older."""


class MonthTerms(Struct, frozen=True, kw_only=True):
    """What the records of one run, or one more revision, have in common. watermark: how far the
    ledger is taken into account. as_of: now; a period that is not over ends there as far as
    open profit is concerned."""

    month: Month
    watermark: int
    created_by: str
    created_at: Nanos
    money_flow: MoneyFlow
    as_of: Nanos


def frame_of(run: SettlementRun, money_flow: MoneyFlow, now: Nanos) -> MonthTerms:
    """Of a run: the same for every process that continues it."""
    return MonthTerms(
        month=month_named(run.month),
        watermark=run.watermark,
        created_by=run.created_by,
        created_at=run.created_at,
        money_flow=money_flow,
        as_of=now,
    )


async def record_of(
    unit: Unit,
    frame: MonthTerms,
    name: ParticipantId,
    standing: Sequence[SettlementRecord],
    revision: int = 1,
) -> SettlementRecord | None:
    """The record of one participant; None where the month has nothing to do with it. standing:
    its records that were not rejected, oldest first. Raises NotFoundError (participant),
    ConflictError("month") if a record of the month, or of a later one, stands."""
    participant = await unit.participants.get(name)
    if participant is None:
        raise NotFoundError("participant", name)
    span = span_to_settle(name, frame.month, frame.watermark, standing)
    sums = await unit.ledger.sums(span)
    stays = [_membership(row) for row in await unit.members.of_participant(name)]
    period = clipped(frame.month, stays)
    if period is None and not sums:
        return None
    period = period or (frame.month.start, frame.month.end)
    return settle(
        Basis(
            month=frame.month,
            revision=revision,
            period=period,
            span=span,
            sums=sums,
            previous=standing[-1] if standing else None,
            terms=_terms(participant, frame.money_flow),
            unrealised_end=await _open_profit(unit, min(period[1], frame.as_of), span),
            created_by=frame.created_by,
            created_at=frame.created_at,
        )
    )


async def _open_profit(unit: Unit, ts: Nanos, span: LedgerSpan) -> Decimal | None:
    """At a moment, in all symbols; None where a mark is missing."""
    held = await unit.ledger.holdings(ts, span.upto_entry, span.participant_id)
    return await open_profit(unit, ts, held)


async def open_profit(unit: Unit, ts: Nanos, holdings: Sequence[LedgerHolding]) -> Decimal | None:
    """Of positions as they were at a moment, by the mark of that moment; None where one is
    missing."""
    marks: dict[str, Decimal] = {}
    for symbol in dict.fromkeys(held.symbol for held in holdings):
        mark = await unit.marks.at(symbol, ts, MARK_WITHIN)
        if mark is not None:
            marks[symbol] = mark.price
    return average_cost.open_profit(holdings, marks)


def _terms(participant: Participant, money_flow: MoneyFlow) -> SharingTerms:
    return SharingTerms(
        revenue_model=participant.revenue_model,
        platform_share_pct=participant.revenue_share_pct,
        money_flow=money_flow,
    )


def _membership(row: MemberRecord) -> Membership:
    return Membership(row.created_at, None if row.member.active else row.updated_at)
