"""The tables, as the newest migration leaves them; a test compares the two.

Columns are called as the fields of the Structs in model/records.py. Enumerations are text, whose
values the Structs judge; what protects money and order truth is a constraint or a trigger too.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from market_maker.storage.types import Document, Money, RowNumber, Whole, Words

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _column(name: str, kind: Any, *arguments: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *arguments, nullable=options.pop("nullable", False), **options)


def _symbol() -> Column[Any]:
    return _column("symbol", Words)


def _owner() -> Column[Any]:
    return _column("participant_id", Words, ForeignKey("mm_participants.participant_id"))


def _row_number() -> Column[Any]:
    return _column("id", RowNumber, primary_key=True, autoincrement=True)


def _where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _side() -> CheckConstraint:
    return CheckConstraint("side IN ('BUY', 'SELL')", name="side")


# The seventeen documented fields are columns; ours are the document `options`, so that a new
# optional field of PoolConfig needs no migration.
pool_configs = Table(
    "mm_pool_configs",
    METADATA,
    _column("symbol", Words, primary_key=True),
    _column("enabled", Boolean),
    _column("gamma", Money),
    _column("kappa", Money),
    _column("vol_lookback_seconds", Whole),
    _column("tau", Money),
    _column("num_levels", Whole),
    _column("level_spacing_bps", Money),
    _column("min_spread_bps", Money),
    _column("max_spread_bps", Money),
    _column("order_size_usdt", Money),
    _column("max_pool_position_usdt", Money),
    _column("max_pool_loss_usdt", Money),
    _column("check_staleness", Boolean),
    _column("staleness_threshold_ms", Money),
    _column("quote_interval_ms", Money),
    _column("price_threshold_bps", Money),
    _column("options", Document),
    _column("version", Whole),
    _column("created_at", Whole),
    _column("updated_at", Whole),
)

participants = Table(
    "mm_participants",
    METADATA,
    _column("participant_id", Words, primary_key=True),
    _column("user_id", Words),
    _column("account_id", Words),
    _column("display_name", Words),
    _column("initial_margin_usdt", Money),
    _column("max_drawdown_pct", Money),
    _column("revenue_model", Words),
    _column("revenue_share_pct", Money),
    _column("tier", Words),
    _column("enrolled_by", Words),
    _column("notes", Words),
    _column("status", Words),
    _column("version", Whole),
    _column("created_at", Whole),
    _column("updated_at", Whole),
)

pool_members = Table(
    "mm_pool_members",
    METADATA,
    _column(
        "symbol",
        Words,
        ForeignKey("mm_pool_configs.symbol", ondelete="CASCADE"),
        primary_key=True,
    ),
    _column(
        "participant_id",
        Words,
        ForeignKey("mm_participants.participant_id"),
        primary_key=True,
    ),
    _column("capital_weight_pct", Money),
    _column("position_limit_usdt", Money),
    _column("max_loss_usdt", Money),
    _column("active", Boolean),
    _column("version", Whole),
    _column("created_at", Whole),
    _column("updated_at", Whole),
    Index(None, "participant_id", "symbol"),
)

OPEN = "status IN ('PENDING_NEW', 'LIVE', 'PENDING_CANCEL', 'UNKNOWN')"

# No foreign key to the pool: its history outlives it.
orders = Table(
    "mm_orders",
    METADATA,
    _row_number(),
    _column("client_order_id", Words, unique=True),
    _symbol(),
    _column("order_id", Whole),
    _owner(),
    _column("account_id", Words),
    _column("side", Words),
    _column("level", Whole),
    _column("price", Whole),
    _column("size", Whole),
    _column("filled", Whole),
    _column("reduce_only", Boolean),
    _column("status", Words),
    _column("venue_order_id", Words),
    _column("reason", Words),
    _column("tick_size", Money),
    _column("lot_size", Money),
    _column("config_version", Whole),
    _column("created_at", Whole),
    _column("updated_at", Whole),
    _side(),
    CheckConstraint("size > 0 AND filled >= 0", name="sizes"),
    UniqueConstraint("symbol", "order_id"),
    Index(None, "created_at", "id"),
    Index(None, "symbol", "created_at", "id"),
    Index(None, "participant_id", "created_at", "id"),
    Index("ix_mm_orders_open", "symbol", "order_id", **_where(OPEN)),
    Index("ix_mm_orders_venue", "symbol", "venue_order_id", **_where("venue_order_id <> ''")),
)

fills = Table(
    "mm_fills",
    METADATA,
    _row_number(),
    _symbol(),
    _column("account_id", Words),
    _column("trade_id", Whole),
    _column("client_order_id", Words, ForeignKey("mm_orders.client_order_id")),
    _owner(),
    _column("side", Words),
    _column("level", Whole),
    _column("price", Whole),
    _column("size", Whole),
    _column("fee", Whole),
    _column("mid_x2", Whole),
    _column("tick_size", Money),
    _column("lot_size", Money),
    _column("ts_event", Whole),
    _column("recorded_at", Whole),
    _side(),
    CheckConstraint("size > 0", name="size"),
    UniqueConstraint("symbol", "account_id", "trade_id", "client_order_id"),
    Index(None, "symbol", "id"),
    Index(None, "ts_event", "id"),
    Index(None, "symbol", "ts_event", "id"),
    Index(None, "participant_id", "ts_event", "id"),
)

pool_states = Table(
    "mm_pool_states",
    METADATA,
    _row_number(),
    _symbol(),
    _column("ts", Whole),
    _column("state", Words),
    _column("by", Words),
    _column("reason", Words),
    _column("config_version", Whole),
    Index(None, "symbol", "id"),
)

# prev_hash is unique: a chain cannot fork. Triggers refuse every UPDATE and DELETE.
audit_log = Table(
    "audit_log",
    METADATA,
    _column("seq", RowNumber, primary_key=True, autoincrement=False),
    _column("ts", Whole),
    _column("subject", Words),
    _column("roles", Words),
    _column("action", Words),
    _column("target", Words),
    _column("before", Words),
    _column("after", Words),
    _column("reason", Words),
    _column("result", Words),
    _column("trace_id", Words),
    _column("prev_hash", Words, unique=True),
    _column("hash", Words, unique=True),
    CheckConstraint("seq >= 1", name="seq"),
    Index(None, "subject", "seq"),
    Index(None, "target", "seq"),
)

# held_until: a relay's lease; 0 when nobody holds the row.
outbox = Table(
    "outbox",
    METADATA,
    _row_number(),
    _column("event_id", Words, unique=True),
    _column("topic", Words),
    _column("key", Words),
    _column("payload", LargeBinary),
    _column("created_at", Whole),
    _column("held_until", Whole),
    _column("parked", Boolean),
    _column("published_at", Whole, nullable=True),
    Index("ix_outbox_waiting", "id", **_where("published_at IS NULL")),
    Index("ix_outbox_waiting_key", "key", "id", **_where("published_at IS NULL")),
    Index(None, "published_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    METADATA,
    _column("subject", Words, primary_key=True),
    _column("key", Words, primary_key=True),
    _column("fingerprint", Words),
    _column("status", Whole),
    _column("answer", LargeBinary),
    _column("created_at", Whole, index=True),
)
