"""Which worker trades which symbol, in which epoch."""

import sqlalchemy as sa
from alembic import op

from market_maker.storage.types import Whole, Words

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables, empty: no symbol belongs to a worker yet."""
    op.create_table(
        "mm_workers",
        sa.Column("worker", Words, nullable=False),
        sa.Column("lease_until", Whole, nullable=False),
        sa.PrimaryKeyConstraint("worker", name="pk_mm_workers"),
    )
    op.create_table(
        "mm_symbol_owners",
        sa.Column("symbol", Words, nullable=False),
        sa.Column("worker", Words, nullable=True),
        sa.Column("epoch", Whole, nullable=False),
        sa.PrimaryKeyConstraint("symbol", name="pk_mm_symbol_owners"),
    )
