"""The one place where the drivers' errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from market_maker.model.errors import StoreUnavailableError

WORLD_FAILED = ("08", "28", "3D", "40", "53", "55", "57", "58")
"""PostgreSQL's classes of errors that no statement of ours is to blame for: connection, password,
no such database, deadlock, resources, locks, shut down and timeouts, the operating system."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the world did into StoreUnavailableError. Our own mistakes (a wrong statement, a
    broken constraint) pass as they are."""
    try:
        yield
    except DBAPIError as error:
        if not _is_unavailable(error):
            raise
        raise StoreUnavailableError(f"the database failed: {error.orig}") from error
    except PoolTimeoutError as error:
        raise StoreUnavailableError("the database is busy: no connection became free") from error
    except OSError as error:
        words = str(error) or type(error).__name__
        raise StoreUnavailableError(f"the database does not answer: {words}") from error


def _is_unavailable(error: DBAPIError) -> bool:
    # SQLite's OperationalError is a locked or full or unreadable file.
    state: str = getattr(error.orig, "sqlstate", None) or ""
    return (
        isinstance(error, OperationalError)
        or error.connection_invalidated
        or state[:2] in WORLD_FAILED
    )
