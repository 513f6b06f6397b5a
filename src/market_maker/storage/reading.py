"""Where SQLite reads from a file that may lie in a directory which cannot be written.

A database in WAL mode is the file, the changes beside it (-wal) and their index (-shm). A reader
makes the last two where they are missing, which a read-only directory does not allow.
"""

import os
from pathlib import Path

from market_maker.model.errors import InvalidDataError

DATABASE_NAME = "market_maker.db"
"""Of the embedded database, in the data directory."""

ONLY_IN_WAL = (
    "holds changes that the database has not taken in, and they cannot be read in a directory that "
    "cannot be written: copy the directory to where it can be, and name the copy"
)


def reading_uri(path: Path) -> str:
    """The URI to read `path` by. Raises InvalidDataError where a part of it cannot be read."""
    return _uri(path, writable=os.access(path.parent, os.W_OK))


def _uri(path: Path, *, writable: bool) -> str:
    address = f"{path.absolute().as_uri()}?mode=ro"
    changes, index = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")
    if writable or (changes.exists() and index.exists()):
        return address
    if changes.exists() and changes.stat().st_size:
        raise InvalidDataError(str(changes), ONLY_IN_WAL)
    # All of it is in the file, and nothing that writes has it open.
    return f"{address}&immutable=1"
