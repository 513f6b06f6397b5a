"""Rows of money to store: complete, valid, and of one's own where a test cares."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from market_maker.model.calendar import month_named
from market_maker.model.money import (
    ActivityRecord,
    DailyPerformance,
    Direction,
    MarkRecord,
    MoneyFlow,
    Obligations,
    SettlementRecord,
    SettlementRun,
    SettlementStatus,
    Transfer,
    TransferStatus,
)
from market_maker.model.orders import Side
from market_maker.model.participant import RevenueModel
from market_maker.model.units import NANOS_PER_HOUR, Nanos, ParticipantId
from tests.builders import ACME, NOW, SYMBOL

HOUR = Nanos(NOW - NOW % NANOS_PER_HOUR)
DAY = Nanos(NOW - NOW % (24 * NANOS_PER_HOUR))
ZERO = Decimal(0)
MONTH = "2025-10"


def mark(number: int = 1, **fields: Any) -> MarkRecord:
    return replace(
        MarkRecord(symbol=SYMBOL, ts=Nanos(NOW + number), price=Decimal(60_000)), **fields
    )


def activity(**fields: Any) -> ActivityRecord:
    made = ActivityRecord(
        symbol=SYMBOL,
        participant_id=ACME,
        hour=HOUR,
        side=Side.BUY,
        level=0,
        config_version=1,
        fills=1,
        priced=1,
        marked=0,
        volume_base=Decimal("0.001"),
        volume_quote=Decimal(60),
        fees=Decimal("-0.009"),
        realised=ZERO,
        edge=Decimal("0.00005"),
        adverse=ZERO,
    )
    return replace(made, **fields)


def daily(**fields: Any) -> DailyPerformance:
    made = DailyPerformance(
        symbol=SYMBOL,
        participant_id=ACME,
        day=DAY,
        eligible=8_640,
        valid=8_000,
        uptime=Decimal(8_000) / Decimal(8_640),
        avg_spread_bps=Decimal("7.5"),
        avg_depth_usdt=Decimal("1000.1"),
        volume_usdt=Decimal(5_000),
        trades=12,
        realised_usdt=Decimal("-1.23"),
        fees_usdt=Decimal("0.5"),
        spread_min_bps=Decimal(5),
        spread_max_bps=Decimal(50),
        depth_target_usdt=Decimal(1_000),
        volume_target_usdt=Decimal(10_000),
        spread_part=Decimal("0.9"),
        depth_part=Decimal(1),
        volume_part=Decimal("0.7"),
        q_score=Decimal("70.02"),
        rolled_up_at=NOW,
    )
    return replace(made, **fields)


def promised(**fields: Any) -> Obligations:
    made = Obligations(
        participant_id=ACME,
        uptime_min_pct=Decimal(95),
        spread_max_bps=None,
        depth_min_usdt=Decimal(500),
        version=0,
        updated_at=NOW,
    )
    return replace(made, **fields)


def run(month: str = MONTH, **fields: Any) -> SettlementRun:
    made = SettlementRun(month=month, watermark=7, created_by="schedule", created_at=NOW)
    return replace(made, **fields)


def settlement(revision: int = 1, **fields: Any) -> SettlementRecord:
    """Gross 100.50, a fifth of it the platform's."""
    made = SettlementRecord(
        settlement_id="",
        participant_id=ACME,
        month=MONTH,
        revision=revision,
        status=SettlementStatus.PENDING,
        period_start=DAY,
        period_end=NOW,
        watermark=7,
        covered_ts=Nanos(0),
        covered_entry=0,
        entries=7,
        late_entries=1,
        realised_usdt=Decimal("99.5"),
        fees_usdt=Decimal("2.001"),
        rebates_usdt=Decimal("1.001"),
        funding_usdt=Decimal("1.5"),
        adjustments_usdt=Decimal("0.5"),
        gross_exact_usdt=Decimal("100.5"),
        gross_pnl_usdt=Decimal("100.50"),
        unrealised_end_usdt=None,
        volume_usdt=Decimal(10_000),
        trades=6,
        revenue_model=RevenueModel.PERCENTAGE_SPLIT,
        platform_share_pct=Decimal(20),
        carry_in_usdt=ZERO,
        base_usdt=Decimal("100.50"),
        platform_amount_usdt=Decimal("20.10"),
        net_payout_usdt=Decimal("80.40"),
        carry_out_usdt=ZERO,
        money_flow=MoneyFlow.OWN_ACCOUNTS,
        direction=Direction.PARTICIPANT_TO_PLATFORM,
        amount_usdt=Decimal("20.10"),
        created_by="schedule",
        created_at=NOW,
        approved_by="",
        approved_at=None,
        rejected_by="",
        rejection_reason="",
        claimed_by="",
        paid_by="",
        wallet_txn_id="",
        notes="",
        version=1,
        updated_at=NOW,
    )
    return _named(replace(made, **fields))


def _named(record: SettlementRecord) -> SettlementRecord:
    """A later month's record is made on top of the one before it."""
    name = f"stl-{record.month}-{record.revision}-{record.participant_id}"
    covered = record.covered_ts or (0 if record.month == MONTH else month_named(record.month).start)
    return replace(record, settlement_id=name, covered_ts=Nanos(covered))


def transfer(attempt: int = 1, of: SettlementRecord | None = None, **fields: Any) -> Transfer:
    paid = settlement() if of is None else of
    made = Transfer(
        transfer_id=f"{paid.settlement_id}-{attempt}",
        settlement_id=paid.settlement_id,
        attempt=attempt,
        payer="account-acme",
        payee="platform",
        amount_usdt=paid.amount_usdt,
        status=TransferStatus.REQUESTED,
        wallet_txn_id="",
        problem="",
        requested_by="fin-amy",
        created_at=Nanos(NOW + attempt),
        updated_at=Nanos(NOW + attempt),
    )
    return replace(made, **fields)


def named(name: str) -> ParticipantId:
    return ParticipantId(name)
