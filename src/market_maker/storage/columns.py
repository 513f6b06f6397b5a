"""What all tables are made from."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, MetaData, text

from market_maker.storage.types import RowNumber, Words

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def column(name: str, kind: Any, *arguments: Any, **options: Any) -> Column[Any]:
    """A column that must be filled, unless nullable=True."""
    return Column(name, kind, *arguments, nullable=options.pop("nullable", False), **options)


def symbol() -> Column[Any]:
    """Which symbol a row is about."""
    return column("symbol", Words)


def owner() -> Column[Any]:
    """Whose row it is."""
    return column("participant_id", Words, ForeignKey("mm_participants.participant_id"))


def row_number() -> Column[Any]:
    """The key of a table whose rows have no better name."""
    return column("id", RowNumber, primary_key=True, autoincrement=True)


def where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def side() -> CheckConstraint:
    """Only the two sides there are."""
    return CheckConstraint("side IN ('BUY', 'SELL')", name="side")
