"""The data directory is its owner's alone: it holds keys, accounts and every trade."""

import os
from pathlib import Path

from market_maker.model.errors import InvalidDataError
from market_maker.operations.maker_defaults import FILE_NAME as MAKER_DEFAULTS
from market_maker.settings import LOCK_NAME
from market_maker.storage.reading import DATABASE_NAME

OWNER_ONLY = 0o700
OTHERS = 0o077
ELSEWHERE = "give the one that is used with --data-dir or MM_DATA_DIR"
_CLOSE = "chmod 700"


OURS = (LOCK_NAME, DATABASE_NAME, MAKER_DEFAULTS)
"""A directory that holds one of these is a service's."""
EMPTY_ALL_THE_SAME = {"lost+found"}
"""What a new file system holds."""


def private_folder(path: Path) -> bool:
    """Make it, or close one to others that was made before; returns whether it had been open.
    Raises as `check_closable`."""
    check_closable(path)
    try:
        path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(path, error.strerror or str(error)) from None
    if not path.stat().st_mode & OTHERS:
        return False
    path.chmod(OWNER_ONLY)
    return True


def check_closable(path: Path) -> None:
    """Change nothing. Raises InvalidDataError where nothing can be written, for another user's, and
    for one that others may read and that holds what is not ours: it may be /tmp, or another
    service's."""
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not there.is_dir():
        raise _not_writable(path, "File exists" if there == path else "Not a directory")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _not_writable(path, "it is read-only")
    if there != path:
        return
    found = path.stat()
    if not found.st_mode & OTHERS:
        return
    if found.st_uid != os.geteuid():
        problem = f"may be read by others and is not ours to close: chmod 700 {path}"
        raise InvalidDataError(str(path), problem)
    names = {each.name for each in path.iterdir()} - EMPTY_ALL_THE_SAME
    if names and names.isdisjoint(OURS):
        problem = f"holds other files and may be read by others: name an empty one, or {_CLOSE}"
        raise InvalidDataError(str(path), f"{problem} {path}")


def check_used(path: Path) -> None:
    """Raises InvalidDataError for a directory on which no service was ever started: what is kept
    there would have no effect."""
    if not (path / LOCK_NAME).is_file():
        problem = "no service uses this directory: start `market_maker serve` on it"
        raise InvalidDataError(str(path), f"{problem}, or {ELSEWHERE}")


def _not_writable(path: Path, problem: str) -> InvalidDataError:
    return InvalidDataError(str(path), f"is no directory to write to: {problem}")
