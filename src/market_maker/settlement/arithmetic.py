"""From sums of the ledger to what one participant's month amounts to (math section 6).

Components are exact. Money is rounded once, half-even to cents, when gross_exact becomes gross;
everything after that is in cents and conserved by subtraction.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from market_maker.model.calendar import Month
from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import CENT, ZERO, exact, rounded
from market_maker.model.money import (
    Direction,
    MoneyFlow,
    SettlementRecord,
    SettlementStatus,
)
from market_maker.model.participant import RevenueModel
from market_maker.model.records import LedgerSpan, LedgerSum
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos

WHOLE_PCT = Decimal(100)


class SharingTerms(Struct, frozen=True, kw_only=True):
    """How a participant's profit is shared, at the moment when the record is created.

    platform_share_pct: 0..100. Raises InvalidFieldError("revenue_share_pct").
    """

    revenue_model: RevenueModel
    platform_share_pct: Decimal
    money_flow: MoneyFlow

    def __post_init__(self) -> None:
        share = self.platform_share_pct
        if not share.is_finite() or not ZERO <= share <= WHOLE_PCT:
            raise InvalidFieldError("revenue_share_pct", share, "a number from 0 to 100 per cent")


class MonthSplit(Struct, frozen=True):
    """One month, all in cents. gross: the profit or loss. base: the part of it that is shared,
    once losses carried in are made good. platform + payout = max(0, gross). carry_out: losses
    that are still to be made good, >= 0."""

    gross: Decimal
    base: Decimal
    platform: Decimal
    payout: Decimal
    carry_out: Decimal


def shares(gross_exact: Decimal, carry_in: Decimal, terms: SharingTerms) -> MonthSplit:
    """Who gets what of a month's profit. carry_in: losses carried in, cents >= 0. Losses are
    carried without end: the same as a high-water mark on the cumulative profit."""
    assert carry_in >= 0, carry_in
    gross = rounded(gross_exact, CENT)
    with exact():
        base = max(ZERO, gross - carry_in)
        due = ZERO
        if terms.revenue_model is RevenueModel.PERCENTAGE_SPLIT:
            due = base * terms.platform_share_pct / WHOLE_PCT
        platform = rounded(due, CENT)
        payout = max(ZERO, gross) - platform
        carry_out = max(ZERO, carry_in - gross)
    cents = [rounded(amount, CENT) for amount in (gross, base, platform, payout, carry_out)]
    return MonthSplit(*cents)


class Components(Struct, frozen=True, kw_only=True):
    """What a gross is made of, exact, signs as in SettlementRecord. adjustments: everything of
    the late entries; the other columns are without them. entries, trades and volume are of all."""

    entries: int = 0
    late_entries: int = 0
    trades: int = 0
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    rebates: Decimal = ZERO
    funding: Decimal = ZERO
    adjustments: Decimal = ZERO
    volume: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        """realised - fees + rebates + funding + adjustments."""
        with exact():
            income = self.realised + self.rebates + self.funding
            return income - self.fees + self.adjustments


def components(sums: Sequence[LedgerSum]) -> Components:
    """Of the sums over a record's entries, whichever symbols they are of."""
    now = [each for each in sums if not each.late]
    late = [each for each in sums if each.late]
    with exact():
        return Components(
            entries=sum(each.entries for each in sums),
            late_entries=sum(each.entries for each in late),
            trades=sum(each.trades for each in sums),
            realised=sum((each.realised for each in now), ZERO),
            fees=sum((each.fees for each in now), ZERO),
            rebates=sum((each.rebates for each in now), ZERO),
            funding=sum((each.funding for each in now), ZERO),
            adjustments=sum((_net(each) for each in late), ZERO),
            volume=sum((each.volume for each in sums), ZERO),
        )


def _net(each: LedgerSum) -> Decimal:
    return each.realised - each.fees + each.rebates + each.funding


class Basis(Struct, frozen=True, kw_only=True):
    """What a record is made from. revision: 1, more after a rejection. period: [start, end) as
    clipped to the memberships. previous: the participant's last record that was not rejected.
    unrealised_end: open profit at the end of the period, None where a mark is missing."""

    month: Month
    revision: int
    period: tuple[Nanos, Nanos]
    span: LedgerSpan
    sums: tuple[LedgerSum, ...]
    previous: SettlementRecord | None
    terms: SharingTerms
    unrealised_end: Decimal | None
    created_by: str
    created_at: Nanos


def settlement_id(month: Month, revision: int, participant_id: str) -> str:
    """stl-2026-10-1-<participant_id>."""
    return f"stl-{month.name}-{revision}-{participant_id}"


_UNDECIDED: dict[str, Any] = {
    "approved_by": "",
    "approved_at": None,
    "rejected_by": "",
    "rejection_reason": "",
    "claimed_by": "",
    "paid_by": "",
    "wallet_txn_id": "",
    "notes": "",
}
"""What people fill in later."""


def settle(basis: Basis) -> SettlementRecord:
    """The PENDING record: equal bases have equal records."""
    made_of = components(basis.sums)
    carry_in = ZERO if basis.previous is None else basis.previous.carry_out_usdt
    parts = shares(made_of.gross, carry_in, basis.terms)
    direction, amount = due(parts.platform, parts.payout, basis.terms.money_flow)
    whose = basis.span.participant_id
    return SettlementRecord(
        settlement_id=settlement_id(basis.month, basis.revision, whose),
        **shared_fields(SettlementRecord, basis.span, made_of, basis.terms),
        month=basis.month.name,
        revision=basis.revision,
        status=SettlementStatus.PENDING,
        period_start=basis.period[0],
        period_end=basis.period[1],
        watermark=basis.span.upto_entry,
        realised_usdt=made_of.realised,
        fees_usdt=made_of.fees,
        rebates_usdt=made_of.rebates,
        funding_usdt=made_of.funding,
        adjustments_usdt=made_of.adjustments,
        gross_exact_usdt=made_of.gross,
        gross_pnl_usdt=parts.gross,
        unrealised_end_usdt=basis.unrealised_end,
        volume_usdt=made_of.volume,
        carry_in_usdt=carry_in,
        base_usdt=parts.base,
        platform_amount_usdt=parts.platform,
        net_payout_usdt=parts.payout,
        carry_out_usdt=parts.carry_out,
        direction=direction,
        amount_usdt=amount,
        created_by=basis.created_by,
        created_at=basis.created_at,
        version=1,
        updated_at=basis.created_at,
        **_UNDECIDED,
    )


def wrong_amounts(record: SettlementRecord) -> dict[str, Decimal]:
    """Amounts of a record that do not follow from its components, losses carried in and terms, by
    field, each with what it should be."""
    with exact():
        income = record.realised_usdt + record.rebates_usdt + record.funding_usdt
        gross = income - record.fees_usdt + record.adjustments_usdt
    terms = SharingTerms(
        revenue_model=record.revenue_model,
        platform_share_pct=record.platform_share_pct,
        money_flow=record.money_flow,
    )
    parts = shares(gross, record.carry_in_usdt, terms)
    right = {
        "gross_exact_usdt": gross,
        "gross_pnl_usdt": parts.gross,
        "base_usdt": parts.base,
        "platform_amount_usdt": parts.platform,
        "net_payout_usdt": parts.payout,
        "carry_out_usdt": parts.carry_out,
        "amount_usdt": due(parts.platform, parts.payout, terms.money_flow)[1],
    }
    return {name: amount for name, amount in right.items() if getattr(record, name) != amount}


def due(platform: Decimal, payout: Decimal, money_flow: MoneyFlow) -> tuple[Direction, Decimal]:
    """Who pays whom how much. Profits that lie with the participant leave the platform's share
    to be paid; those that lie with the platform leave the payout."""
    if money_flow is MoneyFlow.OWN_ACCOUNTS:
        direction, amount = Direction.PARTICIPANT_TO_PLATFORM, platform
    else:
        direction, amount = Direction.PLATFORM_TO_PARTICIPANT, payout
    return (direction, amount) if amount else (Direction.NONE, amount)
