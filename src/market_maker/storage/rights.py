"""What the service's user may do to its tables in PostgreSQL: asked once at a start, so that one
who may not do everything is refused before anything is done."""

from collections.abc import Iterator

from sqlalchemy import text

from market_maker.model.errors import InvalidDataError
from market_maker.storage.database import Database
from market_maker.storage.every_table import EVERY_TABLE
from market_maker.storage.failures import translated
from market_maker.storage.panel_tables import alerts, history
from market_maker.storage.tables import (
    audit_log,
    idempotency_keys,
    outbox,
    pool_configs,
    workers,
)
from market_maker.storage.types import POSTGRESQL

DELETED = frozenset({alerts, history, idempotency_keys, outbox, pool_configs, workers})
"""Tables whose rows go when they are not needed any more."""
ONLY_ADDED = frozenset({audit_log})
"""Tables whose rows never change."""
NAMED_MAX = 5
SERIAL = "USAGE"
"""Of a sequence that numbers rows."""

_MAY = text(
    """
    SELECT c.relname AS name, r.privilege AS privilege FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
    CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS r (privilege)
    WHERE c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, r.privilege)
    """
)
_CLOSED = text(
    """
    SELECT s.relname AS name FROM pg_class s
    JOIN pg_namespace n ON n.oid = s.relnamespace AND n.nspname = current_schema()
    JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'a'
    JOIN pg_class t ON t.oid = d.refobjid AND t.relname = ANY(:names)
    WHERE CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE') ELSE false END
    ORDER BY s.relname
    """
)


async def check_rights(database: Database) -> None:
    """Raises InvalidDataError, which names what is missing; StoreUnavailableError."""
    if database.writer.dialect.name != POSTGRESQL:
        return
    with translated():
        async with database.reader.connect() as connection:
            may = {(row.name, row.privilege) for row in await connection.execute(_MAY)}
            names = {"names": [table.name for table in EVERY_TABLE.sorted_tables]}
            closed = [(SERIAL, row.name) for row in await connection.execute(_CLOSED, names)]
    missing = [(right, name) for name, right in _needed() if (name, right) not in may] + closed
    if missing:
        raise InvalidDataError(database.name, f"its user may not {_told(missing)}")


def _needed() -> Iterator[tuple[str, str]]:
    """Table and right."""
    for table in EVERY_TABLE.sorted_tables:
        yield table.name, "SELECT"
        yield table.name, "INSERT"
        if table not in ONLY_ADDED:
            yield table.name, "UPDATE"
        if table in DELETED:
            yield table.name, "DELETE"


def _told(missing: list[tuple[str, str]]) -> str:
    said = ", ".join(f"{right} {name}" for right, name in missing[:NAMED_MAX])
    rest = len(missing) - NAMED_MAX
    return f"{said} and {rest} more: GRANT it" if rest > 0 else f"{said}: GRANT it"
