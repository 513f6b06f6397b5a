"""Pools, participants, members, orders, fills, states, audit log, outbox, idempotency keys."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from market_maker.storage.types import SQLITE, Document, MoneyType, RowNumber, Whole, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WEIGHT_PLACES = 12
"""Decimals of a weight; the model allows no more."""

WEIGHTS_ON_SQLITE = """
CREATE TRIGGER mm_pool_members_weights_{event} AFTER {event} ON mm_pool_members
WHEN (
  SELECT sum(
    CAST(substr(w, 1, instr(w || '.', '.') - 1) AS INTEGER) * 1{zeros}
    + CAST(substr(substr(w, instr(w || '.', '.') + 1) || '{zeros}', 1, {places}) AS INTEGER)
  )
  FROM (SELECT capital_weight_pct AS w FROM mm_pool_members WHERE symbol = NEW.symbol AND active)
) > 100{zeros}
BEGIN
  SELECT RAISE(ABORT, 'Total capital weight would exceed 100%');
END
"""
"""The text is counted in units of the last decimal, so that the sum is exact."""

WEIGHTS_ON_POSTGRESQL = """
CREATE FUNCTION mm_check_weights() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Waits for whoever else changes this pool; the next statement then sees what they committed.
  -- Not FOR UPDATE: two inserters hold each other's key share lock through the foreign key.
  PERFORM 1 FROM mm_pool_configs WHERE symbol = NEW.symbol FOR NO KEY UPDATE;
  IF (SELECT sum(capital_weight_pct) FROM mm_pool_members
      WHERE symbol = NEW.symbol AND active) > 100 THEN
    RAISE EXCEPTION 'Total capital weight would exceed 100%%' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""

WEIGHTS_TRIGGER_ON_POSTGRESQL = """
CREATE CONSTRAINT TRIGGER mm_pool_members_weights AFTER INSERT OR UPDATE ON mm_pool_members
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mm_check_weights()
"""

APPEND_ONLY_ON_SQLITE = """
CREATE TRIGGER audit_log_no_{event} BEFORE {event} ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END
"""

APPEND_ONLY_ON_POSTGRESQL = """
CREATE FUNCTION mm_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

APPEND_ONLY_TRIGGER_ON_POSTGRESQL = """
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION mm_append_only()
"""


def upgrade() -> None:
    """From an empty database."""
    _pool_configs()
    _participants()
    _pool_members()
    _orders()
    _fills()
    _pool_states()
    _audit_log()
    _outbox()
    _idempotency_keys()
    if op.get_bind().dialect.name == SQLITE:
        _defend_sqlite()
    else:
        _defend_postgresql()


def _columns(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _row_number() -> sa.Column[Any]:
    return sa.Column("id", RowNumber, primary_key=True, autoincrement=True)


def _key(name: str, *rest: Any) -> sa.Column[Any]:
    return sa.Column(name, Words, *rest, primary_key=True)


def _owner() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["participant_id"], ["mm_participants.participant_id"])


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _partial_index(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _pool_configs() -> None:
    op.create_table(
        "mm_pool_configs",
        _key("symbol"),
        *_columns(sa.Boolean, "enabled", "check_staleness"),
        *_columns(Whole, "vol_lookback_seconds", "num_levels"),
        *_columns(MoneyType, "gamma", "kappa", "tau", "level_spacing_bps", "min_spread_bps"),
        *_columns(MoneyType, "max_spread_bps", "order_size_usdt", "max_pool_position_usdt"),
        *_columns(MoneyType, "max_pool_loss_usdt", "staleness_threshold_ms", "quote_interval_ms"),
        *_columns(MoneyType, "price_threshold_bps"),
        *_columns(Document, "options"),
        *_columns(Whole, "version", "created_at", "updated_at"),
    )


def _participants() -> None:
    op.create_table(
        "mm_participants",
        _key("participant_id"),
        *_columns(Words, "user_id", "account_id", "display_name", "revenue_model", "tier"),
        *_columns(MoneyType, "initial_margin_usdt", "max_drawdown_pct", "revenue_share_pct"),
        *_columns(Words, "enrolled_by", "notes", "status"),
        *_columns(Whole, "version", "created_at", "updated_at"),
    )


def _pool_members() -> None:
    pool = sa.ForeignKey("mm_pool_configs.symbol", ondelete="CASCADE")
    op.create_table(
        "mm_pool_members",
        _key("symbol", pool),
        _key("participant_id"),
        *_columns(MoneyType, "capital_weight_pct", "position_limit_usdt", "max_loss_usdt"),
        *_columns(sa.Boolean, "active"),
        *_columns(Whole, "version", "created_at", "updated_at"),
        _owner(),
    )
    _index("mm_pool_members", "participant_id", "symbol")


def _orders() -> None:
    op.create_table(
        "mm_orders",
        _row_number(),
        *_columns(Words, "client_order_id", "symbol", "participant_id", "account_id", "side"),
        *_columns(Whole, "order_id", "level", "price", "size", "filled"),
        *_columns(sa.Boolean, "reduce_only"),
        *_columns(Words, "status", "venue_order_id", "reason"),
        *_columns(MoneyType, "tick_size", "lot_size"),
        *_columns(Whole, "config_version", "created_at", "updated_at"),
        _owner(),
        sa.UniqueConstraint("client_order_id"),
        sa.UniqueConstraint("symbol", "order_id"),
        sa.CheckConstraint("side IN ('BUY', 'SELL')", name="side"),
        sa.CheckConstraint("size > 0 AND filled >= 0", name="sizes"),
    )
    _index("mm_orders", "created_at", "id")
    _index("mm_orders", "symbol", "created_at", "id")
    _index("mm_orders", "participant_id", "created_at", "id")
    still_open = "status IN ('PENDING_NEW', 'LIVE', 'PENDING_CANCEL', 'UNKNOWN')"
    _partial_index("ix_mm_orders_open", "mm_orders", ["symbol", "order_id"], still_open)
    columns = ["symbol", "venue_order_id"]
    _partial_index("ix_mm_orders_venue", "mm_orders", columns, "venue_order_id <> ''")


def _fills() -> None:
    op.create_table(
        "mm_fills",
        _row_number(),
        *_columns(Words, "symbol", "account_id", "client_order_id", "participant_id", "side"),
        *_columns(Whole, "trade_id", "level", "price", "size", "fee", "mid_x2"),
        *_columns(MoneyType, "tick_size", "lot_size"),
        *_columns(Whole, "ts_event", "recorded_at"),
        _owner(),
        sa.ForeignKeyConstraint(["client_order_id"], ["mm_orders.client_order_id"]),
        sa.UniqueConstraint("symbol", "account_id", "trade_id", "client_order_id"),
        sa.CheckConstraint("side IN ('BUY', 'SELL')", name="side"),
        sa.CheckConstraint("size > 0", name="size"),
    )
    _index("mm_fills", "symbol", "id")
    _index("mm_fills", "ts_event", "id")
    _index("mm_fills", "symbol", "ts_event", "id")
    _index("mm_fills", "participant_id", "ts_event", "id")


def _pool_states() -> None:
    op.create_table(
        "mm_pool_states",
        _row_number(),
        *_columns(Words, "symbol", "state", "by", "reason"),
        *_columns(Whole, "ts", "config_version"),
    )
    _index("mm_pool_states", "symbol", "id")


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", RowNumber, primary_key=True, autoincrement=False),
        *_columns(Whole, "ts"),
        *_columns(Words, "subject", "roles", "action", "target", "before", "after", "reason"),
        *_columns(Words, "result", "trace_id", "prev_hash", "hash"),
        sa.UniqueConstraint("prev_hash"),
        sa.UniqueConstraint("hash"),
        sa.CheckConstraint("seq >= 1", name="seq"),
    )
    _index("audit_log", "subject", "seq")
    _index("audit_log", "target", "seq")


def _outbox() -> None:
    op.create_table(
        "outbox",
        _row_number(),
        *_columns(Words, "event_id", "topic", "key"),
        *_columns(sa.LargeBinary, "payload"),
        *_columns(Whole, "created_at", "held_until"),
        *_columns(sa.Boolean, "parked"),
        sa.Column("published_at", Whole, nullable=True),
        sa.UniqueConstraint("event_id"),
    )
    waiting = "published_at IS NULL"
    _partial_index("ix_outbox_waiting", "outbox", ["id"], waiting)
    _partial_index("ix_outbox_waiting_key", "outbox", ["key", "id"], waiting)
    _index("outbox", "published_at")


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        _key("subject"),
        _key("key"),
        *_columns(Words, "fingerprint"),
        *_columns(Whole, "status", "created_at"),
        *_columns(sa.LargeBinary, "answer"),
    )
    _index("idempotency_keys", "created_at")


def _defend_sqlite() -> None:
    zeros = "0" * WEIGHT_PLACES
    for event in ("INSERT", "UPDATE"):
        op.execute(WEIGHTS_ON_SQLITE.format(event=event, zeros=zeros, places=WEIGHT_PLACES))
    for event in ("UPDATE", "DELETE"):
        op.execute(APPEND_ONLY_ON_SQLITE.format(event=event))


def _defend_postgresql() -> None:
    op.execute(WEIGHTS_ON_POSTGRESQL)
    op.execute(WEIGHTS_TRIGGER_ON_POSTGRESQL)
    op.execute(APPEND_ONLY_ON_POSTGRESQL)
    op.execute(APPEND_ONLY_TRIGGER_ON_POSTGRESQL)
