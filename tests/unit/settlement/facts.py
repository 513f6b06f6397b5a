"""Fills, funding payments and settlement records to test with."""

from decimal import Decimal

from msgspec import structs

from market_maker.model.calendar import Month
from market_maker.model.money import (
    Direction,
    MoneyFlow,
    SettlementRecord,
    SettlementStatus,
)
from market_maker.model.participant import RevenueModel
from market_maker.model.records import FillRecord, LedgerSpan, LedgerSum
from market_maker.settlement.arithmetic import Basis, SharingTerms, settle
from tests import builders

OCTOBER = Month(2026, 10)
TICK, LOT = Decimal("0.1"), Decimal("0.001")

FILL = builders.fill(
    account_id="acc-1",
    client_order_id="mm-1",
    price=1_000_000,
    size=10,
    fee=0,
    mid_x2=2_000_001,
    ts_event=OCTOBER.start,
    recorded_at=OCTOBER.start,
)

FUNDING = builders.payment(
    ts_event=OCTOBER.start,
    price=Decimal(100_000),
    position=Decimal("0.01"),
    amount=Decimal("-0.1"),
    recorded_at=OCTOBER.start,
)

TERMS = SharingTerms(
    revenue_model=RevenueModel.PERCENTAGE_SPLIT,
    platform_share_pct=Decimal(20),
    money_flow=MoneyFlow.OWN_ACCOUNTS,
)

NO_SUM = LedgerSum(
    symbol="BTCUSDT-PERP",
    late=False,
    entries=0,
    trades=0,
    realised=Decimal(0),
    fees=Decimal(0),
    rebates=Decimal(0),
    funding=Decimal(0),
    volume=Decimal(0),
)

SPAN = LedgerSpan(
    participant_id="acme",
    late_before=OCTOBER.start,
    before=OCTOBER.end,
    upto_entry=100,
    covered_ts=0,
    covered_entry=0,
)

BASIS = Basis(
    month=OCTOBER,
    revision=1,
    period=(OCTOBER.start, OCTOBER.end),
    span=SPAN,
    sums=(structs.replace(NO_SUM, entries=7, trades=5, realised=Decimal(1000)),),
    previous=None,
    terms=TERMS,
    unrealised_end=None,
    created_by="scheduler",
    created_at=OCTOBER.end,
)


def fill(**changes) -> FillRecord:
    return structs.replace(FILL, **changes)


def sums(**changes) -> LedgerSum:
    exact = {
        name: Decimal(value) if isinstance(value, str) and name != "symbol" else value
        for name, value in changes.items()
    }
    return structs.replace(NO_SUM, **exact)


def basis(*these: LedgerSum, **changes) -> Basis:
    return structs.replace(BASIS, **{"sums": these or BASIS.sums, **changes})


def terms(**changes) -> SharingTerms:
    return structs.replace(TERMS, **changes)


def record(**changes) -> SettlementRecord:
    return structs.replace(settle(BASIS), **changes)


APPROVED = record(status=SettlementStatus.APPROVED, approved_by="jane", approved_at=OCTOBER.end)
NOTHING_TO_MOVE = record(
    status=SettlementStatus.APPROVED,
    approved_by="jane",
    direction=Direction.NONE,
    amount_usdt=Decimal(0),
)
