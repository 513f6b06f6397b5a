"""The data directory is its owner's alone: it holds keys, accounts and every trade."""

import os
from pathlib import Path

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.settings import LOCK_NAME

OWNER_ONLY = 0o700
OTHERS = 0o077
ELSEWHERE = "give the one that is used with --data-dir or MM_DATA_DIR"


def private_folder(path: Path, field: str = "MM_DATA_DIR") -> bool:
    """Make it, or close one to others that was made before; returns whether it had been open.
    field: what names it, for people. Raises InvalidDataError for another user's, InvalidFieldError
    where nothing can be written."""
    try:
        path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(field, path, error.strerror or str(error)) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise _not_writable(field, path, "it is read-only")
    found = path.stat()
    if not found.st_mode & OTHERS:
        return False
    if found.st_uid != os.geteuid():
        problem = f"may be read by others and is not ours to close: chmod 700 {path}"
        raise InvalidDataError(str(path), problem)
    path.chmod(OWNER_ONLY)
    return True


def check_used(path: Path) -> None:
    """Raises InvalidDataError for a directory on which no service was ever started: what is kept
    there would have no effect."""
    if not (path / LOCK_NAME).is_file():
        problem = "no service uses this directory: start `market_maker serve` on it"
        raise InvalidDataError(str(path), f"{problem}, or {ELSEWHERE}")


def _not_writable(field: str, path: Path, problem: str) -> InvalidFieldError:
    return InvalidFieldError(field, str(path), f"a directory to write to: {problem}")
