"""A fee in a token that is not the quote currency is kept with its fill."""

import sqlalchemy as sa
from alembic import op

from market_maker.storage.types import MoneyType, Words

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns, empty: fills with such a fee were not taken before."""
    op.add_column("mm_fills", sa.Column("fee_token", Words, nullable=False, server_default=""))
    op.add_column(
        "mm_fills", sa.Column("fee_token_amount", MoneyType, nullable=False, server_default="0")
    )
    has_one = sa.text("fee_token <> ''")
    op.create_index(
        "ix_mm_fills_token_fees",
        "mm_fills",
        ["participant_id"],
        sqlite_where=has_one,
        postgresql_where=has_one,
    )
