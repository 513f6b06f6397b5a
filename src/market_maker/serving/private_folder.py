"""The data directory is its owner's alone: it holds keys, accounts and every trade."""

import os
from pathlib import Path

from market_maker.model.errors import InvalidDataError

OWNER_ONLY = 0o700
OTHERS = 0o077


def private_folder(path: Path) -> bool:
    """Make it, or close one to others that was made before; returns whether it had been open.
    Raises InvalidDataError for another user's, OSError where it cannot be made."""
    path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    found = path.stat()
    if not found.st_mode & OTHERS:
        return False
    if found.st_uid != os.geteuid():
        problem = f"may be read by others and is not ours to close: chmod 700 {path}"
        raise InvalidDataError(str(path), problem)
    path.chmod(OWNER_ONLY)
    return True
