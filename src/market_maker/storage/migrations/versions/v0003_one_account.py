"""One participant for one account at the exchange, those that are TERMINATED aside."""

import sqlalchemy as sa
from alembic import op

from market_maker.model.errors import SchemaError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ACCOUNTS = """
SELECT account_id, min(participant_id) AS one, max(participant_id) AS other
FROM mm_participants WHERE status <> 'TERMINATED'
GROUP BY account_id HAVING count(*) > 1 ORDER BY account_id
"""


def upgrade() -> None:
    """Raises SchemaError that names an account which two participants have."""
    twice = op.get_bind().execute(sa.text(ACCOUNTS)).first()
    if twice is not None:
        problem = f"participants {twice.one} and {twice.other} have one account_id"
        raise SchemaError(f"{problem}: terminate one of them with the release before, then upgrade")
    where = sa.text("status <> 'TERMINATED'")
    op.create_index(
        "uq_mm_participants_account",
        "mm_participants",
        ["account_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
