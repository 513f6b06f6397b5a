"""An order's number at the venue is in no index: nothing was ever looked up by it, and each change
of an order wrote it there again."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index less, also where it was taken away by hand; no row changes."""
    op.drop_index("ix_mm_orders_venue", table_name="mm_orders", if_exists=True)
