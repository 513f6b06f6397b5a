"""The tables, as the newest migration leaves them; a test compares the two.

Columns are called as the fields of the Structs in model/records.py. Enumerations are text, whose
values the Structs judge; what protects money and order truth is a constraint or a trigger too.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from market_maker.storage.columns import METADATA, column, owner, row_number, side, symbol, where
from market_maker.storage.types import Document, MoneyType, RowNumber, Whole, Words

# The seventeen documented fields are columns; ours are the document `options`, so that a new
# optional field of PoolConfig needs no migration.
pool_configs = Table(
    "mm_pool_configs",
    METADATA,
    column("symbol", Words, primary_key=True),
    column("enabled", Boolean),
    column("gamma", MoneyType),
    column("kappa", MoneyType),
    column("vol_lookback_seconds", Whole),
    column("tau", MoneyType),
    column("num_levels", Whole),
    column("level_spacing_bps", MoneyType),
    column("min_spread_bps", MoneyType),
    column("max_spread_bps", MoneyType),
    column("order_size_usdt", MoneyType),
    column("max_pool_position_usdt", MoneyType),
    column("max_pool_loss_usdt", MoneyType),
    column("check_staleness", Boolean),
    column("staleness_threshold_ms", MoneyType),
    column("quote_interval_ms", MoneyType),
    column("price_threshold_bps", MoneyType),
    column("options", Document),
    column("version", Whole),
    column("created_at", Whole),
    column("updated_at", Whole),
)

NOT_TERMINATED = "status <> 'TERMINATED'"

participants = Table(
    "mm_participants",
    METADATA,
    column("participant_id", Words, primary_key=True),
    column("user_id", Words),
    column("account_id", Words),
    column("display_name", Words),
    column("initial_margin_usdt", MoneyType),
    column("max_drawdown_pct", MoneyType),
    column("revenue_model", Words),
    column("revenue_share_pct", MoneyType),
    column("tier", Words),
    column("enrolled_by", Words),
    column("notes", Words),
    column("status", Words),
    column("version", Whole),
    column("created_at", Whole),
    column("updated_at", Whole),
    Index("uq_mm_participants_account", "account_id", unique=True, **where(NOT_TERMINATED)),
)

# pnl_usdt: the greatest over all pools together, from which a drawdown is measured.
participant_peaks = Table(
    "mm_participant_peaks",
    METADATA,
    column(
        "participant_id",
        Words,
        ForeignKey("mm_participants.participant_id"),
        primary_key=True,
    ),
    column("pnl_usdt", MoneyType),
    column("at", Whole),
)

pool_members = Table(
    "mm_pool_members",
    METADATA,
    column(
        "symbol",
        Words,
        ForeignKey("mm_pool_configs.symbol", ondelete="CASCADE"),
        primary_key=True,
    ),
    column(
        "participant_id",
        Words,
        ForeignKey("mm_participants.participant_id"),
        primary_key=True,
    ),
    column("capital_weight_pct", MoneyType),
    column("position_limit_usdt", MoneyType),
    column("max_loss_usdt", MoneyType),
    column("active", Boolean),
    column("version", Whole),
    column("created_at", Whole),
    column("updated_at", Whole),
    Index(None, "participant_id", "symbol"),
)

OPEN = "status IN ('PENDING_NEW', 'LIVE', 'PENDING_CANCEL', 'UNKNOWN')"

# No foreign key to the pool: its history outlives it.
orders = Table(
    "mm_orders",
    METADATA,
    row_number(),
    column("client_order_id", Words, unique=True),
    symbol(),
    column("order_id", Whole),
    owner(),
    column("account_id", Words),
    column("side", Words),
    column("level", Whole),
    column("price", Whole),
    column("size", Whole),
    column("filled", Whole),
    column("reduce_only", Boolean),
    column("status", Words),
    column("venue_order_id", Words),
    column("reason", Words),
    column("tick_size", MoneyType),
    column("lot_size", MoneyType),
    column("config_version", Whole),
    column("created_at", Whole),
    column("updated_at", Whole),
    side(),
    CheckConstraint("size > 0 AND filled >= 0", name="sizes"),
    UniqueConstraint("symbol", "order_id"),
    Index(None, "created_at", "id"),
    Index(None, "symbol", "created_at", "id"),
    Index(None, "participant_id", "created_at", "id"),
    Index("ix_mm_orders_open", "symbol", "order_id", **where(OPEN)),
)

PAID_OTHERWISE = "fee_token <> ''"
"""Few fills have one, and only those are in the index that settlements read."""

fills = Table(
    "mm_fills",
    METADATA,
    row_number(),
    symbol(),
    column("account_id", Words),
    column("trade_id", Whole),
    column("client_order_id", Words, ForeignKey("mm_orders.client_order_id")),
    owner(),
    column("side", Words),
    column("level", Whole),
    column("price", Whole),
    column("size", Whole),
    column("fee", Whole),
    column("mid_x2", Whole),
    column("tick_size", MoneyType),
    column("lot_size", MoneyType),
    column("ts_event", Whole),
    column("recorded_at", Whole),
    column("fee_token", Words, server_default=""),
    column("fee_token_amount", MoneyType, server_default="0"),
    side(),
    CheckConstraint("size > 0", name="size"),
    UniqueConstraint("symbol", "account_id", "trade_id", "client_order_id"),
    Index("ix_mm_fills_token_fees", "participant_id", **where(PAID_OTHERWISE)),
    Index(None, "symbol", "id"),
    Index(None, "ts_event", "id"),
    Index(None, "symbol", "ts_event", "id"),
    Index(None, "participant_id", "ts_event", "id"),
)

pool_states = Table(
    "mm_pool_states",
    METADATA,
    row_number(),
    symbol(),
    column("ts", Whole),
    column("state", Words),
    column("by", Words),
    column("reason", Words),
    column("config_version", Whole),
    Index(None, "symbol", "id"),
)

# prev_hash is unique: a chain cannot fork. Triggers refuse every UPDATE and DELETE.
audit_log = Table(
    "audit_log",
    METADATA,
    column("seq", RowNumber, primary_key=True, autoincrement=False),
    column("ts", Whole),
    column("subject", Words),
    column("roles", Words),
    column("action", Words),
    column("target", Words),
    column("before", Words),
    column("after", Words),
    column("reason", Words),
    column("result", Words),
    column("trace_id", Words),
    column("prev_hash", Words, unique=True),
    column("hash", Words, unique=True),
    CheckConstraint("seq >= 1", name="seq"),
    Index(None, "subject", "seq"),
    Index(None, "target", "seq"),
)

# held_until: a relay's lease; 0 when no relay holds the row.
outbox = Table(
    "outbox",
    METADATA,
    row_number(),
    column("event_id", Words, unique=True),
    column("topic", Words),
    column("key", Words),
    column("payload", LargeBinary),
    column("created_at", Whole),
    column("held_until", Whole),
    column("parked", Boolean),
    column("published_at", Whole, nullable=True),
    Index("ix_outbox_waiting", "id", **where("published_at IS NULL")),
    Index("ix_outbox_waiting_key", "key", "id", **where("published_at IS NULL")),
    Index(None, "published_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    column("subject", Words, primary_key=True),
    column("key", Words, primary_key=True),
    column("fingerprint", Words),
    column("status", Whole),
    column("answer", LargeBinary),
    column("created_at", Whole, index=True),
)

# lease_until: nanoseconds, by the database's own clock.
workers = Table(
    "mm_workers",
    METADATA,
    column("worker", Words, primary_key=True),
    column("lease_until", Whole),
)

# worker: None where the symbol is free. No foreign key: a worker that is struck off owns what it
# had until another one claims it.
symbol_owners = Table(
    "mm_symbol_owners",
    METADATA,
    column("symbol", Words, primary_key=True),
    column("worker", Words, nullable=True),
    column("epoch", Whole),
)
