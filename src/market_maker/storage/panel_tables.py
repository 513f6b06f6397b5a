"""The tables of alerts and of the pools' series, as the newest migration leaves them."""

from sqlalchemy import CheckConstraint, Index, LargeBinary, Table

from market_maker.storage.columns import METADATA, column, row_number, symbol, where
from market_maker.storage.types import MoneyType, Whole, Words

HOLDS = "cleared_at IS NULL"

alerts = Table(
    "mm_alerts",
    METADATA,
    row_number(),
    symbol(),
    column("kind", Words),
    column("severity", Words),
    column("text", Words),
    column("value", MoneyType, nullable=True),
    column("threshold", MoneyType, nullable=True),
    column("unit", Words),
    column("since", Whole),
    column("cleared_at", Whole, nullable=True),
    column("acknowledged_by", Words),
    column("acknowledged_at", Whole, nullable=True),
    column("note", Words),
    Index("uq_mm_alerts_holding", "symbol", "kind", unique=True, **where(HOLDS)),
    Index(None, "cleared_at"),
)

# data: the block's rows, MessagePack within zlib.
history = Table(
    "mm_history",
    METADATA,
    column("symbol", Words, primary_key=True),
    column("step", Whole, primary_key=True, autoincrement=False),
    column("ts", Whole, primary_key=True, autoincrement=False),
    column("data", LargeBinary),
    CheckConstraint("step > 0", name="step"),
    Index(None, "step", "ts"),
)
