"""Ledger, funding, marks, sums by hour and by day, obligations, settlements, transfers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from market_maker.storage.types import SQLITE, MoneyType, RowNumber, Whole, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("mm_ledger", "mm_settlement_runs")
"""Tables whose rows are never changed."""

FROZEN = (
    "settlement_id, participant_id, month, revision, period_start, period_end, watermark, "
    "covered_ts, covered_entry, entries, late_entries, "
    "realised_usdt, fees_usdt, rebates_usdt, funding_usdt, adjustments_usdt, "
    "gross_exact_usdt, gross_pnl_usdt, unrealised_end_usdt, volume_usdt, trades, revenue_model, "
    "platform_share_pct, carry_in_usdt, base_usdt, platform_amount_usdt, net_payout_usdt, "
    "carry_out_usdt, money_flow, direction, amount_usdt, created_by, created_at"
)
"""What a settlement record was created with."""

APPEND_ONLY_ON_SQLITE = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
BEGIN
  SELECT RAISE(ABORT, '{table} is append-only');
END
"""

APPEND_ONLY_ON_POSTGRESQL = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION mm_append_only()
"""

KEPT_ON_SQLITE = """
CREATE TRIGGER mm_settlements_kept BEFORE DELETE ON mm_settlements
BEGIN
  SELECT RAISE(ABORT, 'mm_settlements: records are kept');
END
"""

KEPT_ON_POSTGRESQL = """
CREATE TRIGGER mm_settlements_kept BEFORE DELETE OR TRUNCATE ON mm_settlements
FOR EACH STATEMENT EXECUTE FUNCTION mm_append_only()
"""

FROZEN_ON_SQLITE = """
CREATE TRIGGER mm_settlements_frozen BEFORE UPDATE ON mm_settlements
WHEN {changed}
BEGIN
  SELECT RAISE(ABORT, 'mm_settlements: amounts are frozen');
END
"""

FROZEN_FUNCTION_ON_POSTGRESQL = """
CREATE FUNCTION mm_settlements_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'mm_settlements: amounts are frozen' USING ERRCODE = 'restrict_violation';
END $$
"""

FROZEN_ON_POSTGRESQL = """
CREATE TRIGGER mm_settlements_frozen BEFORE UPDATE ON mm_settlements
FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
EXECUTE FUNCTION mm_settlements_frozen()
"""

CHECKS_ON_POSTGRESQL = """
ALTER TABLE mm_ledger ADD CONSTRAINT ck_mm_ledger_balance CHECK (
  cash + inventory + realised + funding + fees + platform_share + platform_due + drawings = 0);
ALTER TABLE mm_settlements ADD CONSTRAINT ck_mm_settlements_gross CHECK (
  realised_usdt - fees_usdt + rebates_usdt + funding_usdt + adjustments_usdt = gross_exact_usdt);
ALTER TABLE mm_settlements ADD CONSTRAINT ck_mm_settlements_split CHECK (
  platform_amount_usdt + net_payout_usdt = greatest(0, gross_pnl_usdt));
ALTER TABLE mm_settlements ADD CONSTRAINT ck_mm_settlements_carries CHECK (
  carry_in_usdt >= 0 AND carry_out_usdt >= 0 AND platform_amount_usdt >= 0)
"""
"""SQLite, where money is text, has the program's own checks only."""


def upgrade() -> None:
    """From 0001. Fills that are stored already are posted by the program, not here."""
    _ledger()
    _attribution()
    _performance()
    _settlements()
    _transfers()
    if op.get_bind().dialect.name == SQLITE:
        _defend_sqlite()
    else:
        _defend_postgresql()


def _columns(kind: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]


def _key(name: str, kind: Any = Words) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True)


def _owner() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["participant_id"], ["mm_participants.participant_id"])


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _partial_index(
    name: str, table: str, columns: list[str], condition: str, *, unique: bool = False
) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _ledger() -> None:
    op.create_table(
        "mm_ledger",
        sa.Column("entry_id", RowNumber, primary_key=True, autoincrement=False),
        *_columns(Words, "kind", "ref", "symbol", "participant_id"),
        *_columns(Whole, "ts_event", "posted_at"),
        *_columns(MoneyType, "cash", "inventory", "realised", "funding", "fees", "platform_share"),
        *_columns(MoneyType, "platform_due", "drawings", "quantity", "position", "cost"),
        _owner(),
        sa.UniqueConstraint("kind", "ref"),
        sa.CheckConstraint("entry_id >= 1", name="entry_id"),
    )
    _index("mm_ledger", "participant_id", "symbol", "entry_id")
    _index("mm_ledger", "participant_id", "entry_id")
    _index("mm_ledger", "participant_id", "ts_event", "entry_id")


def _attribution() -> None:
    op.create_table(
        "mm_funding",
        *(_key("symbol"), _key("participant_id"), _key("ts_event", Whole)),
        *_columns(MoneyType, "rate", "price", "position", "amount"),
        *_columns(Whole, "recorded_at"),
        _owner(),
    )
    _index("mm_funding", "ts_event", "symbol", "participant_id")
    op.create_table(
        "mm_marks",
        *(_key("symbol"), _key("ts", Whole)),
        *_columns(MoneyType, "price"),
    )
    _index("mm_marks", "ts", "symbol")
    names = ["symbol", "account_id", "trade_id", "client_order_id"]
    op.create_table(
        "mm_fill_marks",
        *(_key("symbol"), _key("account_id"), _key("trade_id", Whole), _key("client_order_id")),
        *_columns(MoneyType, "after_1s", "after_5s", "after_30s", "after_60s", nullable=True),
        sa.ForeignKeyConstraint(
            names, [f"mm_fills.{name}" for name in names], name="fk_mm_fill_marks_fill"
        ),
    )
    op.create_table(
        "mm_activity",
        *(_key("hour", Whole), _key("symbol"), _key("participant_id"), _key("side")),
        *(_key("level", Whole), _key("config_version", Whole)),
        *_columns(Whole, "fills", "priced", "marked"),
        *_columns(MoneyType, "volume_base", "volume_quote", "fees", "realised", "edge", "adverse"),
        _owner(),
        sa.CheckConstraint("side IN ('BUY', 'SELL')", name="side"),
    )
    _index("mm_activity", "symbol", "hour")
    _index("mm_activity", "participant_id", "hour")


def _performance() -> None:
    op.create_table(
        "mm_presence",
        *(_key("hour", Whole), _key("symbol"), _key("participant_id")),
        *_columns(Whole, "eligible", "valid"),
        *_columns(
            MoneyType, "spread_sum_bps", "depth_sum_usdt", "spread_min_bps", "spread_max_bps"
        ),
        *_columns(MoneyType, "depth_target_usdt", "volume_target_usdt"),
        _owner(),
        sa.CheckConstraint("valid >= 0 AND valid <= eligible", name="counts"),
    )
    _index("mm_presence", "participant_id", "hour")
    op.create_table(
        "mm_performance_daily",
        *(_key("day", Whole), _key("symbol"), _key("participant_id")),
        *_columns(Whole, "eligible", "valid", "trades"),
        *_columns(MoneyType, "uptime", "avg_spread_bps", "avg_depth_usdt", nullable=True),
        *_columns(MoneyType, "volume_usdt", "realised_usdt", "fees_usdt", "spread_min_bps"),
        *_columns(MoneyType, "spread_max_bps", "depth_target_usdt", "volume_target_usdt"),
        *_columns(MoneyType, "spread_part", "depth_part", "volume_part", "q_score", nullable=True),
        *_columns(Whole, "rolled_up_at"),
        _owner(),
    )
    _index("mm_performance_daily", "participant_id", "day", "symbol")
    _index("mm_performance_daily", "symbol", "day", "participant_id")
    op.create_table(
        "mm_obligations",
        _key("participant_id"),
        *_columns(MoneyType, "uptime_min_pct", "spread_max_bps", "depth_min_usdt", nullable=True),
        *_columns(Whole, "version", "updated_at"),
        _owner(),
    )


def _settlements() -> None:
    op.create_table(
        "mm_settlement_runs",
        _key("month"),
        *_columns(Whole, "watermark", "created_at"),
        *_columns(Words, "created_by"),
    )
    op.create_table(
        "mm_settlements",
        _key("settlement_id"),
        *_columns(Words, "participant_id", "month", "status", "revenue_model", "money_flow"),
        *_columns(Words, "direction", "created_by", "approved_by", "rejected_by"),
        *_columns(Words, "rejection_reason", "claimed_by", "paid_by", "wallet_txn_id", "notes"),
        *_columns(Whole, "revision", "period_start", "period_end", "watermark", "entries"),
        *_columns(Whole, "covered_ts", "covered_entry"),
        *_columns(Whole, "late_entries", "trades", "created_at", "version", "updated_at"),
        *_columns(Whole, "approved_at", nullable=True),
        *_columns(MoneyType, "realised_usdt", "fees_usdt", "rebates_usdt", "funding_usdt"),
        *_columns(
            MoneyType, "adjustments_usdt", "gross_exact_usdt", "gross_pnl_usdt", "volume_usdt"
        ),
        *_columns(MoneyType, "unrealised_end_usdt", nullable=True),
        *_columns(MoneyType, "platform_share_pct", "carry_in_usdt", "base_usdt"),
        *_columns(MoneyType, "platform_amount_usdt", "net_payout_usdt", "carry_out_usdt"),
        *_columns(MoneyType, "amount_usdt"),
        _owner(),
        sa.ForeignKeyConstraint(["month"], ["mm_settlement_runs.month"]),
        sa.UniqueConstraint("participant_id", "month", "revision"),
    )
    _index("mm_settlements", "month", "participant_id", "revision")
    _index("mm_settlements", "status", "month", "participant_id", "revision")
    _partial_index(
        "uq_mm_settlements_standing",
        "mm_settlements",
        ["participant_id", "month"],
        "status <> 'REJECTED'",
        unique=True,
    )
    _partial_index(
        "uq_mm_settlements_chain",
        "mm_settlements",
        ["participant_id", "covered_ts"],
        "status <> 'REJECTED'",
        unique=True,
    )


def _transfers() -> None:
    op.create_table(
        "mm_transfers",
        _key("transfer_id"),
        *_columns(Words, "settlement_id", "payer", "payee", "status", "wallet_txn_id", "problem"),
        *_columns(Words, "requested_by"),
        *_columns(Whole, "attempt", "created_at", "updated_at"),
        *_columns(MoneyType, "amount_usdt"),
        sa.ForeignKeyConstraint(["settlement_id"], ["mm_settlements.settlement_id"]),
        sa.UniqueConstraint("settlement_id", "attempt"),
    )
    not_refused, under_way = "status <> 'REFUSED'", "status IN ('REQUESTED', 'UNKNOWN')"
    _partial_index(
        "uq_mm_transfers_one", "mm_transfers", ["settlement_id"], not_refused, unique=True
    )
    columns = ["created_at", "transfer_id"]
    _partial_index("ix_mm_transfers_under_way", "mm_transfers", columns, under_way)


def _defend_sqlite() -> None:
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            op.execute(APPEND_ONLY_ON_SQLITE.format(table=table, event=event))
    op.execute(KEPT_ON_SQLITE)
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in FROZEN.split(", "))
    op.execute(FROZEN_ON_SQLITE.format(changed=changed))


def _defend_postgresql() -> None:
    for statement in CHECKS_ON_POSTGRESQL.split(";"):
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(APPEND_ONLY_ON_POSTGRESQL.format(table=table))
    op.execute(KEPT_ON_POSTGRESQL)
    op.execute(FROZEN_FUNCTION_ON_POSTGRESQL)
    old, new = (", ".join(f"{row}.{name}" for name in FROZEN.split(", ")) for row in ("OLD", "NEW"))
    op.execute(FROZEN_ON_POSTGRESQL.format(old=old, new=new))
