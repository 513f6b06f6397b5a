"""The one place where the drivers' errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from market_maker.model.errors import DomainError, StoreUnavailableError
from market_maker.ports.connections import GivenUp

DRIVER = "asyncpg"
_CLOSED = "InterfaceError"
"""Of the driver: it knows that the connection is closed."""

_LOST = "08"
"""PostgreSQL's class of errors of connections."""

WORLD_FAILED = (
    "08",  # connection
    "25006",  # a server that only reads: a standby
    "25P03",  # a transaction that was idle for too long
    "25P04",  # or that lasted too long
    "28",  # password
    "3D",  # no such database
    "40",  # deadlock
    "42501",  # a right that our user does not have
    "53",  # resources
    "55",  # locks
    "57",  # shut down, and timeouts
    "58",  # the operating system
    "F0",  # the server's own configuration
    "XX",  # the server itself: a damaged page or index
)
"""PostgreSQL's classes of errors, and errors, that no statement of ours is to blame for."""


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
    except StatementError as error:
        # A value was refused on its way into a statement.
        if isinstance(error.orig, DomainError):
            raise error.orig from None
        raise
    except BaseException as error:
        problem = _problem(error)
        if problem:
            raise StoreUnavailableError(problem) from error
        raise


def _problem(error: BaseException) -> str:
    """Why the database cannot be had, of an error that SQLAlchemy passed on; else empty."""
    if isinstance(error, PoolTimeoutError):
        return "the database is busy: no connection became free"
    if isinstance(error, TimeoutError):
        return "the database does not answer in time"
    if isinstance(error, OSError):
        return f"the database does not answer: {str(error) or type(error).__name__}"
    if _is_unreadable(error):
        return f"the database sends what cannot be read: {type(error).__name__} in the driver"
    is_ours = is_refusal(error) and not _is_the_worlds(error)
    if isinstance(error, Exception) and _is_the_drivers(error) and not is_ours:
        return f"the database failed: {error}"
    return ""


def _is_unreadable(error: BaseException) -> bool:
    """Whether the driver could not read an answer: it raises what no one has a name for."""
    if not isinstance(error, Exception) or isinstance(error, OSError):
        return False
    is_named = getattr(error, "sqlstate", None) or type(error).__name__ == _CLOSED
    return not is_named and _is_the_drivers(error)


def why_given_up(error: BaseException) -> tuple[GivenUp, str]:
    """Why a connection is not used any more on which `error` came up, and that in words."""
    chain = list(_causes(error))
    last = chain[-1]
    words = f"{type(last).__name__}: {last}".rstrip(": ")
    if any(isinstance(each, TimeoutError) for each in chain):
        return GivenUp.SILENT, words
    if any(_is_unreadable(each) for each in chain):
        return GivenUp.UNREADABLE, words
    if any(isinstance(each, DBAPIError) or _problem(each) for each in chain):
        return GivenUp.ENDED, words
    return GivenUp.LEFT, words


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _is_the_drivers(error: BaseException) -> bool:
    """Whether an error came up inside the PostgreSQL driver: it meets bytes that are no answer
    with whatever its parser happens to raise."""
    trace, module = error.__traceback__, ""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        trace = trace.tb_next
    return module.startswith(DRIVER) or type(error).__module__.startswith(DRIVER)


def is_refusal(error: BaseException) -> bool:
    """Whether the server refused a statement, of an error as the driver has it: what the statement
    did is undone then. Of a connection that was lost it is
    not known."""
    state: str = getattr(error, "sqlstate", None) or ""
    return bool(state) and not state.startswith(_LOST)


def _is_the_worlds(error: BaseException) -> bool:
    state: str = getattr(error, "sqlstate", None) or ""
    return state.startswith(WORLD_FAILED)


_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


def is_damaged(error: StoreUnavailableError) -> bool:
    """Whether the file of the embedded database is broken, or none at all."""
    orig = getattr(error.__cause__, "orig", None)
    return str(getattr(orig, "sqlite_errorname", "")).startswith(_DAMAGED)


def _is_unavailable(error: DBAPIError) -> bool:
    # Of SQLite these are a locked or full file, and one that is broken or no database at all.
    state: str = getattr(error.orig, "sqlstate", None) or ""
    cause = getattr(error.orig, "__cause__", None) or error.orig
    unnamed = type(error) in {InterfaceError, InternalError, DBAPIError} and not state
    unread = unnamed and cause is not None and _is_the_drivers(cause)
    return (
        type(error) in {OperationalError, DatabaseError}
        or unread
        or error.connection_invalidated
        or state.startswith(WORLD_FAILED)
    )


class Broken(StrEnum):
    """Which kind of constraint a statement broke."""

    UNIQUE = "unique"
    REFERENCE = "reference"
    OTHER = "other"


_BROKEN = {
    "23505": Broken.UNIQUE,
    "23503": Broken.REFERENCE,
    "SQLITE_CONSTRAINT_UNIQUE": Broken.UNIQUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Broken.UNIQUE,
    "SQLITE_CONSTRAINT_FOREIGNKEY": Broken.REFERENCE,
}


def broken(error: IntegrityError) -> Broken:
    """What `error` is about; OTHER (a CHECK, a trigger) is a mistake of ours."""
    names = (getattr(error.orig, name, None) for name in ("sqlstate", "sqlite_errorname"))
    return next((_BROKEN[name] for name in names if name in _BROKEN), Broken.OTHER)
