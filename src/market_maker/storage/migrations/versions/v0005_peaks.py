"""What a participant's drawdown is measured from survives a restart."""

import sqlalchemy as sa
from alembic import op

from market_maker.storage.types import MoneyType, Whole, Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table, empty: a peak of before is not known."""
    op.create_table(
        "mm_participant_peaks",
        sa.Column("participant_id", Words, nullable=False),
        sa.Column("pnl_usdt", MoneyType, nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("participant_id", name="pk_mm_participant_peaks"),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["mm_participants.participant_id"],
            name="fk_mm_participant_peaks_participant_id",
        ),
    )
