"""Alerts, and the series of the pools."""

import sqlalchemy as sa
from alembic import op

from market_maker.storage.types import MoneyType, RowNumber, Whole, Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables; nothing that is there changes."""
    op.create_table(
        "mm_alerts",
        sa.Column("id", RowNumber, primary_key=True, autoincrement=True, nullable=False),
        *(sa.Column(name, Words, nullable=False) for name in ("symbol", "kind", "severity")),
        sa.Column("text", Words, nullable=False),
        sa.Column("value", MoneyType, nullable=True),
        sa.Column("threshold", MoneyType, nullable=True),
        sa.Column("unit", Words, nullable=False),
        sa.Column("since", Whole, nullable=False),
        sa.Column("cleared_at", Whole, nullable=True),
        sa.Column("acknowledged_by", Words, nullable=False),
        sa.Column("acknowledged_at", Whole, nullable=True),
        sa.Column("note", Words, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mm_alerts"),
    )
    where = sa.text("cleared_at IS NULL")
    op.create_index(
        "uq_mm_alerts_holding",
        "mm_alerts",
        ["symbol", "kind"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index("ix_mm_alerts_cleared_at", "mm_alerts", ["cleared_at"])
    op.create_table(
        "mm_history",
        sa.Column("symbol", Words, nullable=False),
        sa.Column("step", Whole, autoincrement=False, nullable=False),
        sa.Column("ts", Whole, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("step > 0", name="ck_mm_history_step"),
        sa.PrimaryKeyConstraint("symbol", "step", "ts", name="pk_mm_history"),
    )
    op.create_index("ix_mm_history_step_ts", "mm_history", ["step", "ts"])
