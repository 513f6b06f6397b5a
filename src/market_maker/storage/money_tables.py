"""The tables of who earned what, as the newest migration leaves them; a test compares the two.

Columns are called as the fields of the Structs in model/money.py. Triggers refuse every change and
deletion of a ledger entry and of a settlement's amounts. PostgreSQL also checks sums; SQLite, where
money is text, has only the checks that stand in front of every insertion.
"""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
)

from market_maker.model.money import LEDGER_ACCOUNTS
from market_maker.storage.columns import METADATA, column, owner, side, symbol, where
from market_maker.storage.types import POSTGRESQL, MoneyType, RowNumber, Whole, Words

STANDING = "status <> 'REJECTED'"
UNDER_WAY = "status IN ('REQUESTED', 'UNKNOWN')"
NOT_REFUSED = "status <> 'REFUSED'"

GROSS = (
    "realised_usdt - fees_usdt + rebates_usdt + funding_usdt + adjustments_usdt = gross_exact_usdt"
)
SPLIT = "platform_amount_usdt + net_payout_usdt = greatest(0, gross_pnl_usdt)"
CARRIES = "carry_in_usdt >= 0 AND carry_out_usdt >= 0 AND platform_amount_usdt >= 0"


def _key(name: str, kind: Any = Words) -> Column[Any]:
    return column(name, kind, primary_key=True)


def _owner_key() -> Column[Any]:
    reference = ForeignKey("mm_participants.participant_id")
    return column("participant_id", Words, reference, primary_key=True)


def _all(kind: Any, *names: str, nullable: bool = False) -> list[Column[Any]]:
    return [column(name, kind, nullable=nullable) for name in names]


def _check(condition: str, name: str) -> CheckConstraint:
    """On PostgreSQL alone: SQLite does not add up money."""
    return CheckConstraint(condition, name=name).ddl_if(dialect=POSTGRESQL)


ledger = Table(
    "mm_ledger",
    METADATA,
    column("entry_id", RowNumber, primary_key=True, autoincrement=False),
    *_all(Words, "kind", "ref"),
    symbol(),
    owner(),
    *_all(Whole, "ts_event", "posted_at"),
    *_all(MoneyType, *LEDGER_ACCOUNTS, "quantity", "position", "cost"),
    CheckConstraint("entry_id >= 1", name="entry_id"),
    _check(" + ".join(LEDGER_ACCOUNTS) + " = 0", "balance"),
    UniqueConstraint("kind", "ref"),
    Index(None, "participant_id", "symbol", "entry_id"),
    Index(None, "participant_id", "entry_id"),
    Index(None, "participant_id", "ts_event", "entry_id"),
)

funding = Table(
    "mm_funding",
    METADATA,
    _key("symbol"),
    _owner_key(),
    _key("ts_event", Whole),
    *_all(MoneyType, "rate", "price", "position", "amount"),
    *_all(Whole, "recorded_at"),
    Index(None, "ts_event", "symbol", "participant_id"),
)

marks = Table(
    "mm_marks",
    METADATA,
    _key("symbol"),
    _key("ts", Whole),
    *_all(MoneyType, "price"),
    Index(None, "ts", "symbol"),
)

fill_marks = Table(
    "mm_fill_marks",
    METADATA,
    _key("symbol"),
    _key("account_id"),
    _key("trade_id", Whole),
    _key("client_order_id"),
    *_all(MoneyType, "after_1s", "after_5s", "after_30s", "after_60s", nullable=True),
    ForeignKeyConstraint(
        ["symbol", "account_id", "trade_id", "client_order_id"],
        [
            "mm_fills.symbol",
            "mm_fills.account_id",
            "mm_fills.trade_id",
            "mm_fills.client_order_id",
        ],
        name="fk_mm_fill_marks_fill",
    ),
)

activity = Table(
    "mm_activity",
    METADATA,
    _key("hour", Whole),
    _key("symbol"),
    _owner_key(),
    _key("side"),
    _key("level", Whole),
    _key("config_version", Whole),
    *_all(Whole, "fills", "priced", "marked"),
    *_all(MoneyType, "volume_base", "volume_quote", "fees", "realised", "edge", "adverse"),
    side(),
    Index(None, "symbol", "hour"),
    Index(None, "participant_id", "hour"),
)

presence = Table(
    "mm_presence",
    METADATA,
    _key("hour", Whole),
    _key("symbol"),
    _owner_key(),
    *_all(Whole, "eligible", "valid"),
    *_all(MoneyType, "spread_sum_bps", "depth_sum_usdt", "spread_min_bps", "spread_max_bps"),
    *_all(MoneyType, "depth_target_usdt", "volume_target_usdt"),
    CheckConstraint("valid >= 0 AND valid <= eligible", name="counts"),
    Index(None, "participant_id", "hour"),
)

performance_daily = Table(
    "mm_performance_daily",
    METADATA,
    _key("day", Whole),
    _key("symbol"),
    _owner_key(),
    *_all(Whole, "eligible", "valid", "trades"),
    *_all(MoneyType, "uptime", "avg_spread_bps", "avg_depth_usdt", nullable=True),
    *_all(MoneyType, "volume_usdt", "realised_usdt", "fees_usdt"),
    *_all(MoneyType, "spread_min_bps", "spread_max_bps", "depth_target_usdt", "volume_target_usdt"),
    *_all(MoneyType, "spread_part", "depth_part", "volume_part", "q_score", nullable=True),
    *_all(Whole, "rolled_up_at"),
    Index(None, "participant_id", "day", "symbol"),
    Index(None, "symbol", "day", "participant_id"),
)

obligations = Table(
    "mm_obligations",
    METADATA,
    _owner_key(),
    *_all(MoneyType, "uptime_min_pct", "spread_max_bps", "depth_min_usdt", nullable=True),
    *_all(Whole, "version", "updated_at"),
)

settlement_runs = Table(
    "mm_settlement_runs",
    METADATA,
    _key("month"),
    *_all(Whole, "watermark"),
    *_all(Words, "created_by"),
    *_all(Whole, "created_at"),
)

settlements = Table(
    "mm_settlements",
    METADATA,
    _key("settlement_id"),
    owner(),
    column("month", Words, ForeignKey("mm_settlement_runs.month")),
    *_all(Whole, "revision"),
    *_all(Words, "status"),
    *_all(Whole, "period_start", "period_end", "watermark", "covered_ts", "covered_entry"),
    *_all(Whole, "entries", "late_entries"),
    *_all(MoneyType, "realised_usdt", "fees_usdt", "rebates_usdt", "funding_usdt"),
    *_all(MoneyType, "adjustments_usdt", "gross_exact_usdt", "gross_pnl_usdt"),
    *_all(MoneyType, "unrealised_end_usdt", nullable=True),
    *_all(MoneyType, "volume_usdt"),
    *_all(Whole, "trades"),
    *_all(Words, "revenue_model"),
    *_all(MoneyType, "platform_share_pct", "carry_in_usdt", "base_usdt", "platform_amount_usdt"),
    *_all(MoneyType, "net_payout_usdt", "carry_out_usdt"),
    *_all(Words, "money_flow", "direction"),
    *_all(MoneyType, "amount_usdt"),
    *_all(Words, "created_by"),
    *_all(Whole, "created_at"),
    *_all(Words, "approved_by"),
    *_all(Whole, "approved_at", nullable=True),
    *_all(Words, "rejected_by", "rejection_reason", "claimed_by", "paid_by", "wallet_txn_id"),
    *_all(Words, "notes"),
    *_all(Whole, "version", "updated_at"),
    _check(GROSS, "gross"),
    _check(SPLIT, "split"),
    _check(CARRIES, "carries"),
    UniqueConstraint("participant_id", "month", "revision"),
    Index(None, "month", "participant_id", "revision"),
    Index(None, "status", "month", "participant_id", "revision"),
    Index("uq_mm_settlements_standing", "participant_id", "month", unique=True, **where(STANDING)),
    # Two records made on top of the same one would both take what it left.
    Index(
        "uq_mm_settlements_chain", "participant_id", "covered_ts", unique=True, **where(STANDING)
    ),
)

# One attempt at a time, and none after one that moved the money.
transfers = Table(
    "mm_transfers",
    METADATA,
    _key("transfer_id"),
    column("settlement_id", Words, ForeignKey("mm_settlements.settlement_id")),
    *_all(Whole, "attempt"),
    *_all(Words, "payer", "payee"),
    *_all(MoneyType, "amount_usdt"),
    *_all(Words, "status", "wallet_txn_id", "problem", "requested_by"),
    *_all(Whole, "created_at", "updated_at"),
    UniqueConstraint("settlement_id", "attempt"),
    Index("uq_mm_transfers_one", "settlement_id", unique=True, **where(NOT_REFUSED)),
    Index("ix_mm_transfers_under_way", "created_at", "transfer_id", **where(UNDER_WAY)),
)
